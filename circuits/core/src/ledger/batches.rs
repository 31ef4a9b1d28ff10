//! Sealing: the oldest unsealed blocks, run again over the tree, become a batch with its witness.

use std::sync::PoisonError;

use prividium_stf::build::{build_batch, BatchRequest, BlockRequest, BuildError, BuiltBatch};
use redb::ReadTransaction;
use revm::primitives::Bytes;

use crate::error::{LedgerError, Result};
use crate::policy::PolicyTable;
use crate::records::{self, Batch, Block};
use crate::store::chain;
use crate::store::tables::{BATCHES, BATCH_STARTS, HEAD, LAST_BATCH, META, WITNESSES};
use crate::tree::{insert_nodes, insert_values, TreeSnapshot};

use super::{Ledger, SealLimits};

impl Ledger {
    /// What is not in a batch yet: transactions, estimated cycles, timestamp of the first block (0 if there is none).
    ///
    /// # Errors
    /// Those of the store.
    pub fn unsealed(&self) -> Result<(u64, u64, u64)> {
        self.store.view(|transaction| {
            let (head, sealed) = (chain::head(transaction)?, chain::last_batch(transaction)?);
            let first = chain::block(transaction, sealed.last_block + 1)?;
            let timestamp = first.map(|block| block.timestamp).unwrap_or_default();
            let transactions = head.transactions_total - sealed.transactions_total;
            Ok((transactions, head.cycles_total - sealed.cycles_total, timestamp))
        })
    }

    /// Seals the oldest unsealed blocks of one policy version within `limits`, at least one. `None` if there are none.
    ///
    /// # Errors
    /// Those of the store.
    pub fn seal(&self, limits: SealLimits) -> Result<Option<Batch>> {
        let _one_at_a_time = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        let snapshot = self.store.snapshot()?;
        let before = chain::last_batch(&snapshot)?;
        let Some(blocks) = choose(&snapshot, &before, limits)? else { return Ok(None) };
        let policy = self.stored_policy(&snapshot, blocks[0].policy_version)?;
        let built = self.build(&snapshot, &before, &blocks, &policy)?;
        let batch = record(&before, &blocks, &built)?;
        self.store.update(|transaction| {
            insert_nodes(transaction, &built.nodes)?;
            insert_values(transaction, &built.values)?;
            transaction.open_table(BATCHES)?.insert(batch.number, records::encode(&batch)?.as_slice())?;
            transaction.open_table(BATCH_STARTS)?.insert(batch.first_block, batch.number)?;
            transaction.open_table(WITNESSES)?.insert(batch.number, built.witness.as_slice())?;
            transaction.open_table(META)?.insert(LAST_BATCH, batch.number)?;
            Ok(())
        })?;
        Ok(Some(batch))
    }

    /// Number of the last sealed batch; 0 is the genesis.
    ///
    /// # Errors
    /// Those of the store.
    pub fn last_batch(&self) -> Result<u64> {
        self.store.view(|snapshot| chain::number(snapshot, LAST_BATCH))
    }

    /// A sealed batch; batch 0 names the genesis state.
    ///
    /// # Errors
    /// Those of the store.
    pub fn batch(&self, number: u64) -> Result<Option<Batch>> {
        self.store.view(|snapshot| chain::batch(snapshot, number))
    }

    /// The batch that holds a block.
    ///
    /// # Errors
    /// Those of the store.
    pub fn batch_of_block(&self, number: u64) -> Result<Option<u64>> {
        self.store.view(|snapshot| chain::batch_of_block(snapshot, number))
    }

    /// The input of a batch's proof.
    ///
    /// # Errors
    /// `not_found`; those of the store.
    pub fn witness(&self, batch_number: u64) -> Result<Vec<u8>> {
        self.store.view(|transaction| {
            let stored = transaction.open_table(WITNESSES)?.get_owned(batch_number)?;
            let stored = stored.ok_or_else(|| LedgerError::NotFound(format!("batch {batch_number}")))?;
            Ok(stored.value().to_vec())
        })
    }

    fn build(
        &self,
        snapshot: &ReadTransaction,
        before: &Batch,
        blocks: &[Block],
        policy: &PolicyTable,
    ) -> Result<BuiltBatch> {
        let mut requests = Vec::with_capacity(blocks.len());
        for block in blocks {
            let mut raw = Vec::with_capacity(block.transaction_hashes.len());
            for hash in &block.transaction_hashes {
                let included = chain::transaction(snapshot, hash)?
                    .ok_or_else(|| LedgerError::StoreCorrupt(format!("no transaction {hash}")))?;
                raw.push(Bytes::from(included.raw));
            }
            requests.push(BlockRequest {
                timestamp: block.timestamp,
                beneficiary: block.beneficiary,
                gas_limit: block.gas_limit,
                transactions: raw,
            });
        }
        let request = BatchRequest {
            chain_id: self.genesis.chain_id,
            prev_root: before.output.new_state.0,
            blocks: requests,
        };
        let built = build_batch(TreeSnapshot::new(snapshot)?, &request, &policy.0, &self.secret)
            .map_err(|error| failure(before.number + 1, error))?;
        for (block, header) in blocks.iter().zip(&built.headers) {
            if header.hash() != block.hash {
                let message = format!("block {} ran differently when it was sealed", block.number);
                return Err(LedgerError::Internal(message));
            }
        }
        Ok(built)
    }
}

/// What was executed once can be sealed: anything else is the store's fault, or ours.
fn failure(batch: u64, error: BuildError<LedgerError>) -> LedgerError {
    let code = error.code();
    match error {
        BuildError::Source(error) => error.into(),
        _ => LedgerError::Internal(format!("batch {batch} cannot be built: {code}")),
    }
}

/// The oldest unsealed blocks that one batch takes.
fn choose(snapshot: &ReadTransaction, before: &Batch, limits: SealLimits) -> Result<Option<Vec<Block>>> {
    let head = chain::number(snapshot, HEAD)?;
    let mut blocks: Vec<Block> = Vec::new();
    for height in before.last_block + 1..=head {
        let block = chain::stored_block(snapshot, height)?;
        let within = block.transactions_total - before.transactions_total <= limits.transactions_max
            && block.cycles_total - before.cycles_total <= limits.cycles_max;
        let same_policy = blocks.first().is_none_or(|first| first.policy_version == block.policy_version);
        let fits = blocks.is_empty() || (within && same_policy);
        if !fits {
            break;
        }
        blocks.push(block);
    }
    Ok((!blocks.is_empty()).then_some(blocks))
}

fn record(before: &Batch, blocks: &[Block], built: &BuiltBatch) -> Result<Batch> {
    let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else {
        return Err(LedgerError::Internal("a batch without blocks".into()));
    };
    Ok(Batch {
        number: before.number + 1,
        first_block: first.number,
        last_block: last.number,
        transaction_count: last.transactions_total - before.transactions_total,
        policy_version: first.policy_version,
        output: built.output,
        transactions_total: last.transactions_total,
        cycles_total: last.cycles_total,
    })
}
