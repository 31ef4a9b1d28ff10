//! The tables of `chain.redb`.
//!
//! State at the head is flat (`ACCOUNTS`, `SLOTS`, `CODE`): execution reads it without a tree. The tree is content
//! addressed (`NODES`, `VALUES`), so the state of every sealed batch stays readable.

use redb::TableDefinition;

/// Address → nonce u64 ‖ balance u256 ‖ code hash.
pub(crate) const ACCOUNTS: TableDefinition<&[u8; 20], &[u8; 72]> = TableDefinition::new("accounts");
/// Address ‖ slot → value; zero values are absent.
pub(crate) const SLOTS: TableDefinition<&[u8; 52], &[u8; 32]> = TableDefinition::new("slots");
/// Code hash (keccak-256) → code.
pub(crate) const CODE: TableDefinition<&[u8; 32], &[u8]> = TableDefinition::new("code");
/// Block number → `BlockRecord`.
pub(crate) const BLOCKS: TableDefinition<u64, &[u8]> = TableDefinition::new("blocks");
/// Block hash → number.
pub(crate) const BLOCK_NUMBERS: TableDefinition<&[u8; 32], u64> = TableDefinition::new("block_numbers");
/// Transaction hash → block number, index and raw transaction.
pub(crate) const TRANSACTIONS: TableDefinition<&[u8; 32], (u64, u32, &[u8])> =
    TableDefinition::new("transactions");
/// Transaction hash → `Decoded`: recovering a signer for every reader costs more than all else of reading.
pub(crate) const DECODED: TableDefinition<&[u8; 32], &[u8]> = TableDefinition::new("decoded");
/// Transaction hash → `ReceiptRecord`.
pub(crate) const RECEIPTS: TableDefinition<&[u8; 32], &[u8]> = TableDefinition::new("receipts");
/// Policy version → the table's entries.
pub(crate) const POLICIES: TableDefinition<u64, &[u8]> = TableDefinition::new("policies");
/// Sender ‖ nonce u64 → arrival number and raw transaction.
pub(crate) const MEMPOOL: TableDefinition<&[u8; 28], (u64, &[u8])> = TableDefinition::new("mempool");
/// Hash of a transaction dropped at block time → arrival number of the record and the code of the refusal.
pub(crate) const DROPPED: TableDefinition<&[u8; 32], (u64, &str)> = TableDefinition::new("dropped");
/// Order of `DROPPED`, oldest first.
pub(crate) const DROPPED_ORDER: TableDefinition<u64, &[u8; 32]> = TableDefinition::new("dropped_order");
/// Digest of a tree node → its hash preimage (`docs/protocol/commitments.md` §1).
pub(crate) const NODES: TableDefinition<&[u8; 27], &[u8]> = TableDefinition::new("nodes");
/// Digest of a leaf's value → its hash preimage, salt included.
pub(crate) const VALUES: TableDefinition<&[u8; 27], &[u8]> = TableDefinition::new("values");
/// Batch number → `BatchRecord`.
pub(crate) const BATCHES: TableDefinition<u64, &[u8]> = TableDefinition::new("batches");
/// First block of a batch → batch number.
pub(crate) const BATCH_STARTS: TableDefinition<u64, u64> = TableDefinition::new("batch_starts");
/// Batch number → witness.
pub(crate) const WITNESSES: TableDefinition<u64, &[u8]> = TableDefinition::new("witnesses");
/// Numbers of the chain: see the keys below.
pub(crate) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
/// Genesis root, to tell a store from another chain's.
pub(crate) const IDENTITY: TableDefinition<&str, &[u8]> = TableDefinition::new("identity");

/// `META`: version of this schema.
pub(crate) const SCHEMA: &str = "schema";
/// `META`: number of the last block.
pub(crate) const HEAD: &str = "head";
/// `META`: policy version of the next block.
pub(crate) const POLICY: &str = "policy";
/// `META`: number of the last sealed batch.
pub(crate) const LAST_BATCH: &str = "last_batch";
/// `META`: last arrival number given out.
pub(crate) const ARRIVALS: &str = "arrivals";
/// `IDENTITY`: root of the genesis state.
pub(crate) const GENESIS: &str = "genesis";

/// The schema version that this program reads and writes.
pub(crate) const SCHEMA_VERSION: u64 = 2;
