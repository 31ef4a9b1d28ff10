//! Reading the opening of a call, strictly, and running the call over it alone.

use prividium_state::{Digest, Salt, StorageValue};
use prividium_stf::replay::{self, AccountOpening, CallOpening, ReplayError};
use revm::primitives::{Address, Bytes, B256, U256};
use serde::Deserialize;

use super::call::{ACCOUNT_SALT_BYTES, NO_CHAIN};
use crate::error::{LedgerError, Result};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    kind: String,
    to: String,
    data: String,
    accounts: Vec<AccountFields>,
    slots: Vec<SlotFields>,
    codes: Vec<String>,
    tree: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AccountFields {
    address: String,
    nonce: Option<u64>,
    balance: Option<String>,
    code_hash: Option<String>,
    history_digest: Option<String>,
    salt: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SlotFields {
    address: String,
    slot: String,
    value: Option<String>,
    salt: Option<String>,
}

/// Checks the opening of `Ledger::open_call` against a state root and runs the call over it alone.
///
/// # Errors
/// `opening_invalid` if it is malformed, does not lead to the root, or lacks what the call reads.
pub fn replay_call(opening: &str, state_root: &B256) -> Result<Bytes> {
    let document: Document =
        serde_json::from_str(opening).map_err(|error| invalid(format!("not an opening: {error}")))?;
    let opening = parse(&document)?;
    replay::replay_call(&opening, &state_root.0, NO_CHAIN).map_err(|error| match error {
        ReplayError::Root => invalid("it does not lead to the state root"),
        ReplayError::Reverted => invalid("the call over it reverts"),
        other => invalid(other.to_string()),
    })
}

fn parse(document: &Document) -> Result<CallOpening> {
    if document.kind != "call" {
        return Err(invalid(format!("its kind is {:?}, not \"call\"", document.kind)));
    }
    let codes = document.codes.iter().map(|code| bytes("codes", code).map(Bytes::from));
    let opening = CallOpening {
        to: Address::from(fixed::<20>("to", &document.to)?),
        data: bytes("data", &document.data)?.into(),
        accounts: document.accounts.iter().map(account).collect::<Result<_>>()?,
        slots: document.slots.iter().map(slot).collect::<Result<_>>()?,
        codes: codes.collect::<Result<_>>()?,
        tree: bytes("tree", &document.tree)?,
    };
    let accounts_ascend = opening.accounts.is_sorted_by(|one, next| one.0 < next.0);
    let slots_ascend = opening.slots.is_sorted_by(|one, next| (one.0, one.1) < (next.0, next.1));
    if accounts_ascend && slots_ascend {
        Ok(opening)
    } else {
        Err(invalid("accounts and slots must be in ascending order, each once"))
    }
}

fn account(fields: &AccountFields) -> Result<(Address, Option<AccountOpening>)> {
    let address = Address::from(fixed::<20>("address", &fields.address)?);
    let opened = match fields {
        AccountFields {
            nonce: Some(nonce),
            balance: Some(balance),
            code_hash: Some(code_hash),
            history_digest: Some(history_digest),
            salt: Some(salt),
            ..
        } => {
            let mut padded = [0; Salt::LEN];
            padded[..ACCOUNT_SALT_BYTES].copy_from_slice(&fixed::<ACCOUNT_SALT_BYTES>("salt", salt)?);
            Some(AccountOpening {
                nonce: *nonce,
                balance: amount("balance", balance)?,
                code_hash: B256::from(fixed::<32>("codeHash", code_hash)?),
                history_digest: Digest::from_bytes(&fixed::<27>("historyDigest", history_digest)?),
                salt: Salt::from_bytes(&padded),
            })
        }
        AccountFields {
            nonce: None,
            balance: None,
            code_hash: None,
            history_digest: None,
            salt: None,
            ..
        } => None,
        _ => return Err(invalid(format!("account {address} is opened in part"))),
    };
    Ok((address, opened))
}

fn slot(fields: &SlotFields) -> Result<(Address, U256, Option<StorageValue>)> {
    let address = Address::from(fixed::<20>("address", &fields.address)?);
    let slot = U256::from_be_bytes(fixed::<32>("slot", &fields.slot)?);
    let opened = match (&fields.value, &fields.salt) {
        (Some(value), Some(salt)) => {
            let salt = Salt::from_bytes(&fixed::<{ Salt::LEN }>("salt", salt)?);
            Some(StorageValue { value: fixed::<32>("value", value)?, salt })
        }
        (None, None) => None,
        _ => return Err(invalid(format!("slot {slot:#x} of {address} is opened in part"))),
    };
    Ok((address, slot, opened))
}

fn invalid(message: impl Into<String>) -> LedgerError {
    LedgerError::OpeningInvalid(message.into())
}

fn bytes(name: &str, text: &str) -> Result<Vec<u8>> {
    let malformed = || invalid(format!("{name} must be 0x-prefixed lower-case hexadecimal"));
    let digits = text.strip_prefix("0x").ok_or_else(malformed)?.as_bytes();
    let (pairs, rest) = digits.as_chunks::<2>();
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let decoded = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    decoded.collect::<Option<_>>().filter(|_| rest.is_empty()).ok_or_else(malformed)
}

fn fixed<const N: usize>(name: &str, text: &str) -> Result<[u8; N]> {
    let bytes = bytes(name, text)?;
    bytes.try_into().map_err(|_| invalid(format!("{name} must be {N} bytes")))
}

fn amount(name: &str, text: &str) -> Result<U256> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = U256::from_str_radix(text, 10).ok().filter(|_| canonical && digits);
    value.ok_or_else(|| invalid(format!("{name} must be a decimal amount below 2^256")))
}
