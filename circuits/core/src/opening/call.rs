//! The opening of a read-only call, as JSON: the part of a batch's state that it reads.

use prividium_state::StorageValue;
use prividium_stf::replay::{open_call, AccountOpening, CallOpening, OpenError};
use redb::ReadTransaction;
use revm::primitives::{Address, Bytes, U256};
use serde_json::{json, Value};

use super::{hex, hex_text};
use crate::error::{LedgerError, Result};
use crate::store::chain;
use crate::tree::TreeSnapshot;

/// Bytes of an account's salt that its digest takes.
pub(super) const ACCOUNT_SALT_BYTES: usize = 19;
/// An opening names no chain, so the code that it runs is told none.
pub(super) const NO_CHAIN: u64 = 0;

/// The opening of the call `data` to `to` at the end of a batch.
pub(crate) fn open(snapshot: &ReadTransaction, batch: u64, to: Address, data: Bytes) -> Result<String> {
    let record = chain::batch(snapshot, batch)?;
    let record = record.ok_or_else(|| LedgerError::NotFound(format!("batch {batch}")))?;
    let tree = TreeSnapshot::new(snapshot)?;
    let opened = open_call(tree, &record.output.new_state.0, NO_CHAIN, to, data);
    let (opening, _) = opened.map_err(|error| match error {
        OpenError::Source(error) => error.into(),
        OpenError::AbsenceUndisclosable => LedgerError::AbsenceUndisclosable,
        OpenError::Reverted(data) => LedgerError::Reverted(data),
        OpenError::Internal => LedgerError::Halted("the call cannot be run".into()),
    })?;
    Ok(document(&opening).to_string())
}

fn document(opening: &CallOpening) -> Value {
    json!({
        "kind": "call",
        "to": hex(opening.to),
        "data": hex(&opening.data),
        "accounts": opening.accounts.iter().map(account).collect::<Vec<_>>(),
        "slots": opening.slots.iter().map(slot).collect::<Vec<_>>(),
        "codes": opening.codes.iter().map(hex).collect::<Vec<_>>(),
        "tree": hex(&opening.tree),
    })
}

fn account((address, opened): &(Address, Option<AccountOpening>)) -> Value {
    let opened = opened.as_ref();
    json!({
        "address": hex(address),
        "nonce": opened.map(|opened| opened.nonce),
        "balance": opened.map(|opened| opened.balance.to_string()),
        "codeHash": opened.map(|opened| hex_text(opened.code_hash)),
        "historyDigest": opened.map(|opened| hex_text(opened.history_digest.to_bytes())),
        "salt": opened.map(|opened| hex_text(&opened.salt.to_bytes()[..ACCOUNT_SALT_BYTES])),
    })
}

fn slot((address, slot, opened): &(Address, U256, Option<StorageValue>)) -> Value {
    json!({
        "address": hex(address),
        "slot": hex(slot.to_be_bytes::<32>()),
        "value": opened.as_ref().map(|opened| hex(opened.value)),
        "salt": opened.as_ref().map(|opened| hex(opened.salt.to_bytes())),
    })
}
