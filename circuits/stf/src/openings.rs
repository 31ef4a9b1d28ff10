//! The opened part of the state: the EVM's database inside the proof, and the writes that lead to the new root.

use alloc::vec::Vec;
use core::cell::Cell;

use prividium_state::{
    account_key, head_key, link, storage_key, storage_value, AccountValue, Change, Digest, HeadValue,
    PartialTree, Position, Root, Salt, WordReader,
};
use revm::primitives::{keccak256, Address, Bytes, B256, U256};
use revm::state::{AccountInfo, Bytecode};
use revm::Database;

use crate::ancestors::Ancestors;
use crate::changes::{by_value, AccountState, Originals, SlotChange, StateChanges};
use crate::error::{OpeningError, StfError, Table};

struct Account {
    address: Address,
    /// The address in words that have the order of its bytes.
    order: [u32; 5],
    old: AccountValue,
    state: AccountState,
    key: Digest,
    position: Position,
    present: bool,
    used: bool,
    history_count: u64,
    history_head: Digest,
    /// Slots of this account, as a range of the table of slots.
    slots: (u32, u32),
}

struct Slot {
    slot: U256,
    value: U256,
    key: Digest,
    position: Position,
    used: bool,
}

struct Code {
    hash: B256,
    bytes: Bytes,
    used: bool,
}

/// Accounts, slots and codes that the witness opens, each proven in the tree under the old root.
pub(crate) struct OpenedState<'a> {
    accounts: Vec<Account>,
    /// Index of the account that was asked for last: most questions about slots come in runs.
    last_account: Cell<usize>,
    slots: Vec<Slot>,
    codes: Vec<Code>,
    head_position: Position,
    tree: PartialTree<'a>,
    pub(crate) ancestors: Ancestors,
}

impl<'a> OpenedState<'a> {
    /// Reads the tables and the tree, and checks each opening against the tree.
    pub(crate) fn read(
        reader: &mut WordReader<'a>,
        head: &HeadValue,
        head_salt: &Salt,
        ancestors: Ancestors,
    ) -> Result<Self, StfError> {
        // the tree comes first: an opening is checked as it is read
        let mut tree = PartialTree::read(reader)?;
        let head_found = tree.find(&head_key())?;
        if head_found.value != Some(head.digest(head_salt)) {
            return Err(StfError::Head);
        }
        let mut state = Self {
            accounts: Vec::new(),
            last_account: Cell::new(0),
            slots: Vec::new(),
            codes: Vec::new(),
            head_position: head_found.position,
            tree,
            ancestors,
        };
        state.read_accounts(reader)?;
        state.read_slots(reader)?;
        state.read_codes(reader)?;
        Ok(state)
    }

    /// The root before.
    pub(crate) fn root(&self) -> Result<Root, StfError> {
        self.tree.root().ok_or(StfError::Head)
    }

    fn read_accounts(&mut self, reader: &mut WordReader<'a>) -> Result<(), StfError> {
        let count = reader.count(6)?;
        self.accounts.reserve_exact(count);
        for _ in 0..count {
            let address = Address::from(*reader.byte_array::<20>()?);
            if self.accounts.last().is_some_and(|last| last.address >= address) {
                return Err(StfError::Order(Table::Accounts));
            }
            let opened = read_account(reader)?;
            let key = account_key(&address.0 .0);
            let found = self.tree.find(&key)?;
            let value = opened.as_ref().map(|(value, salt)| value.digest(salt));
            if found.value != value {
                return Err(StfError::Account(address));
            }
            let old = opened.map_or(AccountValue::ABSENT, |(value, _)| value);
            let state = AccountState {
                nonce: old.nonce,
                balance: U256::from_be_bytes(old.balance),
                code_hash: B256::from(old.code_hash),
            };
            self.accounts.push(Account {
                address,
                order: ordered(&address),
                old,
                state,
                key,
                position: found.position,
                present: value.is_some(),
                used: false,
                history_count: old.history_count,
                history_head: old.history_head,
                slots: (0, 0),
            });
        }
        Ok(())
    }

    fn read_slots(&mut self, reader: &mut WordReader<'a>) -> Result<(), StfError> {
        let count = reader.count(10)?;
        self.slots.reserve_exact(count);
        let mut last = None;
        for _ in 0..count {
            let index = reader.u32()?;
            let bytes = reader.byte_array::<32>()?;
            let opened = match reader.u32()? {
                0 => None,
                1 => Some((reader.byte_array::<32>()?, reader.salt()?)),
                _ => return Err(StfError::Padding),
            };
            if last.is_some_and(|last| last >= (index, bytes)) {
                return Err(StfError::Order(Table::Slots));
            }
            last = Some((index, bytes));
            let at = self.slots.len() as u32;
            let account = self.accounts.get_mut(index as usize).ok_or(StfError::Missing(Table::Accounts))?;
            if account.slots == (0, 0) {
                account.slots.0 = at;
            }
            account.slots.1 = at + 1;
            let key = storage_key(&account.address.0 .0, bytes);
            let found = self.tree.find(&key)?;
            if found.value != opened.as_ref().map(|(value, salt)| storage_value(value, salt)) {
                return Err(StfError::Slot(account.address, U256::from_be_bytes(*bytes)));
            }
            self.slots.push(Slot {
                slot: U256::from_be_bytes(*bytes),
                value: opened.map_or(U256::ZERO, |(value, _)| U256::from_be_bytes(*value)),
                key,
                position: found.position,
                used: false,
            });
        }
        Ok(())
    }

    fn read_codes(&mut self, reader: &mut WordReader<'a>) -> Result<(), StfError> {
        let count = reader.count(1)?;
        self.codes.reserve_exact(count);
        for _ in 0..count {
            let length = reader.u32()? as usize;
            let bytes = reader.bytes(length)?;
            let hash = keccak256(bytes);
            if self.codes.last().is_some_and(|last| last.hash >= hash) {
                return Err(StfError::Order(Table::Codes));
            }
            self.codes.push(Code { hash, bytes: Bytes::copy_from_slice(bytes), used: false });
        }
        Ok(())
    }

    fn index_of(&self, address: &Address) -> Option<usize> {
        let order = ordered(address);
        let last = self.last_account.get();
        if self.accounts.get(last).is_some_and(|account| account.order == order) {
            return Some(last);
        }
        let found = self.accounts.binary_search_by(|account| account.order.cmp(&order)).ok()?;
        self.last_account.set(found);
        Some(found)
    }

    fn slot_index(&self, address: &Address, slot: &U256) -> Option<usize> {
        let (start, end) = self.accounts[self.index_of(address)?].slots;
        let slots = &self.slots[start as usize..end as usize];
        slots.binary_search_by(|opened| by_value(&opened.slot, slot)).ok().map(|at| start as usize + at)
    }

    /// Enters a transaction into an account's history. Not inlined, so that its cost in a proof can be told.
    #[inline(never)]
    pub(crate) fn link(&mut self, address: &Address, entry: &Digest) -> Result<(), StfError> {
        let index = self.index_of(address).ok_or(StfError::Opening(OpeningError::Account(*address)))?;
        let account = &mut self.accounts[index];
        account.used = true;
        account.history_head = link(&account.history_head, entry);
        account.history_count = account.history_count.checked_add(1).ok_or(StfError::Overflow)?;
        Ok(())
    }

    /// Applies the changes and the new head, and returns the new root.
    pub(crate) fn commit(
        mut self,
        changes: &StateChanges,
        head: &HeadValue,
        salts: &mut WordReader<'a>,
    ) -> Result<Root, StfError> {
        let count = salts.count(6)?;
        let mut salts = Salts(WordReader::new(salts.words(count * 6)?));
        let mut writes = Vec::with_capacity(self.accounts.len() + self.slots.len() + 1);
        self.write_accounts(changes, &mut salts, &mut writes)?;
        self.write_slots(changes, &mut salts, &mut writes)?;
        let value = Some(head.digest(&salts.next()?));
        writes.push(Change { position: self.head_position, key: head_key(), value });
        if !salts.0.is_empty() {
            return Err(StfError::Surplus(Table::Salts));
        }
        let root = self.tree.update(&writes)?;
        self.tree.finish()?;
        self.check_used()?;
        Ok(root)
    }

    fn write_accounts(
        &self,
        changes: &StateChanges,
        salts: &mut Salts<'_>,
        writes: &mut Vec<Change>,
    ) -> Result<(), StfError> {
        let mut changed = changes.accounts.iter().peekable();
        for account in &self.accounts {
            let change = changed.next_if(|change| change.address == account.address);
            if change.is_none() && account.history_count == account.old.history_count {
                continue;
            }
            let now = change.map_or(account.state, |change| change.state);
            let value = AccountValue {
                nonce: now.nonce,
                balance: now.balance.to_be_bytes(),
                code_hash: now.code_hash.0,
                history_count: account.history_count,
                history_head: account.history_head,
            };
            let value = if value.exists() { Some(value.digest(&salts.next_short()?)) } else { None };
            if account.present || value.is_some() {
                writes.push(Change { position: account.position, key: account.key, value });
            }
        }
        changed.next().map_or(Ok(()), |change| Err(StfError::Opening(OpeningError::Account(change.address))))
    }

    /// Walks opened slots and changes side by side: both ascend by account and slot.
    fn write_slots(
        &mut self,
        changes: &StateChanges,
        salts: &mut Salts<'_>,
        writes: &mut Vec<Change>,
    ) -> Result<(), StfError> {
        let mut changed = changes.slots.iter().peekable();
        for account in &self.accounts {
            let (start, end) = account.slots;
            for slot in &mut self.slots[start as usize..end as usize] {
                let is_next =
                    |change: &&SlotChange| change.slot == slot.slot && change.address == account.address;
                let Some(change) = changed.next_if(is_next) else {
                    continue;
                };
                slot.used = true;
                let value = if change.value.is_zero() {
                    None
                } else {
                    Some(storage_value(&change.value.to_be_bytes(), &salts.next()?))
                };
                writes.push(Change { position: slot.position, key: slot.key, value });
            }
        }
        let missing =
            |change: &SlotChange| StfError::Opening(OpeningError::Slot(change.address, change.slot));
        changed.next().map_or(Ok(()), |change| Err(missing(change)))
    }

    fn check_used(&self) -> Result<(), StfError> {
        if self.accounts.iter().any(|account| !account.used) {
            return Err(StfError::Surplus(Table::Accounts));
        }
        if self.slots.iter().any(|slot| !slot.used) {
            return Err(StfError::Surplus(Table::Slots));
        }
        if self.codes.iter().any(|code| !code.used) {
            return Err(StfError::Surplus(Table::Codes));
        }
        self.ancestors.finish()
    }
}

/// Words that compare as the bytes of the address do.
fn ordered(address: &Address) -> [u32; 5] {
    let mut words = [0; 5];
    for (word, bytes) in words.iter_mut().zip(address.0.chunks_exact(4)) {
        *word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    words
}

/// An account after its address: a flag and, if it is present, its value and 19 bytes of salt.
fn read_account(reader: &mut WordReader<'_>) -> Result<Option<(AccountValue, Salt)>, StfError> {
    match reader.u32()? {
        0 => Ok(None),
        1 => {
            let value = AccountValue {
                nonce: reader.u64()?,
                balance: *reader.byte_array::<32>()?,
                code_hash: *reader.byte_array::<32>()?,
                history_count: reader.u64()?,
                history_head: reader.digest()?,
            };
            Ok(Some((value, short(reader.salt()?)?)))
        }
        _ => Err(StfError::Padding),
    }
}

/// An account's value takes 19 bytes of its salt; the others must be zero, or a witness would have two forms.
fn short(salt: Salt) -> Result<Salt, StfError> {
    if salt == salt.shortened() {
        Ok(salt)
    } else {
        Err(StfError::Padding)
    }
}

struct Salts<'a>(WordReader<'a>);

impl Salts<'_> {
    fn next(&mut self) -> Result<Salt, StfError> {
        if self.0.is_empty() {
            return Err(StfError::Missing(Table::Salts));
        }
        Ok(self.0.salt()?)
    }

    fn next_short(&mut self) -> Result<Salt, StfError> {
        self.next().and_then(short)
    }
}

impl Originals for OpenedState<'_> {
    fn account(&self, address: &Address) -> AccountState {
        self.index_of(address).map_or_else(AccountState::default, |index| self.accounts[index].state)
    }

    fn slot(&self, address: &Address, slot: &U256) -> U256 {
        self.slot_index(address, slot).map_or(U256::ZERO, |index| self.slots[index].value)
    }
}

impl Database for OpenedState<'_> {
    type Error = OpeningError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, OpeningError> {
        let index = self.index_of(&address).ok_or(OpeningError::Account(address))?;
        let account = &mut self.accounts[index];
        account.used = true;
        Ok(account.state.info())
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, OpeningError> {
        let at =
            self.codes.binary_search_by(|code| code.hash.cmp(&hash)).map_err(|_| OpeningError::Code(hash))?;
        let code = &mut self.codes[at];
        code.used = true;
        Bytecode::new_raw_checked(code.bytes.clone()).map_err(|_| OpeningError::CodeInvalid(hash))
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, OpeningError> {
        let index = self.slot_index(&address, &slot).ok_or(OpeningError::Slot(address, slot))?;
        let opened = &mut self.slots[index];
        opened.used = true;
        Ok(opened.value)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, OpeningError> {
        self.ancestors.hash_of(number)
    }
}
