//! Salted leaves of a block's transactions, receipts and logs (`docs/protocol/commitments.md` §1, §3).

use prividium_state::salt::SaltSecret;
use prividium_state::{list_digest, Digest};
use prividium_stf::commit::{log_leaf, receipt_leaf, transaction_leaf};
use revm::primitives::B256;

use crate::records::{Log, Receipt};

/// Leaves of the transactions of block `block`.
pub(crate) fn of_transactions<'a>(
    salts: &SaltSecret,
    block: u64,
    hashes: impl IntoIterator<Item = &'a B256>,
) -> Vec<Digest> {
    hashes.into_iter().map(|hash| transaction_leaf(&hash.0, &salts.transaction(&hash.0, block))).collect()
}

/// Leaves of receipts.
pub(crate) fn of_receipts<'a>(
    salts: &SaltSecret,
    receipts: impl IntoIterator<Item = &'a Receipt>,
) -> Vec<Digest> {
    receipts.into_iter().map(|receipt| of_receipt(salts, receipt)).collect()
}

fn of_receipt(salts: &SaltSecret, receipt: &Receipt) -> Digest {
    let hash = &receipt.transaction_hash.0;
    let of_log = |(index, log): (usize, &Log)| {
        let salt = salts.log(hash, index as u32, receipt.block_number);
        log_leaf(&log.address, &log.topics, &log.data, &salt)
    };
    let logs: Vec<Digest> = receipt.logs.iter().enumerate().map(of_log).collect();
    let salt = salts.receipt(hash, receipt.block_number);
    receipt_leaf(receipt.status == 1, receipt.gas_used, &list_digest(&logs), &salt)
}
