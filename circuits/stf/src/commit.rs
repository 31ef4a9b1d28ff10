//! Leaves, digests and block hashes (commitments.md §1 and §3).

use alloc::vec::Vec;

use prividium_state::{hash_bytes, list_digest, sha256, transaction_leaf, Digest, Salt, Sha256};
use revm::primitives::{Address, Log, B256};

use crate::executor::{BlockContext, Outcome};

/// Salts of one transaction's leaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransactionSalts {
    /// Of the transaction.
    pub transaction: Salt,
    /// Of its receipt.
    pub receipt: Salt,
    /// Of its logs, one each.
    pub logs: Vec<Salt>,
}

#[cfg(not(target_os = "zkvm"))]
impl TransactionSalts {
    /// Salts of a transaction with `logs` logs in block `block`.
    #[must_use]
    pub fn derive(secret: &prividium_state::salt::SaltSecret, hash: &B256, logs: usize, block: u64) -> Self {
        Self {
            transaction: secret.transaction(&hash.0, block),
            receipt: secret.receipt(&hash.0, block),
            logs: (0..logs).map(|index| secret.log(&hash.0, index as u32, block)).collect(),
        }
    }
}

/// Leaf of a log, tag `06`.
#[must_use]
pub fn log_leaf(log: &Log, salt: &Salt) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(log.address.as_slice());
    hasher.update(&[log.topics().len() as u8]);
    for topic in log.topics() {
        hasher.update(topic.as_slice());
    }
    hasher.update(&sha256(&log.data.data));
    hasher.update(salt.as_bytes());
    hasher.finish_tagged(0x06)
}

/// Leaf of a receipt, tag `07`.
#[must_use]
pub fn receipt_leaf(status: bool, gas_used: u64, logs: &Digest, salt: &Salt) -> Digest {
    let mut message = [0; 58];
    message[0] = u8::from(status);
    message[1..9].copy_from_slice(&gas_used.to_be_bytes());
    message[9..36].copy_from_slice(logs.as_bytes());
    message[36..].copy_from_slice(salt.as_bytes());
    let mut hasher = Sha256::new();
    hasher.update(&message);
    hasher.finish_tagged(0x07)
}

/// Entry of a transaction in histories, tag `08`.
#[must_use]
pub fn history_entry(block_number: u64, index: u32, transaction: &Digest, receipt: &Digest) -> Digest {
    let mut message = [0; 66];
    message[..8].copy_from_slice(&block_number.to_be_bytes());
    message[8..12].copy_from_slice(&index.to_be_bytes());
    message[12..39].copy_from_slice(transaction.as_bytes());
    message[39..].copy_from_slice(receipt.as_bytes());
    let mut hasher = Sha256::new();
    hasher.update(&message);
    hasher.finish_tagged(0x08)
}

/// What a block's hash binds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlockHeader {
    /// Hash of the block before.
    pub parent_hash: B256,
    /// Number.
    pub number: u64,
    /// Timestamp in seconds.
    pub timestamp: u64,
    /// Receiver of priority fees.
    pub beneficiary: Address,
    /// Gas that all transactions together may take.
    pub gas_limit: u64,
    /// Gas that they took.
    pub gas_used: u64,
    /// List of transactions.
    pub transactions_digest: Digest,
    /// List of receipts.
    pub receipts_digest: Digest,
}

impl BlockHeader {
    /// Hash of the block, tag `0a`.
    #[must_use]
    pub fn hash(&self) -> B256 {
        let mut hasher = Sha256::new();
        hasher.update(self.parent_hash.as_slice());
        hasher.update(&self.number.to_be_bytes());
        hasher.update(&self.timestamp.to_be_bytes());
        hasher.update(self.beneficiary.as_slice());
        hasher.update(&self.gas_limit.to_be_bytes());
        hasher.update(&self.gas_used.to_be_bytes());
        hasher.update_digest(&self.transactions_digest);
        hasher.update_digest(&self.receipts_digest);
        hasher.update(&[0x0a]);
        B256::from(hash_bytes(&hasher.finish()))
    }
}

/// First 27 bytes of a block's hash: its leaf in the list of its batch.
#[must_use]
pub fn block_leaf(hash: &B256) -> Digest {
    Digest::from_root(&hash.0)
}

/// Digests of one transaction in its block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TransactionDigests {
    /// Leaf of the transaction.
    pub transaction: Digest,
    /// List of its logs.
    pub logs: Digest,
    /// Leaf of its receipt.
    pub receipt: Digest,
    /// Its entry in histories.
    pub entry: Digest,
}

/// Collects a block's transactions into its header.
#[derive(Clone, Debug)]
pub struct BlockCommitment {
    context: BlockContext,
    gas_used: u64,
    transactions: Vec<Digest>,
    receipts: Vec<Digest>,
}

impl BlockCommitment {
    /// An empty block.
    #[must_use]
    pub const fn new(context: BlockContext) -> Self {
        Self { context, gas_used: 0, transactions: Vec::new(), receipts: Vec::new() }
    }

    /// Adds the next transaction; `None` if there is not one salt for each log.
    pub fn add(
        &mut self,
        hash: &B256,
        outcome: &Outcome,
        salts: &TransactionSalts,
    ) -> Option<TransactionDigests> {
        if outcome.logs.len() != salts.logs.len() {
            return None;
        }
        let index = self.transactions.len() as u32;
        let transaction = transaction_leaf(&hash.0, &salts.transaction);
        let leaves: Vec<Digest> =
            outcome.logs.iter().zip(&salts.logs).map(|(log, salt)| log_leaf(log, salt)).collect();
        let logs = list_digest(&leaves);
        let receipt = receipt_leaf(outcome.status, outcome.gas_used, &logs, &salts.receipt);
        let entry = history_entry(self.context.number, index, &transaction, &receipt);
        self.gas_used += outcome.gas_used;
        self.transactions.push(transaction);
        self.receipts.push(receipt);
        Some(TransactionDigests { transaction, logs, receipt, entry })
    }

    /// Leaves of the transactions and of the receipts so far.
    #[must_use]
    pub fn leaves(&self) -> (&[Digest], &[Digest]) {
        (&self.transactions, &self.receipts)
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> BlockHeader {
        BlockHeader {
            parent_hash: self.context.parent_hash,
            number: self.context.number,
            timestamp: self.context.timestamp,
            beneficiary: self.context.beneficiary,
            gas_limit: self.context.gas_limit,
            gas_used: self.gas_used,
            transactions_digest: list_digest(&self.transactions),
            receipts_digest: list_digest(&self.receipts),
        }
    }
}
