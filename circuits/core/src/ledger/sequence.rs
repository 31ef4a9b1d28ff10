//! Calls that build on each other and leave no trace: `eth_simulateV1` at the head.

use std::sync::Arc;

use prividium_policy::COUNTERS;
use prividium_stf::executor::{self, Executor, Judging, Outcome};
use prividium_stf::transaction::{SignedTransaction, TRANSACTION_GAS_MAX};
use revm::context::TxEnv;
use revm::database::CacheDB;
use revm::primitives::{Address, Bytes, TxKind, B256, U256};
use revm::state::AccountInfo;
use revm::{Database, DatabaseCommit};

use crate::error::{LedgerError, Result};
use crate::policy::PolicyTable;
use crate::records::{Block, Log};
use crate::state::Snapshot;
use crate::store::chain;

use super::{time_after, CallRequest, Ledger};

/// The reason of a denial that a read would not have met.
const ONLY_READABLE: &str = "permission.access_type_mismatch";

/// What one simulated call did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedCall {
    /// Whether it succeeded.
    pub status: bool,
    /// Return data, revert data, or the code of a created contract.
    pub output: Bytes,
    /// Gas limit that it ran with.
    pub gas_limit: u64,
    /// Gas that it took.
    pub gas_used: u64,
    /// Logs, none if it failed.
    pub logs: Vec<Log>,
}

impl Ledger {
    /// Runs blocks of calls on top of the head, each on the state that those before it left. Every call is judged as a
    /// transaction; one that only reading permits runs as a read, and what it changed is dropped. All blocks together
    /// may take the gas of one.
    ///
    /// # Errors
    /// `Denied` and `Invalid` of any call, for all of them; those of the store.
    pub fn simulate(&self, blocks: &[Vec<CallRequest>]) -> Result<Vec<Vec<SimulatedCall>>> {
        let (head, state) =
            self.store.view(|transaction| Ok((chain::head(transaction)?, Snapshot::new(transaction)?)))?;
        let mut state = CacheDB::new(state);
        // To the cache, an account without a record has no storage; what limits have counted is in such a one.
        state.insert_account_info(Address::new(COUNTERS), AccountInfo::default());
        let mut run = Run { ledger: self, policy: self.policy(), gas_left: head.gas_limit, state };
        let mut parent = head;
        let mut outcomes = Vec::with_capacity(blocks.len());
        for calls in blocks {
            let block = Block { number: parent.number + 1, ..parent.clone() };
            let done: Result<Vec<_>> = calls.iter().map(|call| run.call(&parent, call)).collect();
            outcomes.push(done?);
            parent = block;
        }
        Ok(outcomes)
    }
}

/// One simulation under way.
struct Run<'a> {
    ledger: &'a Ledger,
    policy: Arc<PolicyTable>,
    gas_left: u64,
    state: CacheDB<Snapshot>,
}

impl Run<'_> {
    fn call(&mut self, parent: &Block, request: &CallRequest) -> Result<SimulatedCall> {
        let gas_limit =
            request.gas_limit.unwrap_or(TRANSACTION_GAS_MAX).min(TRANSACTION_GAS_MAX).min(self.gas_left);
        if gas_limit == 0 {
            return Err(LedgerError::invalid(
                "block_gas_exceeded",
                "the calls take more gas than one block has",
            ));
        }
        let outcome = match self.write(parent, request, gas_limit) {
            Err(LedgerError::Denied(denial)) if denial.reason == ONLY_READABLE => {
                self.read(parent, request, gas_limit)?
            }
            outcome => outcome?,
        };
        self.gas_left -= outcome.gas_used.min(self.gas_left);
        Ok(SimulatedCall {
            status: outcome.status,
            gas_limit,
            gas_used: outcome.gas_used,
            logs: outcome.logs.iter().map(Log::from).collect(),
            output: outcome.output,
        })
    }

    fn write(&mut self, parent: &Block, request: &CallRequest, gas_limit: u64) -> Result<Outcome> {
        let transaction = self.transaction(request, gas_limit)?;
        let context = self.ledger.next_block(parent, parent.timestamp);
        let mut executor = Executor::new(&mut self.state, &self.policy.0, self.ledger.genesis.chain_id);
        executor.begin_block(&context);
        executor.judge_at(time_after(parent));
        let outcome = executor.execute(&transaction)?;
        let (changes, state) = executor.finish();
        state.commit(changes);
        Ok(outcome)
    }

    fn read(&mut self, parent: &Block, request: &CallRequest, gas_limit: u64) -> Result<Outcome> {
        let context = self.ledger.next_block(parent, parent.timestamp);
        let mut executor = Executor::new(&mut self.state, &self.policy.0, self.ledger.genesis.chain_id);
        executor.begin_block(&context);
        executor.judge_at(time_after(parent));
        let call = executor::CallRequest {
            sender: request.sender,
            to: request.to,
            data: request.data.clone(),
            value: request.value,
            gas_limit,
        };
        Ok(executor.call(&call, Judging::Read)?)
    }

    /// The call as a transaction that nobody signed.
    fn transaction(&mut self, request: &CallRequest, gas_limit: u64) -> Result<SignedTransaction> {
        let account = self.state.basic(request.sender)?;
        let env = TxEnv {
            tx_type: 0,
            caller: request.sender,
            gas_limit,
            gas_price: 0,
            kind: request.to.map_or(TxKind::Create, TxKind::Call),
            value: request.value,
            data: request.data.clone(),
            nonce: account.map_or(0, |account| account.nonce),
            chain_id: None,
            ..Default::default()
        };
        let (hash, sender) = (B256::ZERO, request.sender);
        Ok(SignedTransaction { hash, sender, env, y_parity: false, r: U256::ZERO, s: U256::ZERO })
    }
}
