//! Checking the opening of a call against a state root, and running the call over it alone.

use std::collections::BTreeMap;

use prividium_state::{
    account_digest, account_key, storage_key, Digest, PartialTree, Salt, StorageValue, WordReader,
};
use prividium_stf::changes::AccountState;
use revm::database_interface::Database;
use revm::primitives::{keccak256, Address, Bytes, B256, U256};
use revm::state::{AccountInfo, Bytecode};
use serde::Deserialize;

use super::call::ACCOUNT_SALT_BYTES;
use super::question::{ask, ASKER};
use crate::error::{LedgerError, Result};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Document {
    kind: String,
    to: String,
    data: String,
    accounts: Vec<OpenedAccount>,
    slots: Vec<OpenedSlot>,
    codes: Vec<String>,
    tree: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct OpenedAccount {
    address: String,
    nonce: Option<u64>,
    balance: Option<String>,
    code_hash: Option<String>,
    history_digest: Option<String>,
    salt: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenedSlot {
    address: String,
    slot: String,
    value: Option<String>,
    salt: Option<String>,
}

/// Checks the opening of `Ledger::open_call` against a state root and runs the call over it alone.
///
/// # Errors
/// `opening_invalid` if it is malformed, does not lead to the root, or lacks what the call reads; `Reverted`.
pub fn replay_call(opening: &str, state_root: &B256) -> Result<Bytes> {
    let document: Document =
        serde_json::from_str(opening).map_err(|error| invalid(format!("not an opening: {error}")))?;
    if document.kind != "call" {
        return Err(invalid(format!("its kind is {:?}, not \"call\"", document.kind)));
    }
    let words = words_of(&bytes("tree", &document.tree)?)?;
    let mut reader = WordReader::new(&words);
    let mut tree = PartialTree::read(&mut reader).map_err(|error| invalid(format!("tree: {error}")))?;
    if !reader.is_empty() || tree.root() != Some(state_root.0) {
        return Err(invalid("it does not lead to the state root"));
    }
    let mut state = OpenedState::default();
    for account in &document.accounts {
        state.add_account(&mut tree, account)?;
    }
    for slot in &document.slots {
        state.add_slot(&mut tree, slot)?;
    }
    for code in &document.codes {
        let code = Bytes::from(bytes("codes", code)?);
        state.codes.insert(keccak256(&code), code);
    }
    tree.finish().map_err(|error| invalid(format!("tree: {error}")))?;
    ask(&mut state, Address::from(fixed::<20>("to", &document.to)?), bytes("data", &document.data)?.into())
}

/// What an opening shows, each checked against the root.
#[derive(Default)]
struct OpenedState {
    accounts: BTreeMap<Address, AccountState>,
    slots: BTreeMap<(Address, U256), U256>,
    codes: BTreeMap<B256, Bytes>,
}

impl OpenedState {
    fn add_account(&mut self, tree: &mut PartialTree<'_>, opened: &OpenedAccount) -> Result<()> {
        let address = Address::from(fixed::<20>("address", &opened.address)?);
        let (state, digest) = match opened {
            OpenedAccount {
                nonce: Some(nonce),
                balance: Some(balance),
                code_hash: Some(code_hash),
                history_digest: Some(history_digest),
                salt: Some(salt),
                ..
            } => {
                let balance = amount("balance", balance)?;
                let code_hash = fixed::<32>("codeHash", code_hash)?;
                let history = Digest::from_bytes(&fixed::<27>("historyDigest", history_digest)?);
                let mut salt_bytes = [0; Salt::LEN];
                salt_bytes[..ACCOUNT_SALT_BYTES].copy_from_slice(&fixed::<ACCOUNT_SALT_BYTES>("salt", salt)?);
                let salt = Salt::from_bytes(&salt_bytes);
                let digest = account_digest(*nonce, &balance.to_be_bytes(), &code_hash, &history, &salt);
                let state = AccountState { nonce: *nonce, balance, code_hash: B256::from(code_hash) };
                (state, Some(digest))
            }
            OpenedAccount {
                nonce: None,
                balance: None,
                code_hash: None,
                history_digest: None,
                salt: None,
                ..
            } => (AccountState::default(), None),
            _ => return Err(invalid(format!("account {address} is opened in part"))),
        };
        check(tree, &account_key(&address.0 .0), digest, || format!("account {address}"))?;
        once(self.accounts.insert(address, state), || format!("account {address}"))
    }

    fn add_slot(&mut self, tree: &mut PartialTree<'_>, opened: &OpenedSlot) -> Result<()> {
        let address = Address::from(fixed::<20>("address", &opened.address)?);
        let slot = fixed::<32>("slot", &opened.slot)?;
        let name = || format!("slot {:#x} of {address}", U256::from_be_bytes(slot));
        let (value, digest) = match (&opened.value, &opened.salt) {
            (Some(value), Some(salt)) => {
                let value = fixed::<32>("value", value)?;
                let salt = Salt::from_bytes(&fixed::<{ Salt::LEN }>("salt", salt)?);
                (U256::from_be_bytes(value), Some(StorageValue { value, salt }.digest()))
            }
            (None, None) => (U256::ZERO, None),
            _ => return Err(invalid(format!("{} is opened in part", name()))),
        };
        check(tree, &storage_key(&address.0 .0, &slot), digest, name)?;
        once(self.slots.insert((address, U256::from_be_bytes(slot)), value), name)
    }
}

impl Database for OpenedState {
    type Error = LedgerError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>> {
        if address == ASKER {
            return Ok(None);
        }
        let account = self.accounts.get(&address);
        account.map(AccountState::info).ok_or_else(|| invalid(format!("account {address} is not opened")))
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode> {
        let code = self.codes.get(&code_hash).cloned();
        let code = code.ok_or_else(|| invalid(format!("the code with hash {code_hash} is missing")))?;
        Bytecode::new_raw_checked(code).map_err(|error| invalid(error.to_string()))
    }

    fn storage(&mut self, address: Address, index: U256) -> Result<U256> {
        let value = self.slots.get(&(address, index)).copied();
        value.ok_or_else(|| invalid(format!("slot {index:#x} of {address} is not opened")))
    }

    fn block_hash(&mut self, _number: u64) -> Result<B256> {
        Ok(B256::ZERO)
    }
}

fn invalid(message: impl Into<String>) -> LedgerError {
    LedgerError::OpeningInvalid(message.into())
}

fn check(
    tree: &mut PartialTree<'_>,
    key: &Digest,
    value: Option<Digest>,
    name: impl FnOnce() -> String,
) -> Result<()> {
    match tree.find(key) {
        Ok(found) if found.value == value => Ok(()),
        Ok(_) => Err(invalid(format!("{} is not in the state as opened", name()))),
        Err(error) => Err(invalid(format!("{}: {error}", name()))),
    }
}

fn once<T>(before: Option<T>, name: impl FnOnce() -> String) -> Result<()> {
    before.map_or(Ok(()), |_| Err(invalid(format!("{} is opened twice", name()))))
}

fn words_of(bytes: &[u8]) -> Result<Vec<u32>> {
    let (words, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(invalid("tree is not a whole number of words"));
    }
    Ok(words.iter().map(|word| u32::from_le_bytes(*word)).collect())
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
