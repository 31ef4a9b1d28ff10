//! The opening of one account and slots of it, as JSON: leaves with their paths to a batch's state root.

use prividium_state::{account_key, storage_key, AccountValue, Digest, Root, StorageValue};
use prividium_stf::build::state_path;
use redb::ReadTransaction;
use revm::primitives::{Address, B256, U256};
use serde_json::{json, Value};

use super::call::ACCOUNT_SALT_BYTES;
use super::{hex, hex_digests};
use crate::error::{LedgerError, Result};
use crate::store::chain;
use crate::tree::TreeSnapshot;

/// The account at the end of a batch. What is absent has no proof: its path could show another key.
pub(crate) fn open(
    snapshot: &ReadTransaction,
    batch: u64,
    address: &Address,
    slots: &[U256],
) -> Result<String> {
    let record = chain::batch(snapshot, batch)?;
    let record = record.ok_or_else(|| LedgerError::NotFound(format!("batch {batch}")))?;
    let tree = TreeSnapshot::new(snapshot)?;
    let root = record.output.new_state.0;
    let key = account_key(&address.0 .0);
    let found = leaf(&tree, &root, &key, |bytes| AccountValue::decode(bytes).ok())?;
    let slots: Result<Vec<Value>> = slots.iter().map(|slot| storage(&tree, &root, address, slot)).collect();
    let document = json!({
        "batchNumber": record.number,
        "blockNumber": record.last_block,
        "stateRoot": hex(root),
        "address": hex(address),
        "account": found.as_ref().map(|((value, salt), _)| json!({
            "nonce": value.nonce,
            "balance": U256::from_be_bytes(value.balance).to_string(),
            "codeHash": hex(B256::from(value.code_hash)),
            "historyDigest": hex(value.history_digest().to_bytes()),
            "salt": hex(&salt.to_bytes()[..ACCOUNT_SALT_BYTES]),
        })),
        "accountProof": found.map(|(_, path)| hex_digests(&path)),
        "storageProof": slots?,
    });
    Ok(document.to_string())
}

fn storage(tree: &TreeSnapshot, root: &Root, address: &Address, slot: &U256) -> Result<Value> {
    let key = storage_key(&address.0 .0, &slot.to_be_bytes());
    let found = leaf(tree, root, &key, |bytes| StorageValue::decode(bytes).ok())?;
    Ok(json!({
        "key": hex(slot.to_be_bytes::<32>()),
        "value": hex(found.as_ref().map_or([0; 32], |(opened, _)| opened.value)),
        "salt": found.as_ref().map(|(opened, _)| hex(opened.salt.to_bytes())),
        "proof": found.map(|(_, path)| hex_digests(&path)),
    }))
}

/// A leaf's value and its siblings from the leaf upwards.
fn leaf<T>(
    tree: &TreeSnapshot,
    root: &Root,
    key: &Digest,
    decode: impl Fn(&[u8]) -> Option<T>,
) -> Result<Option<(T, Vec<Digest>)>> {
    let (Some(stored), Some(path)) = (tree.leaf(root, key)?, state_path(tree, root, key)?) else {
        return Ok(None);
    };
    let value = decode(&stored).ok_or_else(|| LedgerError::StoreCorrupt(format!("the value of {key:?}")))?;
    Ok(Some((value, path)))
}
