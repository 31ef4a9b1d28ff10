//! The opening of a transaction: from its bytes to the state root of its batch.

use prividium_state::{head_key, list_path, Digest, HeadValue};
use redb::ReadTransaction;
use revm::primitives::B256;
use serde_json::{json, Value};

use super::{hex, hex_digests};
use crate::error::{LedgerError, Result};
use crate::leaves;
use crate::ledger::Ledger;
use crate::records::{Batch, Block, Receipt};
use crate::tree::TreeSnapshot;

impl Ledger {
    /// The opening of a transaction in a sealed batch, as JSON.
    ///
    /// # Errors
    /// `not_found` if it is in no sealed batch; those of the store.
    pub fn open_transaction(&self, hash: &B256) -> Result<String> {
        let snapshot = self.snapshot()?;
        let unknown = || LedgerError::NotFound(format!("transaction {hash} in a sealed batch"));
        let (raw, receipt) = self.stored_transaction(&snapshot, hash)?.ok_or_else(unknown)?;
        let batch = self.sealed_batch_of(&snapshot, receipt.block_number)?.ok_or_else(unknown)?;
        let block = self.block_of(&snapshot, receipt.block_number)?;
        let receipts = self.receipts_of(&snapshot, &block)?;
        let leaves = leaves::of_transactions(self.salts(), block.number, &block.transaction_hashes);
        let receipt_leaves = leaves::of_receipts(self.salts(), &receipts);
        let index = receipt.index as usize;
        let mut opening = json!({
            "kind": "transaction",
            "raw": hex(raw),
            "salt": hex(self.salts().transaction(&hash.0, block.number).to_bytes()),
            "index": index,
            "count": block.transaction_hashes.len(),
            "path": path(&leaves, index)?,
            "receipt": self.receipt_opening(&receipt, path(&receipt_leaves, index)?),
            "block": header(&block),
        });
        let tail = self.batch_opening(&snapshot, &batch, &block)?;
        if let (Value::Object(opening), Value::Object(tail)) = (&mut opening, tail) {
            opening.extend(tail);
        }
        Ok(opening.to_string())
    }

    fn receipt_opening(&self, receipt: &Receipt, path: Value) -> Value {
        let (hash, block) = (&receipt.transaction_hash.0, receipt.block_number);
        let logs: Vec<Value> = receipt.logs.iter().enumerate().map(|(index, log)| {
            json!({
                "address": hex(log.address),
                "topics": log.topics.iter().map(hex).collect::<Vec<_>>(),
                "data": hex(&log.data),
                "salt": hex(self.salts().log(hash, index as u32, block).to_bytes()),
            })
        });
        json!({
            "status": receipt.status,
            "gasUsed": receipt.gas_used,
            "salt": hex(self.salts().receipt(hash, block).to_bytes()),
            "path": path,
            "logs": logs.collect::<Vec<_>>(),
        })
    }

    /// From the block to the state root: its place in the batch, the head leaf, and that leaf's path.
    fn batch_opening(&self, snapshot: &ReadTransaction, batch: &Batch, block: &Block) -> Result<Value> {
        let mut leaves = Vec::new();
        for number in batch.first_block..=batch.last_block {
            leaves.push(block_leaf(&self.block_of(snapshot, number)?));
        }
        let last = self.block_of(snapshot, batch.last_block)?;
        let tree = TreeSnapshot::new(snapshot)?;
        let (value, state_path) = tree.path(&batch.output.new_state, &head_key())?;
        let (head, salt) = HeadValue::decode(&value)
            .map_err(|error| LedgerError::StoreCorrupt(format!("the head of batch {}: {error}", batch.number)))?;
        if head.block_hash != last.hash.0 {
            return Err(LedgerError::StoreCorrupt(format!("batch {} ends with another block", batch.number)));
        }
        let index = (block.number - batch.first_block) as usize;
        Ok(json!({
            "blockIndex": index,
            "blockCount": leaves.len(),
            "blockPath": path(&leaves, index)?,
            "head": {
                "batchNumber": head.batch_number,
                "blockNumber": head.block_number,
                "timestamp": head.timestamp,
                "blockHash": hex(head.block_hash),
                "blocksDigest": hex(head.blocks_digest.to_bytes()),
                "salt": hex(salt.to_bytes()),
            },
            "statePath": hex_digests(&state_path),
        }))
    }
}

fn block_leaf(block: &Block) -> Digest {
    Digest::from_root(&block.hash.0)
}

fn path(leaves: &[Digest], index: usize) -> Result<Value> {
    let path = list_path(leaves, index).ok_or_else(|| LedgerError::StoreCorrupt(format!("no leaf {index}")))?;
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
