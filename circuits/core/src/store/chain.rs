//! Reading records out of a snapshot. `stored_…` is for what must be there: its absence means a corrupt store.

use redb::ReadTransaction;
use revm::primitives::B256;

use super::tables::{
    BATCHES, BATCH_STARTS, BLOCKS, BLOCK_NUMBERS, DECODED, HEAD, LAST_BATCH, META, RECEIPTS, TRANSACTIONS,
};
use crate::error::{LedgerError, Result};
use crate::records::{self, Batch, Block, Receipt};
use crate::transaction::Decoded;

/// The store lacks what must be there.
pub(crate) fn missing(what: impl std::fmt::Display) -> LedgerError {
    LedgerError::StoreCorrupt(format!("no {what}"))
}

/// The number under `key` of `META`.
pub(crate) fn number(snapshot: &ReadTransaction, key: &str) -> Result<u64> {
    let stored = snapshot.open_table(META)?.get_owned(key)?;
    stored.map(|value| value.value()).ok_or_else(|| missing(key))
}

/// The last block.
pub(crate) fn head(snapshot: &ReadTransaction) -> Result<Block> {
    stored_block(snapshot, number(snapshot, HEAD)?)
}

pub(crate) fn block(snapshot: &ReadTransaction, number: u64) -> Result<Option<Block>> {
    let stored = snapshot.open_table(BLOCKS)?.get_owned(number)?;
    stored.map(|stored| records::decode(stored.value())).transpose()
}

pub(crate) fn stored_block(snapshot: &ReadTransaction, number: u64) -> Result<Block> {
    block(snapshot, number)?.ok_or_else(|| missing(format_args!("block {number}")))
}

/// Height of the block with a hash.
pub(crate) fn block_number(snapshot: &ReadTransaction, hash: &B256) -> Result<Option<u64>> {
    Ok(snapshot.open_table(BLOCK_NUMBERS)?.get_owned(&hash.0)?.map(|number| number.value()))
}

/// A transaction in a block.
pub(crate) struct Included {
    pub(crate) block: u64,
    pub(crate) index: u32,
    /// The signed envelope.
    pub(crate) raw: Vec<u8>,
}

pub(crate) fn transaction(snapshot: &ReadTransaction, hash: &B256) -> Result<Option<Included>> {
    let stored = snapshot.open_table(TRANSACTIONS)?.get_owned(&hash.0)?;
    Ok(stored.map(|stored| {
        let (block, index, raw) = stored.value();
        Included { block, index, raw: raw.to_vec() }
    }))
}

/// What was decoded of a transaction in a block.
pub(crate) fn stored_decoded(snapshot: &ReadTransaction, hash: &B256) -> Result<Decoded> {
    let stored = snapshot.open_table(DECODED)?.get_owned(&hash.0)?;
    let stored = stored.ok_or_else(|| missing(format_args!("decoded transaction {hash}")))?;
    records::decode(stored.value())
}

pub(crate) fn receipt(snapshot: &ReadTransaction, hash: &B256) -> Result<Option<Receipt>> {
    let stored = snapshot.open_table(RECEIPTS)?.get_owned(&hash.0)?;
    stored.map(|stored| records::decode(stored.value())).transpose()
}

pub(crate) fn stored_receipt(snapshot: &ReadTransaction, hash: &B256) -> Result<Receipt> {
    receipt(snapshot, hash)?.ok_or_else(|| missing(format_args!("receipt of {hash}")))
}

pub(crate) fn batch(snapshot: &ReadTransaction, number: u64) -> Result<Option<Batch>> {
    let stored = snapshot.open_table(BATCHES)?.get_owned(number)?;
    stored.map(|stored| records::decode(stored.value())).transpose()
}

pub(crate) fn stored_batch(snapshot: &ReadTransaction, number: u64) -> Result<Batch> {
    batch(snapshot, number)?.ok_or_else(|| missing(format_args!("batch {number}")))
}

/// The last sealed batch.
pub(crate) fn last_batch(snapshot: &ReadTransaction) -> Result<Batch> {
    stored_batch(snapshot, number(snapshot, LAST_BATCH)?)
}

/// Number of the batch that holds a block.
pub(crate) fn batch_of_block(snapshot: &ReadTransaction, block: u64) -> Result<Option<u64>> {
    if block > last_batch(snapshot)?.last_block {
        return Ok(None);
    }
    let starts = snapshot.open_table(BATCH_STARTS)?;
    let start = starts.range(..=block)?.next_back().transpose()?;
    Ok(start.map(|(_, batch)| batch.value()))
}
