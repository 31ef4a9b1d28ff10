//! The state at the head, as execution reads it: a snapshot of the flat tables, and a cache over it for the writer.

use std::collections::HashMap;

use prividium_stf::changes::{AccountState, Originals, StateChanges};
use redb::{ReadOnlyTable, ReadTransaction};
use revm::database_interface::{DBErrorMarker, Database};
use revm::primitives::{Address, B256, KECCAK_EMPTY, U256};
use revm::state::{AccountInfo, Bytecode};
use revm::DatabaseRef;

use crate::error::{LedgerError, Result};
use crate::records::{self, decode_account, slot_key, Block};
use crate::store::tables::{ACCOUNTS, BLOCKS, CODE, SLOTS};

impl DBErrorMarker for LedgerError {}

/// How many accounts and slots the writer keeps in memory before it starts afresh.
const CACHE_ENTRIES_MAX: usize = 1 << 20;

/// The head state of one snapshot of the store.
pub(crate) struct Snapshot {
    accounts: ReadOnlyTable<&'static [u8; 20], &'static [u8; 72]>,
    slots: ReadOnlyTable<&'static [u8; 52], &'static [u8; 32]>,
    code: ReadOnlyTable<&'static [u8; 32], &'static [u8]>,
    blocks: ReadOnlyTable<u64, &'static [u8]>,
}

impl Snapshot {
    pub(crate) fn new(transaction: &ReadTransaction) -> Result<Self> {
        Ok(Self {
            accounts: transaction.open_table(ACCOUNTS)?,
            slots: transaction.open_table(SLOTS)?,
            code: transaction.open_table(CODE)?,
            blocks: transaction.open_table(BLOCKS)?,
        })
    }

    /// The account; the default if there is none.
    pub(crate) fn account(&self, address: &Address) -> Result<AccountState> {
        let stored = self.accounts.get_owned(&address.0 .0)?;
        Ok(stored.map(|bytes| decode_account(bytes.value())).unwrap_or_default())
    }

    pub(crate) fn slot(&self, address: &Address, slot: &U256) -> Result<U256> {
        let stored = self.slots.get_owned(&slot_key(address, slot))?;
        Ok(stored.map(|bytes| U256::from_be_bytes(*bytes.value())).unwrap_or_default())
    }

    /// Whether the account has code, a delegation included.
    pub(crate) fn has_code(&self, address: &Address) -> Result<bool> {
        Ok(!is_empty(&self.account(address)?.code_hash))
    }

    pub(crate) fn code(&self, hash: &B256) -> Result<Vec<u8>> {
        if is_empty(hash) {
            return Ok(Vec::new());
        }
        let stored = self.code.get_owned(&hash.0)?;
        let stored = stored.ok_or_else(|| LedgerError::StoreCorrupt(format!("no code with hash {hash}")))?;
        Ok(stored.value().to_vec())
    }

    fn bytecode(&self, hash: &B256) -> Result<Bytecode> {
        let code = self.code(hash)?;
        Bytecode::new_raw_checked(code.into()).map_err(|error| LedgerError::StoreCorrupt(error.to_string()))
    }
}

/// Whether it is the hash of an account without code.
fn is_empty(code_hash: &B256) -> bool {
    *code_hash == KECCAK_EMPTY || code_hash.is_zero()
}

impl Database for Snapshot {
    type Error = LedgerError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>> {
        self.basic_ref(address)
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode> {
        self.code_by_hash_ref(code_hash)
    }

    fn storage(&mut self, address: Address, index: U256) -> Result<U256> {
        self.storage_ref(address, index)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256> {
        self.block_hash_ref(number)
    }
}

impl DatabaseRef for Snapshot {
    type Error = LedgerError;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>> {
        Ok(self.account(&address)?.info())
    }

    fn code_by_hash_ref(&self, code_hash: B256) -> Result<Bytecode> {
        self.bytecode(&code_hash)
    }

    fn storage_ref(&self, address: Address, index: U256) -> Result<U256> {
        self.slot(&address, &index)
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256> {
        let stored = self.blocks.get_owned(number)?;
        stored.map_or(Ok(B256::ZERO), |bytes| Ok(records::decode::<Block>(bytes.value())?.hash))
    }
}

/// The writer's view of the head: what was read once stays in memory, and a committed block is applied to it.
pub(crate) struct HeadState {
    snapshot: Snapshot,
    accounts: HashMap<Address, AccountState>,
    slots: HashMap<(Address, U256), U256>,
    codes: HashMap<B256, Bytecode>,
}

impl HeadState {
    pub(crate) fn new(transaction: &ReadTransaction) -> Result<Self> {
        Ok(Self {
            snapshot: Snapshot::new(transaction)?,
            accounts: HashMap::new(),
            slots: HashMap::new(),
            codes: HashMap::new(),
        })
    }

    /// The account; the default if there is none.
    pub(crate) fn account(&mut self, address: &Address) -> Result<AccountState> {
        if let Some(known) = self.accounts.get(address) {
            return Ok(*known);
        }
        let account = self.snapshot.account(address)?;
        self.accounts.insert(*address, account);
        Ok(account)
    }

    /// Moves on to `transaction`, a snapshot that holds `changes` and nothing else new.
    pub(crate) fn advance(&mut self, transaction: &ReadTransaction, changes: &StateChanges) -> Result<()> {
        self.snapshot = Snapshot::new(transaction)?;
        if self.accounts.len() + self.slots.len() > CACHE_ENTRIES_MAX {
            self.accounts.clear();
            self.slots.clear();
            self.codes.clear();
        }
        self.accounts.extend(changes.accounts.iter().map(|change| (change.address, change.state)));
        self.slots.extend(changes.slots.iter().map(|change| ((change.address, change.slot), change.value)));
        Ok(())
    }
}

impl Database for HeadState {
    type Error = LedgerError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>> {
        Ok(self.account(&address)?.info())
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode> {
        if let Some(known) = self.codes.get(&code_hash) {
            return Ok(known.clone());
        }
        let code = self.snapshot.bytecode(&code_hash)?;
        self.codes.insert(code_hash, code.clone());
        Ok(code)
    }

    fn storage(&mut self, address: Address, index: U256) -> Result<U256> {
        if let Some(known) = self.slots.get(&(address, index)) {
            return Ok(*known);
        }
        let value = self.snapshot.slot(&address, &index)?;
        self.slots.insert((address, index), value);
        Ok(value)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256> {
        self.snapshot.block_hash(number)
    }
}

/// What execution has read is in memory, and it changes nothing that it has not read.
impl Originals for HeadState {
    fn account(&self, address: &Address) -> AccountState {
        self.accounts.get(address).copied().unwrap_or_default()
    }

    fn slot(&self, address: &Address, slot: &U256) -> U256 {
        self.slots.get(&(*address, *slot)).copied().unwrap_or_default()
    }
}
