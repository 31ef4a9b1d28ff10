//! Calls that leave no trace: `eth_call` and gas estimates at the head.

use std::sync::Arc;

use prividium_policy::Reason;
use prividium_stf::executor::{self, Executor, Judging, Outcome};
use prividium_stf::transaction::TRANSACTION_GAS_MAX;
use revm::primitives::{Address, Bytes, U256};

use crate::error::{Denial, LedgerError, Result};
use crate::policy::{Access, PolicyTable, TopLevelCall};
use crate::records::Block;
use crate::state::Snapshot;
use crate::store::chain;

use super::{now, time_after, Ledger};

/// A read-only call or a gas estimate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRequest {
    /// The calling wallet.
    pub sender: Address,
    /// Callee; `None` for a creation.
    pub to: Option<Address>,
    /// Call data or creation code.
    pub data: Bytes,
    /// Wei sent along.
    pub value: U256,
    /// Gas limit; at most, and by default, 2²⁴.
    pub gas_limit: Option<u64>,
}

impl Ledger {
    /// Runs a call at the head; `judged` as a read.
    ///
    /// # Errors
    /// `Denied`, `Reverted`, `Halted`, `Invalid`; those of the store.
    pub fn call(&self, request: &CallRequest, judged: bool) -> Result<Bytes> {
        Simulation::new(self, request, if judged { Judging::Read } else { Judging::Off })?.answer()
    }

    /// Runs a call at the head as a read of a contract. The policy is asked before any state: an address without code is
    /// refused like a contract without a rule, and takes as long.
    ///
    /// # Errors
    /// As for [`Ledger::call`].
    pub fn read(&self, request: &CallRequest) -> Result<Bytes> {
        self.judge_read(request)?;
        let simulation = Simulation::new(self, request, Judging::Read)?;
        require_code(&simulation.state, request)?;
        simulation.answer()
    }

    /// Whether [`Ledger::read`] would run the call at all.
    ///
    /// # Errors
    /// `Denied`; those of the store.
    pub fn require_readable(&self, request: &CallRequest) -> Result<()> {
        self.judge_read(request)?;
        self.at_head(|state| require_code(state, request))
    }

    fn judge_read(&self, request: &CallRequest) -> Result<()> {
        self.decide(&TopLevelCall {
            signer: request.sender,
            target: request.to,
            data: &request.data,
            access: Access::Read,
            target_has_code: true,
            target_is_precompile: false,
            has_authorizations: false,
            timestamp: now(),
        })?;
        Ok(())
    }

    /// The smallest gas limit with which the call succeeds; `judged` as a write.
    ///
    /// # Errors
    /// As for [`Ledger::call`]; the errors of the run with all the gas it may use.
    pub fn estimate_gas(&self, request: &CallRequest, judged: bool) -> Result<u64> {
        let mut simulation =
            Simulation::new(self, request, if judged { Judging::Write } else { Judging::Off })?;
        let mut enough = simulation.gas_max;
        let first = simulation.run(enough)?;
        let used = first.gas_used;
        answer(first, enough)?;
        // Refunds and the 63/64 rule make the need larger than the use, seldom by much.
        let mut short = used.saturating_sub(1);
        let guess = used + used / 32;
        if guess < enough {
            if simulation.succeeds(guess)? {
                enough = guess;
            } else {
                short = guess;
            }
        }
        while short + 1 < enough {
            let middle = short + (enough - short) / 2;
            if simulation.succeeds(middle)? {
                enough = middle;
            } else {
                short = middle;
            }
        }
        Ok(enough)
    }
}

/// One call, run as often as needed on one snapshot.
pub(super) struct Simulation<'a> {
    ledger: &'a Ledger,
    request: &'a CallRequest,
    judging: Judging,
    pub(super) gas_max: u64,
    pub(super) head: Block,
    pub(super) state: Snapshot,
    pub(super) policy: Arc<PolicyTable>,
    /// When all its runs are judged, in seconds.
    pub(super) time: u64,
}

impl<'a> Simulation<'a> {
    pub(super) fn new(ledger: &'a Ledger, request: &'a CallRequest, judging: Judging) -> Result<Self> {
        let (head, state) =
            ledger.store.view(|transaction| Ok((chain::head(transaction)?, Snapshot::new(transaction)?)))?;
        let gas_max =
            request.gas_limit.unwrap_or(TRANSACTION_GAS_MAX).min(TRANSACTION_GAS_MAX).min(head.gas_limit);
        let time = time_after(&head);
        Ok(Self { ledger, request, judging, gas_max, head, state, policy: ledger.policy(), time })
    }

    pub(super) fn run(&mut self, gas_limit: u64) -> Result<Outcome> {
        let context = self.ledger.next_block(&self.head, self.head.timestamp);
        let mut executor = Executor::new(&mut self.state, &self.policy.0, self.ledger.genesis.chain_id);
        executor.begin_block(&context);
        executor.judge_at(self.time);
        let call = executor::CallRequest {
            sender: self.request.sender,
            to: self.request.to,
            data: self.request.data.clone(),
            value: self.request.value,
            gas_limit,
        };
        executor.call(&call, self.judging).map_err(LedgerError::from)
    }

    /// Of one run with all the gas that the call may use.
    fn answer(mut self) -> Result<Bytes> {
        let gas = self.gas_max;
        answer(self.run(gas)?, gas)
    }

    fn succeeds(&mut self, gas_limit: u64) -> Result<bool> {
        match self.run(gas_limit).and_then(|run| answer(run, gas_limit)) {
            Ok(_) => Ok(true),
            Err(error) if error.is_refusal() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn require_code(state: &Snapshot, request: &CallRequest) -> Result<()> {
    let Some(target) = request.to else { return Ok(()) };
    if state.has_code(&target)? {
        return Ok(());
    }
    let selector = request.data.get(..4).unwrap_or_default().to_vec();
    Err(LedgerError::Denied(Denial {
        reason: Reason::PermissionMissing.id(),
        target: Some(target),
        selector,
    }))
}

/// The answer of a run, or why it has none.
fn answer(run: Outcome, gas_limit: u64) -> Result<Bytes> {
    if run.status {
        return Ok(run.output);
    }
    if run.output.is_empty() && run.gas_used >= gas_limit {
        return Err(LedgerError::Halted(format!("out of its {gas_limit} gas, or an invalid operation")));
    }
    Err(LedgerError::Reverted(run.output))
}
