//! Traces: a transaction run again where it stood, or a call at the head, with every frame written down.

use prividium_stf::executor::{BlockContext, Judging, SPEC};
use prividium_stf::transaction::decode_transaction;
use redb::ReadTransaction;
use revm::context::result::{EVMError, ExecutionResult};
use revm::context::{BlockEnv, CfgEnv, Context, TxEnv};
use revm::database::CacheDB;
use revm::handler::MainnetContext;
use revm::primitives::{TxKind, B256, U256};
use revm::{Database, ExecuteCommitEvm, InspectEvm, MainBuilder};

use crate::error::{LedgerError, Result};
use crate::past::PastState;
use crate::policy::PolicyTable;
use crate::records::{Block, Receipt};
use crate::state::Snapshot;
use crate::store::chain;
use crate::trace::{CallTracer, TraceFrame};

use super::simulation::{CallRequest, Simulation};
use super::{now, Ledger};

/// How many transactions are run again to come to the one that is traced.
const REPLAYED_MAX: u64 = 4_096;

impl Ledger {
    /// The frames of a transaction in a block; `permitted` is decided for its sender by the policy in force.
    ///
    /// # Errors
    /// `not_found`; `trace_too_far` behind too many transactions of one batch; `trace_too_large`; those of the store.
    pub fn trace_transaction(&self, hash: &B256) -> Result<Vec<TraceFrame>> {
        let policy = self.policy();
        self.store.view(|snapshot| {
            let receipt = chain::receipt(snapshot, hash)?;
            let receipt = receipt.ok_or_else(|| LedgerError::NotFound(format!("transaction {hash}")))?;
            let block = chain::stored_block(snapshot, receipt.block_number)?;
            let mut state = CacheDB::new(self.state_before(snapshot, &block)?);
            self.run_until(snapshot, &mut state, &block, receipt.index as usize)?;
            let env = self.stored_transaction(snapshot, hash)?;
            let (result, frames) = trace(context(state, &block, self.genesis.chain_id), env, &policy)?;
            check(&receipt, &result)?;
            Ok(frames)
        })
    }

    /// The frames of a call at the head, judged as [`Ledger::call`] judges it. A call that reverts has a trace too.
    ///
    /// # Errors
    /// `Denied`, `Invalid`; `trace_too_large`; those of the store.
    pub fn trace_call(&self, request: &CallRequest, judged: bool) -> Result<Vec<TraceFrame>> {
        let mut simulation =
            Simulation::new(self, request, if judged { Judging::Read } else { Judging::Off })?;
        simulation.run(simulation.gas_max)?;
        let Simulation { head, mut state, policy, gas_max, .. } = simulation;
        let nonce = state.basic(request.sender)?.map_or(0, |account| account.nonce);
        let env = TxEnv {
            tx_type: 0,
            caller: request.sender,
            gas_limit: gas_max,
            gas_price: 0,
            kind: request.to.map_or(TxKind::Create, TxKind::Call),
            value: request.value,
            data: request.data.clone(),
            nonce,
            chain_id: None,
            ..Default::default()
        };
        let next = self.next_block(&head, head.timestamp);
        let on = context_of::<Snapshot>(state, &next, self.genesis.chain_id);
        trace(on, env, &policy).map(|(_, frames)| frames)
    }

    /// The state that the batch of `block` began with, or the blocks in no batch yet.
    fn state_before(&self, snapshot: &ReadTransaction, block: &Block) -> Result<PastState> {
        let batch = match chain::batch_of_block(snapshot, block.number)? {
            Some(0) => return Err(LedgerError::NotFound("a transaction of the genesis".into())),
            Some(batch) => batch - 1,
            None => chain::last_batch(snapshot)?.number,
        };
        let last = chain::stored_block(snapshot, chain::stored_batch(snapshot, batch)?.last_block)?;
        let replayed = block.transactions_total - last.transactions_total;
        if replayed > REPLAYED_MAX {
            let message =
                format!("{replayed} transactions would have to run again, at most {REPLAYED_MAX} do");
            return Err(LedgerError::invalid("trace_too_far", message));
        }
        PastState::after(snapshot, batch)
    }

    /// Runs everything after the state's batch and before transaction `index` of `last`.
    fn run_until(
        &self,
        snapshot: &ReadTransaction,
        state: &mut CacheDB<PastState>,
        last: &Block,
        index: usize,
    ) -> Result<()> {
        let batch = chain::batch_of_block(snapshot, last.number)?;
        let first = match batch {
            Some(batch) => chain::stored_batch(snapshot, batch)?.first_block,
            None => chain::last_batch(snapshot)?.last_block + 1,
        };
        for number in first..=last.number {
            let block = chain::stored_block(snapshot, number)?;
            let count = if number == last.number { index } else { block.transaction_hashes.len() };
            let mut evm = context(&mut *state, &block, self.genesis.chain_id).build_mainnet();
            for hash in &block.transaction_hashes[..count] {
                let env = self.stored_transaction(snapshot, hash)?;
                let result = evm.transact_commit(env).map_err(failure)?;
                check(&chain::stored_receipt(snapshot, hash)?, &result)?;
            }
        }
        Ok(())
    }

    fn stored_transaction(&self, snapshot: &ReadTransaction, hash: &B256) -> Result<TxEnv> {
        let included = chain::transaction(snapshot, hash)?;
        let included = included.ok_or_else(|| LedgerError::StoreCorrupt(format!("no transaction {hash}")))?;
        let signed = decode_transaction(&included.raw, self.genesis.chain_id)
            .map_err(|error| LedgerError::StoreCorrupt(format!("transaction {hash}: {error}")))?;
        Ok(signed.env)
    }
}

fn trace<DB: Database<Error = LedgerError>>(
    context: MainnetContext<DB>,
    env: TxEnv,
    policy: &PolicyTable,
) -> Result<(ExecutionResult, Vec<TraceFrame>)> {
    let gas_limit = env.gas_limit;
    let mut evm = context.build_mainnet_with_inspector(CallTracer::new(policy, env.caller, now()));
    let result = evm.inspect_tx(env).map_err(failure)?.result;
    let mut frames = evm.inspector.finish()?;
    if let Some(top) = frames.first_mut() {
        (top.gas, top.gas_used) = (gas_limit, result.tx_gas_used());
    }
    Ok((result, frames))
}

/// A trace that does not end as the block did would tell of something that did not happen.
fn check(receipt: &Receipt, result: &ExecutionResult) -> Result<()> {
    if (receipt.status == 1, receipt.gas_used) == (result.is_success(), result.tx_gas_used()) {
        return Ok(());
    }
    Err(LedgerError::Internal(format!(
        "transaction {} ran otherwise than in its block",
        receipt.transaction_hash
    )))
}

pub(super) fn failure(error: EVMError<LedgerError>) -> LedgerError {
    match error {
        EVMError::Database(error) => error,
        EVMError::Transaction(invalid) => LedgerError::invalid("transaction_invalid", invalid.to_string()),
        _ => LedgerError::Internal("the EVM failed".into()),
    }
}

/// The environment that `block` was executed in.
fn context<DB: Database>(state: DB, block: &Block, chain_id: u64) -> MainnetContext<DB> {
    let block = BlockContext {
        number: block.number,
        timestamp: block.timestamp,
        beneficiary: block.beneficiary,
        gas_limit: block.gas_limit,
        parent_hash: block.parent_hash,
    };
    context_of(state, &block, chain_id)
}

pub(super) fn context_of<DB: Database>(state: DB, block: &BlockContext, chain_id: u64) -> MainnetContext<DB> {
    let mut cfg = CfgEnv::new_with_spec(SPEC);
    cfg.chain_id = chain_id;
    let env = BlockEnv {
        number: U256::from(block.number),
        timestamp: U256::from(block.timestamp),
        beneficiary: block.beneficiary,
        gas_limit: block.gas_limit,
        basefee: 0,
        difficulty: U256::ZERO,
        prevrandao: Some(block.parent_hash),
        ..Default::default()
    };
    let context: MainnetContext<DB> = Context::new(state, SPEC);
    context.with_cfg(cfg).with_block(env)
}
