//! Opening the part of a batch's state that a read-only call reads.

use std::collections::BTreeMap;

use prividium_state::tree::{self, Access, Node, NodeSource};
use prividium_state::{account_key, storage_key, AccountValue, Digest, Root, Salt, StorageValue, WordWriter};
use prividium_stf::build::StateSource;
use prividium_stf::changes::AccountState;
use redb::ReadTransaction;
use revm::database_interface::Database;
use revm::primitives::{Address, Bytes, B256, U256};
use revm::state::{AccountInfo, Bytecode};
use serde_json::{json, Value};

use super::question::{ask, ASKER};
use super::{hex, hex_text};
use crate::error::{LedgerError, Result};
use crate::store::chain;
use crate::tree::TreeSnapshot;

/// Bytes of an account's salt that its digest takes.
pub(super) const ACCOUNT_SALT_BYTES: usize = 19;

/// The opening of the call `data` to `to` at the end of a batch.
pub(crate) fn open(snapshot: &ReadTransaction, batch: u64, to: Address, data: Bytes) -> Result<String> {
    let record = chain::batch(snapshot, batch)?;
    let record = record.ok_or_else(|| LedgerError::NotFound(format!("batch {batch}")))?;
    let mut state = StateAtBatch::new(TreeSnapshot::new(snapshot)?, record.output.new_state.0);
    ask(&mut state, to, data.clone())?;
    let opening = json!({
        "kind": "call",
        "to": hex(to),
        "data": hex(&data),
        "accounts": state.accounts.iter().map(account).collect::<Vec<_>>(),
        "slots": state.slots.iter().map(slot).collect::<Vec<_>>(),
        "codes": state.codes.values().map(hex).collect::<Vec<_>>(),
        "tree": hex(state.partial_tree()?),
    });
    Ok(opening.to_string())
}

/// The state of a batch; remembers what was read.
struct StateAtBatch {
    tree: TreeSnapshot,
    root: Root,
    accounts: BTreeMap<Address, Option<(AccountValue, Salt)>>,
    slots: BTreeMap<(Address, U256), Option<StorageValue>>,
    codes: BTreeMap<B256, Bytes>,
}

impl StateAtBatch {
    fn new(tree: TreeSnapshot, root: Root) -> Self {
        Self { tree, root, accounts: BTreeMap::new(), slots: BTreeMap::new(), codes: BTreeMap::new() }
    }

    /// The value of a key; refuses to go on where its absence would show another key.
    fn value(&self, key: &Digest, name: impl FnOnce() -> String) -> Result<Option<Vec<u8>>> {
        let value = self.tree.leaf(&self.root, key)?;
        if value.is_none() && self.ends_at_a_leaf(key)? {
            return Err(LedgerError::AbsenceUndisclosable(name()));
        }
        Ok(value)
    }

    fn ends_at_a_leaf(&self, key: &Digest) -> Result<bool> {
        let mut at = Digest::from_root(&self.root);
        let mut depth = 0;
        while !at.is_empty() {
            match self.tree.node(&at)? {
                Some(Node::Branch { left, right }) => at = if key.bit(depth) { right } else { left },
                Some(Node::Leaf { .. }) => return Ok(true),
                None => return Err(LedgerError::StoreCorrupt(format!("no tree node {at:?}"))),
            }
            depth += 1;
        }
        Ok(false)
    }

    fn partial_tree(&self) -> Result<Vec<u8>> {
        let accounts = self.accounts.keys().map(|address| account_key(&address.0 .0));
        let slots = self.slots.keys().map(|(address, slot)| storage_key(&address.0 .0, &slot.to_be_bytes()));
        let accesses: Vec<Access> = accounts.chain(slots).map(|key| Access { key, write: None }).collect();
        let opened = tree::open(&self.tree, &self.root, &accesses)?;
        let mut writer = WordWriter::new();
        writer.words(&opened.words);
        Ok(writer.into_bytes())
    }
}

fn undecodable<E>(name: &str) -> impl FnOnce(E) -> LedgerError + '_ {
    move |_| LedgerError::StoreCorrupt(format!("the value of {name}"))
}

impl Database for StateAtBatch {
    type Error = LedgerError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>> {
        if address == ASKER {
            return Ok(None);
        }
        let name = || format!("account {address}");
        let stored = self.value(&account_key(&address.0 .0), name)?;
        let opened =
            stored.map(|bytes| AccountValue::decode(&bytes)).transpose().map_err(undecodable(&name()))?;
        self.accounts.insert(address, opened);
        Ok(opened.and_then(|(value, _)| state_of(&value).info()))
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode> {
        let code = self.tree.code(&code_hash)?;
        let code = code.ok_or_else(|| LedgerError::StoreCorrupt(format!("no code with hash {code_hash}")))?;
        let code = Bytes::from(code);
        self.codes.insert(code_hash, code.clone());
        Bytecode::new_raw_checked(code).map_err(|error| LedgerError::StoreCorrupt(error.to_string()))
    }

    fn storage(&mut self, address: Address, index: U256) -> Result<U256> {
        let name = || format!("slot {index:#x} of {address}");
        let stored = self.value(&storage_key(&address.0 .0, &index.to_be_bytes()), name)?;
        let opened =
            stored.map(|bytes| StorageValue::decode(&bytes)).transpose().map_err(undecodable(&name()))?;
        self.slots.insert((address, index), opened);
        Ok(opened.map(|value| U256::from_be_bytes(value.value)).unwrap_or_default())
    }

    fn block_hash(&mut self, _number: u64) -> Result<B256> {
        Ok(B256::ZERO)
    }
}

fn state_of(value: &AccountValue) -> AccountState {
    AccountState {
        nonce: value.nonce,
        balance: U256::from_be_bytes(value.balance),
        code_hash: B256::from(value.code_hash),
    }
}

fn account((address, opened): (&Address, &Option<(AccountValue, Salt)>)) -> Value {
    let fields = opened.as_ref().map(|(value, salt)| {
        (
            value.nonce,
            U256::from_be_bytes(value.balance).to_string(),
            hex_text(value.code_hash),
            hex_text(value.history_digest().to_bytes()),
            hex_text(&salt.to_bytes()[..ACCOUNT_SALT_BYTES]),
        )
    });
    json!({
        "address": hex(address),
        "nonce": fields.as_ref().map(|fields| fields.0),
        "balance": fields.as_ref().map(|fields| &fields.1),
        "codeHash": fields.as_ref().map(|fields| &fields.2),
        "historyDigest": fields.as_ref().map(|fields| &fields.3),
        "salt": fields.as_ref().map(|fields| &fields.4),
    })
}

fn slot(((address, slot), opened): (&(Address, U256), &Option<StorageValue>)) -> Value {
    json!({
        "address": hex(address),
        "slot": hex(slot.to_be_bytes::<32>()),
        "value": opened.as_ref().map(|opened| hex(opened.value)),
        "salt": opened.as_ref().map(|opened| hex(opened.salt.to_bytes())),
    })
}
