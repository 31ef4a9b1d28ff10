//! Read-only calls that anyone can repeat over openings of the state (docs/protocol/disclosure.md).
//!
//! [`open_call`] runs a call at the end of a batch and opens all it read; [`replay_call`] checks the openings against
//! the state root and runs the call over them alone.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use prividium_state::tree::{self, Access, Found};
use prividium_state::{
    account_digest, account_key, storage_key, Digest, HeadValue, PartialTree, Root, Salt, StorageValue,
    TreeError, WordReader,
};
use revm::primitives::{keccak256, Address, Bytes, B256, U256};
use revm::state::{AccountInfo, Bytecode};
use revm::Database;

use crate::build::{Recorder, SourceError, StateSource};
use crate::changes::AccountState;
use crate::error::OpeningError;
use crate::executor::{ExecuteError, Executor};

/// An account's value with its history closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccountOpening {
    /// Nonce.
    pub nonce: u64,
    /// Balance in wei.
    pub balance: U256,
    /// Keccak-256 of the code.
    pub code_hash: B256,
    /// Digest of history count and head.
    pub history_digest: Digest,
    /// Salt.
    pub salt: Salt,
}

/// A call and all that it reads. `None` stands for a proven absence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallOpening {
    /// Callee.
    pub to: Address,
    /// Call data.
    pub data: Bytes,
    /// Accounts, ascending.
    pub accounts: Vec<(Address, Option<AccountOpening>)>,
    /// Slots, ascending.
    pub slots: Vec<(Address, U256, Option<StorageValue>)>,
    /// Codes.
    pub codes: Vec<Bytes>,
    /// Encoded partial tree that opens exactly these accounts and slots.
    pub tree: Vec<u8>,
}

/// Why a call cannot be opened.
#[derive(Clone, Debug)]
pub enum OpenError<E> {
    /// The committed state.
    Source(SourceError<E>),
    /// Proving the absence of something would show another key.
    AbsenceUndisclosable,
    /// The call reverts; here is its revert data.
    Reverted(Bytes),
    /// The call cannot be run.
    Internal,
}

impl<E> OpenError<E> {
    /// Stable identifier.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Source(error) => error.code(),
            Self::AbsenceUndisclosable => "absence_undisclosable",
            Self::Reverted(_) => "call_reverted",
            Self::Internal => "execution_failed",
        }
    }
}

impl<E> From<SourceError<E>> for OpenError<E> {
    fn from(error: SourceError<E>) -> Self {
        Self::Source(error)
    }
}

/// Runs a call in the state under `root` and opens what it reads. Also returns what it answers.
///
/// # Errors
/// See [`OpenError`].
pub fn open_call<S: StateSource>(
    source: S,
    root: &Root,
    chain_id: u64,
    to: Address,
    data: Bytes,
) -> Result<(CallOpening, Bytes), OpenError<S::Error>> {
    let mut executor = Executor::new(Recorder::new(source, *root, NO_HEAD), &(), chain_id);
    let outcome = executor.view(to, data.clone()).map_err(|error| match error {
        ExecuteError::Database(error) => OpenError::Source(error),
        _ => OpenError::Internal,
    })?;
    if !outcome.status {
        return Err(OpenError::Reverted(outcome.output));
    }
    let (_, recorder) = executor.finish();
    let keys: Vec<Digest> = recorder
        .accounts()
        .map(|(address, _)| account_key(&address.0 .0))
        .chain(recorder.slots().map(|(address, slot, _)| storage_key(&address.0 .0, &slot.to_be_bytes())))
        .collect();
    for key in &keys {
        if tree::find(recorder.source(), root, key).map_err(SourceError::Store)? == Found::Neighbour {
            return Err(OpenError::AbsenceUndisclosable);
        }
    }
    let accesses: Vec<Access> = keys.iter().map(|key| Access { key: *key, write: None }).collect();
    let opened = tree::open(recorder.source(), root, &accesses).map_err(SourceError::Store)?;
    let account = |(address, recorded): (Address, crate::build::RecordedAccount)| {
        let opening = recorded.opened.map(|(value, salt)| AccountOpening {
            nonce: value.nonce,
            balance: U256::from_be_bytes(value.balance),
            code_hash: B256::from(value.code_hash),
            history_digest: value.history_digest(),
            salt,
        });
        (address, opening)
    };
    let opening = CallOpening {
        to,
        data,
        accounts: recorder.accounts().map(account).collect(),
        slots: recorder.slots().collect(),
        codes: recorder.codes().cloned().collect(),
        tree: opened.words.iter().flat_map(|word| word.to_le_bytes()).collect(),
    };
    Ok((opening, outcome.output))
}

/// Block hashes are out of a view's reach: block 0 has no block before it.
const NO_HEAD: HeadValue = HeadValue {
    batch_number: 0,
    block_number: 0,
    timestamp: 0,
    block_hash: [0; 32],
    blocks_digest: Digest::EMPTY,
};

/// Why an opened call proves nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReplayError {
    /// The tree is not a partial tree in its only form, or opens something else than the accounts and slots.
    Tree(TreeError),
    /// The tree has another root.
    Root,
    /// An account is not in the tree as opened.
    Account(Address),
    /// A slot is not in the tree as opened.
    Slot(Address, U256),
    /// The call reads something that is not opened.
    Read(OpeningError),
    /// The call reverts.
    Reverted,
}

impl ReplayError {
    /// Stable identifier.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Tree(error) => error.code(),
            Self::Root => "opening_root",
            Self::Account(_) => "opening_account",
            Self::Slot(..) => "opening_slot",
            Self::Read(error) => error.code(),
            Self::Reverted => "call_reverted",
        }
    }
}

impl From<TreeError> for ReplayError {
    fn from(error: TreeError) -> Self {
        Self::Tree(error)
    }
}

impl core::fmt::Display for ReplayError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.code())
    }
}

impl core::error::Error for ReplayError {}

/// Checks the openings against `state_root` and returns what the call answers over them.
///
/// # Errors
/// See [`ReplayError`].
pub fn replay_call(opening: &CallOpening, state_root: &Root, chain_id: u64) -> Result<Bytes, ReplayError> {
    check_tree(opening, state_root)?;
    let database = Openings {
        accounts: opening.accounts.iter().copied().collect(),
        slots: opening.slots.iter().map(|(address, slot, value)| ((*address, *slot), *value)).collect(),
        codes: opening.codes.iter().map(|code| (keccak256(code), code.clone())).collect(),
    };
    let outcome = Executor::new(database, &(), chain_id).view(opening.to, opening.data.clone());
    match outcome {
        Ok(outcome) if outcome.status => Ok(outcome.output),
        Err(ExecuteError::Database(error)) => Err(ReplayError::Read(error)),
        _ => Err(ReplayError::Reverted),
    }
}

fn check_tree(opening: &CallOpening, state_root: &Root) -> Result<(), ReplayError> {
    if opening.tree.len() % 4 != 0 {
        return Err(TreeError::Malformed.into());
    }
    let word = |chunk: &[u8]| u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
    let words: Vec<u32> = opening.tree.chunks_exact(4).map(word).collect();
    let mut reader = WordReader::new(&words);
    let mut tree = PartialTree::read(&mut reader)?;
    if !reader.is_empty() {
        return Err(TreeError::Malformed.into());
    }
    if tree.root() != Some(*state_root) {
        return Err(ReplayError::Root);
    }
    for (address, account) in &opening.accounts {
        let digest = account.map(|account| {
            let balance = account.balance.to_be_bytes();
            account_digest(
                account.nonce,
                &balance,
                &account.code_hash.0,
                &account.history_digest,
                &account.salt,
            )
        });
        if tree.find(&account_key(&address.0 .0))?.value != digest {
            return Err(ReplayError::Account(*address));
        }
    }
    for (address, slot, value) in &opening.slots {
        let found = tree.find(&storage_key(&address.0 .0, &slot.to_be_bytes()))?;
        if found.value != value.map(|value| value.digest()) {
            return Err(ReplayError::Slot(*address, *slot));
        }
    }
    Ok(tree.finish()?)
}

/// A database of nothing but openings.
struct Openings {
    accounts: BTreeMap<Address, Option<AccountOpening>>,
    slots: BTreeMap<(Address, U256), Option<StorageValue>>,
    codes: BTreeMap<B256, Bytes>,
}

impl Database for Openings {
    type Error = OpeningError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, OpeningError> {
        let account = self.accounts.get(&address).ok_or(OpeningError::Account(address))?;
        Ok(account.and_then(|account| {
            let AccountOpening { nonce, balance, code_hash, .. } = account;
            AccountState { nonce, balance, code_hash }.info()
        }))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, OpeningError> {
        let code = self.codes.get(&hash).ok_or(OpeningError::Code(hash))?;
        Bytecode::new_raw_checked(code.clone()).map_err(|_| OpeningError::CodeInvalid(hash))
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, OpeningError> {
        let value = self.slots.get(&(address, slot)).ok_or(OpeningError::Slot(address, slot))?;
        Ok(value.map_or(U256::ZERO, |value| U256::from_be_bytes(value.value)))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, OpeningError> {
        Err(OpeningError::Ancestor(number))
    }
}
