//! A database over a committed state that remembers everything it was asked for.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use prividium_state::tree::{self, StoreError};
use prividium_state::{
    account_key, link, storage_key, AccountValue, Digest, HeadValue, Root, Salt, StorageValue,
};
use revm::database_interface::DBErrorMarker;
use revm::primitives::{Address, Bytes, B256, U256};
use revm::state::{AccountInfo, Bytecode};
use revm::Database;

use super::StateSource;
use crate::changes::{AccountState, Originals};
use crate::commit::BlockHeader;

/// Why a committed state cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SourceError<E> {
    /// The tree of the state, or the store below it.
    Store(StoreError<E>),
    /// The store lacks a value, or it does not decode.
    Value(Digest),
    /// The store lacks a code, or it cannot be run.
    Code(B256),
    /// The store lacks a block's header.
    Header(u64),
    /// A history that cannot grow.
    Overflow,
}

impl<E> SourceError<E> {
    /// Stable identifier.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(StoreError::Source(_)) => "store_failed",
            Self::Store(_) | Self::Value(_) | Self::Code(_) | Self::Header(_) => "store_corrupt",
            Self::Overflow => "history_overflow",
        }
    }
}

impl<E> From<StoreError<E>> for SourceError<E> {
    fn from(error: StoreError<E>) -> Self {
        Self::Store(error)
    }
}

impl<E: core::fmt::Display> core::fmt::Display for SourceError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Store(StoreError::Source(error)) => write!(f, "the store failed: {error}"),
            Self::Store(StoreError::Missing(digest)) => write!(f, "the store lacks node {digest:?}"),
            Self::Store(StoreError::Tree(error)) => write!(f, "the stored tree is inconsistent: {error}"),
            Self::Value(digest) => write!(f, "the store lacks value {digest:?}"),
            Self::Code(hash) => write!(f, "the store lacks code {hash}"),
            Self::Header(number) => write!(f, "the store lacks the header of block {number}"),
            Self::Overflow => f.write_str("a history is too long"),
        }
    }
}

impl<E: core::error::Error> core::error::Error for SourceError<E> {}
impl<E: core::error::Error + Send + Sync + 'static> DBErrorMarker for SourceError<E> {}

/// An account as it was and its history as it is.
#[derive(Clone, Copy, Debug)]
pub struct RecordedAccount {
    /// Value and salt in the tree; `None` if absent.
    pub opened: Option<(AccountValue, Salt)>,
    /// Number of entries now.
    pub history_count: u64,
    /// Head of the history now.
    pub history_head: Digest,
}

impl RecordedAccount {
    /// The value before the batch.
    #[must_use]
    pub fn old(&self) -> AccountValue {
        self.opened.map_or(AccountValue::ABSENT, |(value, _)| value)
    }

    /// What the EVM saw of it before the batch.
    #[must_use]
    pub fn state(&self) -> AccountState {
        let old = self.old();
        AccountState {
            nonce: old.nonce,
            balance: U256::from_be_bytes(old.balance),
            code_hash: B256::from(old.code_hash),
        }
    }
}

type Failure<S> = SourceError<<S as tree::NodeSource>::Error>;

/// Reads the state under `root` and records it.
pub struct Recorder<S> {
    pub(super) source: S,
    pub(super) root: Root,
    pub(super) head: HeadValue,
    pub(super) accounts: BTreeMap<Address, RecordedAccount>,
    pub(super) slots: BTreeMap<(Address, U256), Option<StorageValue>>,
    pub(super) codes: BTreeMap<B256, Bytes>,
    /// Headers from the head's back, as deep as BLOCKHASH asked.
    pub(super) ancestors: Vec<BlockHeader>,
    batch_hashes: Vec<B256>,
}

impl<S: StateSource> Recorder<S> {
    /// Over the state under `root`, whose head is `head`.
    pub const fn new(source: S, root: Root, head: HeadValue) -> Self {
        Self {
            source,
            root,
            head,
            accounts: BTreeMap::new(),
            slots: BTreeMap::new(),
            codes: BTreeMap::new(),
            ancestors: Vec::new(),
            batch_hashes: Vec::new(),
        }
    }

    /// The state that is read.
    pub const fn source(&self) -> &S {
        &self.source
    }

    /// Accounts read so far, ascending.
    pub fn accounts(&self) -> impl Iterator<Item = (Address, RecordedAccount)> + '_ {
        self.accounts.iter().map(|(address, account)| (*address, *account))
    }

    /// Slots read so far, ascending; `None` for an absent one.
    pub fn slots(&self) -> impl Iterator<Item = (Address, U256, Option<StorageValue>)> + '_ {
        self.slots.iter().map(|((address, slot), value)| (*address, *slot, *value))
    }

    /// Codes read so far, ascending by hash.
    pub fn codes(&self) -> impl Iterator<Item = &Bytes> {
        self.codes.values()
    }

    pub(super) fn value<T>(
        &self,
        key: &Digest,
        decode: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, Failure<S>> {
        read_value(&self.source, &self.root, key, decode)
    }

    pub(super) fn load_account(&mut self, address: Address) -> Result<RecordedAccount, Failure<S>> {
        if let Some(known) = self.accounts.get(&address) {
            return Ok(*known);
        }
        let opened = self.value(&account_key(&address.0 .0), |bytes| AccountValue::decode(bytes).ok())?;
        let old = opened.map_or(AccountValue::ABSENT, |(value, _)| value);
        let account =
            RecordedAccount { opened, history_count: old.history_count, history_head: old.history_head };
        self.accounts.insert(address, account);
        Ok(account)
    }

    pub(super) fn load_slot(
        &mut self,
        address: Address,
        slot: U256,
    ) -> Result<Option<StorageValue>, Failure<S>> {
        if let Some(known) = self.slots.get(&(address, slot)) {
            return Ok(*known);
        }
        let key = storage_key(&address.0 .0, &slot.to_be_bytes());
        let value = self.value(&key, |bytes| StorageValue::decode(bytes).ok())?;
        self.slots.insert((address, slot), value);
        Ok(value)
    }

    /// Enters a transaction into an account's history.
    pub(super) fn link(&mut self, address: Address, entry: &Digest) -> Result<(), Failure<S>> {
        let mut account = self.load_account(address)?;
        account.history_count = account.history_count.checked_add(1).ok_or(SourceError::Overflow)?;
        account.history_head = link(&account.history_head, entry);
        self.accounts.insert(address, account);
        Ok(())
    }

    /// Adds a block of the batch for BLOCKHASH.
    pub(super) fn push_block(&mut self, hash: B256) {
        self.batch_hashes.push(hash);
    }
}

/// The value under `key` in the tree with `root`.
pub(super) fn read_value<S: StateSource, T>(
    source: &S,
    root: &Root,
    key: &Digest,
    decode: impl Fn(&[u8]) -> Option<T>,
) -> Result<Option<T>, Failure<S>> {
    let Some(digest) = tree::get(source, root, key)? else {
        return Ok(None);
    };
    let stored = source.value(&digest).map_err(StoreError::Source)?;
    stored.as_deref().and_then(decode).map(Some).ok_or(SourceError::Value(digest))
}

impl<S: StateSource> Originals for Recorder<S> {
    fn account(&self, address: &Address) -> AccountState {
        self.accounts.get(address).map_or_else(AccountState::default, RecordedAccount::state)
    }

    fn slot(&self, address: &Address, slot: &U256) -> U256 {
        let value = self.slots.get(&(*address, *slot)).copied().flatten();
        value.map_or(U256::ZERO, |value| U256::from_be_bytes(value.value))
    }
}

impl<S: StateSource> Database for Recorder<S> {
    type Error = Failure<S>;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Self::Error> {
        self.load_account(address).map(|account| account.state().info())
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Self::Error> {
        if !self.codes.contains_key(&hash) {
            let code = self.source.code(&hash).map_err(StoreError::Source)?.ok_or(SourceError::Code(hash))?;
            self.codes.insert(hash, Bytes::from(code));
        }
        Bytecode::new_raw_checked(self.codes[&hash].clone()).map_err(|_| SourceError::Code(hash))
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Self::Error> {
        self.load_slot(address, slot)
            .map(|value| value.map_or(U256::ZERO, |value| U256::from_be_bytes(value.value)))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Self::Error> {
        if let Some(ahead) = number.checked_sub(self.head.block_number.saturating_add(1)) {
            let hash = usize::try_from(ahead).ok().and_then(|at| self.batch_hashes.get(at));
            return hash.copied().ok_or(SourceError::Header(number));
        }
        // each ancestor's hash stands in the header of the block after it
        for needed in (number + 1..=self.head.block_number).rev().skip(self.ancestors.len()) {
            let header = self.source.header(needed).map_err(StoreError::Source)?;
            self.ancestors.push(header.ok_or(SourceError::Header(needed))?);
        }
        match (self.head.block_number - number) as usize {
            0 => Ok(B256::from(self.head.block_hash)),
            depth => Ok(self.ancestors[depth - 1].parent_hash),
        }
    }
}
