//! Instructions that the proof of a transaction takes, estimated from its receipt.
//!
//! Batches are sealed by this number, so it must grow with the work and may err upwards. An ERC-20 transfer (about
//! 34,000 gas) takes around 100,000 instructions, of which about 60,000 do not depend on gas: recovery, hashing, tree,
//! policy and history. The rest grows with gas; the dearest opcodes per gas are those that hash.

use revm::primitives::Log;

/// Recovery of the sender, hashing of the envelope, receipt, and the sender's account in the tree.
const BASE: u64 = 60_000;

/// Instructions for each 1,000 gas of execution.
const PER_1000_GAS: u64 = 1_600;

/// A log: its leaf, and the history of its parties.
const PER_LOG: u64 = 12_000;

/// Bytes of log data, hashed.
const PER_LOG_BYTE: u64 = 8;

/// Estimated instructions of a transaction.
#[must_use]
pub fn cycles_of(gas_used: u64, logs: &[Log]) -> u64 {
    let data: u64 = logs.iter().map(|log| log.data.data.len() as u64).sum();
    BASE + gas_used / 1_000 * PER_1000_GAS + logs.len() as u64 * PER_LOG + data * PER_LOG_BYTE
}
