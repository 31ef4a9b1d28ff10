//! Why a call would be allowed or denied at the head.

use prividium_stf::executor::Judging;
use revm::context::TxEnv;
use revm::primitives::TxKind;
use revm::{Database, InspectEvm, MainBuilder};

use crate::error::{LedgerError, Result};
use crate::explain::{Explainer, Explanation};
use crate::policy::Access;
use crate::state::Snapshot;

use super::simulation::{CallRequest, Simulation};
use super::tracing::{context_of, failure};
use super::Ledger;

impl Ledger {
    /// The verdict on a call at the head, and what the policy in force decides about each frame of it. A call that
    /// reverts is explained too.
    ///
    /// # Errors
    /// `Invalid`; `explanation_too_large`; those of the store.
    pub fn explain(&self, request: &CallRequest, access: Access) -> Result<Explanation> {
        let read_only = access == Access::Read;
        let judging = if read_only { Judging::Read } else { Judging::Write };
        let mut simulation = Simulation::new(self, request, judging)?;
        let verdict = match simulation.run(simulation.gas_max) {
            Ok(_) => None,
            Err(LedgerError::Denied(denial)) => Some(denial),
            Err(error) => return Err(error),
        };
        let Simulation { head, mut state, policy, gas_max, time, .. } = simulation;
        let env = TxEnv {
            tx_type: 0,
            caller: request.sender,
            gas_limit: gas_max,
            gas_price: 0,
            kind: request.to.map_or(TxKind::Create, TxKind::Call),
            value: request.value,
            data: request.data.clone(),
            nonce: state.basic(request.sender)?.map_or(0, |account| account.nonce),
            chain_id: None,
            ..Default::default()
        };
        let next = self.next_block(&head, head.timestamp);
        let on = context_of::<Snapshot>(state, &next, self.genesis.chain_id);
        let explainer = Explainer::new(&policy, request.sender, read_only, time);
        let mut evm = on.build_mainnet_with_inspector(explainer);
        evm.inspect_tx(env).map_err(failure)?;
        Explanation::settle(evm.inspector.finish()?, verdict.as_ref())
    }
}
