//! Salts and leaves of a block's transactions (`docs/protocol/commitments.md` §1, §3).

use prividium_state::salt::SaltSecret;
use prividium_state::{list_digest, transaction_leaf, Digest};
use prividium_stf::commit::{log_leaf, receipt_leaf, TransactionSalts};
use revm::primitives::B256;

use crate::records::{Block, Receipt};

/// Salts of the leaves of a receipt and its transaction.
pub(crate) fn salts_of(secret: &SaltSecret, receipt: &Receipt) -> TransactionSalts {
    TransactionSalts::derive(secret, &receipt.transaction_hash, receipt.logs.len(), receipt.block_number)
}

/// Leaves of a block's transactions.
pub(crate) fn of_transactions(secret: &SaltSecret, block: &Block) -> Vec<Digest> {
    let leaf = |hash: &B256| transaction_leaf(&hash.0, &secret.transaction(&hash.0, block.number));
    block.transaction_hashes.iter().map(leaf).collect()
}

/// Leaf of a receipt.
pub(crate) fn of_receipt(secret: &SaltSecret, receipt: &Receipt) -> Digest {
    let salts = salts_of(secret, receipt);
    let logs = receipt.logs.iter().zip(&salts.logs).map(|(log, salt)| log_leaf(&log.into(), salt));
    let logs = list_digest(&logs.collect::<Vec<_>>());
    receipt_leaf(receipt.status == 1, receipt.gas_used, &logs, &salts.receipt)
}
