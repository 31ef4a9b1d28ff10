//! What the store holds, and its encodings. Lists that are hashed are encoded by `prividium-stf` instead.

use prividium_state::Digest;
use prividium_stf::changes::AccountState;
use prividium_stf::commit::BlockHeader;
use prividium_stf::BatchOutput;
use revm::primitives::{Address, Bytes, B256, U256};
use serde::{de::DeserializeOwned, Deserialize, Serialize};

use crate::error::{LedgerError, Result};

/// A block; its hash is that of `docs/protocol/commitments.md` §1, tag `0a`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Height; genesis is 0.
    pub number: u64,
    /// Block hash.
    pub hash: B256,
    /// Hash of the block before.
    pub parent_hash: B256,
    /// Seconds.
    pub timestamp: u64,
    /// Receiver of fees.
    pub beneficiary: Address,
    /// Gas limit of the block.
    pub gas_limit: u64,
    /// Gas used by its transactions.
    pub gas_used: u64,
    /// 27-byte digest of the list of transactions.
    pub transactions_digest: [u8; 27],
    /// 27-byte digest of the list of receipts.
    pub receipts_digest: [u8; 27],
    /// Version of the policy that judged it.
    pub policy_version: u64,
    /// Transactions of the chain up to and with this block.
    pub transactions_total: u64,
    /// Estimated instructions to prove them.
    pub cycles_total: u64,
    /// Hashes of its transactions, in order.
    pub transaction_hashes: Vec<B256>,
}

impl From<&BlockHeader> for Block {
    /// A block with this header, without transactions and totals.
    fn from(header: &BlockHeader) -> Self {
        Self {
            number: header.number,
            hash: header.hash(),
            parent_hash: header.parent_hash,
            timestamp: header.timestamp,
            beneficiary: header.beneficiary,
            gas_limit: header.gas_limit,
            gas_used: header.gas_used,
            transactions_digest: header.transactions_digest.to_bytes(),
            receipts_digest: header.receipts_digest.to_bytes(),
            policy_version: 0,
            transactions_total: 0,
            cycles_total: 0,
            transaction_hashes: Vec::new(),
        }
    }
}

impl From<&Block> for BlockHeader {
    fn from(block: &Block) -> Self {
        Self {
            parent_hash: block.parent_hash,
            number: block.number,
            timestamp: block.timestamp,
            beneficiary: block.beneficiary,
            gas_limit: block.gas_limit,
            gas_used: block.gas_used,
            transactions_digest: Digest::from_bytes(&block.transactions_digest),
            receipts_digest: Digest::from_bytes(&block.receipts_digest),
        }
    }
}

/// A log of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// Emitting contract.
    pub address: Address,
    /// Up to four topics.
    pub topics: Vec<B256>,
    /// Data.
    pub data: Bytes,
}

impl From<&revm::primitives::Log> for Log {
    fn from(log: &revm::primitives::Log) -> Self {
        Self { address: log.address, topics: log.topics().to_vec(), data: log.data.data.clone() }
    }
}

impl From<&Log> for revm::primitives::Log {
    fn from(log: &Log) -> Self {
        Self::new_unchecked(log.address, log.topics.clone(), log.data.clone())
    }
}

/// The outcome of a transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Transaction.
    pub transaction_hash: B256,
    /// Height of its block.
    pub block_number: u64,
    /// Hash of its block.
    pub block_hash: B256,
    /// Position in the block.
    pub index: u32,
    /// 1 for success, 0 for a revert or halt.
    pub status: u8,
    /// Gas used by the transaction.
    pub gas_used: u64,
    /// Gas used in the block up to and with this transaction.
    pub cumulative_gas_used: u64,
    /// Wei per gas that was paid.
    pub effective_gas_price: u128,
    /// Address of the created contract, for a top-level creation.
    pub contract_address: Option<Address>,
    /// Logs.
    pub logs: Vec<Log>,
}

/// A sealed batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Number; genesis is batch 0 and not listed.
    pub number: u64,
    /// First block.
    pub first_block: u64,
    /// Last block.
    pub last_block: u64,
    /// Transactions in its blocks.
    pub transaction_count: u64,
    /// Policy of all its blocks.
    pub policy_version: u64,
    /// The public output.
    pub output: BatchOutput,
    /// Transactions of the chain up to and with its last block.
    pub transactions_total: u64,
    /// Estimated instructions to prove them.
    pub cycles_total: u64,
}

/// An account of the flat table: nonce u64 ‖ balance u256 ‖ code hash, big-endian.
pub(crate) fn encode_account(account: &AccountState) -> [u8; 72] {
    let mut bytes = [0; 72];
    bytes[..8].copy_from_slice(&account.nonce.to_be_bytes());
    bytes[8..40].copy_from_slice(&account.balance.to_be_bytes::<32>());
    bytes[40..].copy_from_slice(account.code_hash.as_slice());
    bytes
}

/// The inverse of `encode_account`.
pub(crate) fn decode_account(bytes: &[u8; 72]) -> AccountState {
    let (nonce, rest) = bytes.split_at(8);
    let (balance, code_hash) = rest.split_at(32);
    AccountState {
        nonce: nonce.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)),
        balance: U256::from_be_slice(balance),
        code_hash: B256::from_slice(code_hash),
    }
}

/// Key of a slot in the flat table.
pub(crate) fn slot_key(address: &Address, slot: &U256) -> [u8; 52] {
    let mut key = [0; 52];
    key[..20].copy_from_slice(address.as_slice());
    key[20..].copy_from_slice(&slot.to_be_bytes::<32>());
    key
}

/// Encodes a record.
pub(crate) fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>> {
    postcard::to_stdvec(record).map_err(|error| LedgerError::Internal(error.to_string()))
}

/// Decodes a record that the store holds.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    postcard::from_bytes(bytes).map_err(|error| LedgerError::StoreCorrupt(format!("a record: {error}")))
}
