//! The opening of a transaction: from its bytes to the state root of its batch.

use prividium_state::salt::SaltSecret;
use prividium_state::{head_key, list_path, Digest, HeadValue};
use prividium_stf::build::state_path;
use prividium_stf::commit::block_leaf;
use redb::ReadTransaction;
use revm::primitives::B256;
use serde_json::{json, Value};

use super::{hex, hex_digests};
use crate::error::{LedgerError, Result};
use crate::leaves;
use crate::records::{Batch, Block, Receipt};
use crate::store::chain;
use crate::tree::TreeSnapshot;

/// The opening of a transaction in a sealed batch; `not_found` if it is in none.
pub(crate) fn open(snapshot: &ReadTransaction, secret: &SaltSecret, hash: &B256) -> Result<String> {
    let unknown = || LedgerError::NotFound(format!("transaction {hash} in a sealed batch"));
    let included = chain::transaction(snapshot, hash)?.ok_or_else(unknown)?;
    let receipt = chain::stored_receipt(snapshot, hash)?;
    let batch = chain::batch_of_block(snapshot, receipt.block_number)?.ok_or_else(unknown)?;
    let batch = chain::stored_batch(snapshot, batch)?;
    let block = chain::stored_block(snapshot, receipt.block_number)?;
    let mut receipt_leaves = Vec::with_capacity(block.transaction_hashes.len());
    for hash in &block.transaction_hashes {
        receipt_leaves.push(leaves::of_receipt(secret, &chain::stored_receipt(snapshot, hash)?));
    }
    let place = Place::of(snapshot, &batch, &block)?;
    let index = receipt.index as usize;
    let opening = json!({
        "kind": "transaction",
        "raw": hex(included.raw),
        "salt": hex(secret.transaction(&hash.0, block.number).to_bytes()),
        "index": index,
        "count": block.transaction_hashes.len(),
        "path": path(&leaves::of_transactions(secret, &block), index)?,
        "receipt": receipt_opening(secret, &receipt, path(&receipt_leaves, index)?),
        "block": header(&block),
        "blockIndex": place.index,
        "blockCount": place.count,
        "blockPath": place.path,
        "head": place.head,
        "statePath": place.state_path,
    });
    Ok(opening.to_string())
}

fn receipt_opening(secret: &SaltSecret, receipt: &Receipt, path: Value) -> Value {
    let salts = leaves::salts_of(secret, receipt);
    let logs = receipt.logs.iter().zip(&salts.logs).map(|(log, salt)| {
        json!({
            "address": hex(log.address),
            "topics": log.topics.iter().map(hex).collect::<Vec<_>>(),
            "data": hex(&log.data),
            "salt": hex(salt.to_bytes()),
        })
    });
    json!({
        "status": receipt.status,
        "gasUsed": receipt.gas_used,
        "salt": hex(salts.receipt.to_bytes()),
        "path": path,
        "logs": logs.collect::<Vec<_>>(),
    })
}

/// From a block to the state root: its place in the batch, the head leaf, and that leaf's path.
struct Place {
    index: usize,
    count: usize,
    path: Value,
    head: Value,
    state_path: Value,
}

impl Place {
    fn of(snapshot: &ReadTransaction, batch: &Batch, block: &Block) -> Result<Self> {
        let mut leaves = Vec::new();
        for number in batch.first_block..=batch.last_block {
            leaves.push(block_leaf(&chain::stored_block(snapshot, number)?.hash));
        }
        let tree = TreeSnapshot::new(snapshot)?;
        let no_head =
            || LedgerError::StoreCorrupt(format!("no head leaf in the state of batch {}", batch.number));
        let root = batch.output.new_state.0;
        let state_path = state_path(&tree, &root, &head_key())?.ok_or_else(no_head)?;
        let value = tree.leaf(&root, &head_key())?.ok_or_else(no_head)?;
        let (head, salt) = HeadValue::decode(&value).map_err(|_| no_head())?;
        let index = (block.number - batch.first_block) as usize;
        Ok(Self {
            index,
            count: leaves.len(),
            path: path(&leaves, index)?,
            head: json!({
                "batchNumber": head.batch_number,
                "blockNumber": head.block_number,
                "timestamp": head.timestamp,
                "blockHash": hex(head.block_hash),
                "blocksDigest": hex(head.blocks_digest.to_bytes()),
                "salt": hex(salt.to_bytes()),
            }),
            state_path: hex_digests(&state_path),
        })
    }
}

fn path(leaves: &[Digest], index: usize) -> Result<Value> {
    let path =
        list_path(leaves, index).ok_or_else(|| LedgerError::StoreCorrupt(format!("no leaf {index}")))?;
    Ok(hex_digests(&path))
}

fn header(block: &Block) -> Value {
    json!({
        "parentHash": hex(block.parent_hash),
        "number": block.number,
        "timestamp": block.timestamp,
        "beneficiary": hex(block.beneficiary),
        "gasLimit": block.gas_limit,
        "gasUsed": block.gas_used,
        "transactionsDigest": hex(block.transactions_digest),
        "receiptsDigest": hex(block.receipts_digest),
    })
}
