//! From the EVM's final state to the writes that the tree needs.

use alloc::vec::Vec;
use core::cmp::Ordering;

use revm::primitives::{Address, Bytes, B256, U256};
use revm::state::{Account, AccountInfo, EvmState};

/// The part of an account that the EVM knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccountState {
    /// Nonce.
    pub nonce: u64,
    /// Balance in wei.
    pub balance: U256,
    /// Keccak-256 of the code.
    pub code_hash: B256,
}

impl Default for AccountState {
    fn default() -> Self {
        Self::of(&AccountInfo::default())
    }
}

impl AccountState {
    /// Of the EVM's account.
    #[must_use]
    pub const fn of(info: &AccountInfo) -> Self {
        Self { nonce: info.nonce, balance: info.balance, code_hash: info.code_hash }
    }

    /// For the EVM; `None` if there is nothing that the EVM would see, so that an account known only by its history
    /// counts as not existing.
    #[must_use]
    pub fn info(&self) -> Option<AccountInfo> {
        (*self != Self::default()).then(|| AccountInfo {
            nonce: self.nonce,
            balance: self.balance,
            code_hash: self.code_hash,
            code: None,
            ..Default::default()
        })
    }
}

/// State as it was when execution began.
pub trait Originals {
    /// The account's state; the default if it did not exist.
    fn account(&self, address: &Address) -> AccountState;

    /// The slot's value; zero if it was never read.
    fn slot(&self, address: &Address, slot: &U256) -> U256;
}

/// An account that changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountChange {
    /// Whose.
    pub address: Address,
    /// The new state; the default for one that is gone.
    pub state: AccountState,
    /// Its code, if the code changed and is not empty.
    pub code: Option<Bytes>,
}

/// A slot that changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SlotChange {
    /// Whose.
    pub address: Address,
    /// Which.
    pub slot: U256,
    /// The new value; zero deletes.
    pub value: U256,
}

/// All that execution changed, ascending by address and slot.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct StateChanges {
    /// Accounts.
    pub accounts: Vec<AccountChange>,
    /// Slots.
    pub slots: Vec<SlotChange>,
}

impl StateChanges {
    /// Compares the EVM's final state with the originals.
    #[must_use]
    pub fn collect(state: &EvmState, originals: &impl Originals) -> Self {
        let mut changes = Self::default();
        // references are cheaper to sort than changes
        let mut accounts: Vec<(&Address, &Account)> = state.iter().collect();
        accounts.sort_unstable_by(|a, b| a.0.cmp(b.0));
        for (address, account) in accounts {
            // destroyed in its last transaction: the EVM clears it lazily; slots of such an account were never stored
            let is_gone = account.is_selfdestructed_locally();
            changes.account(*address, account, is_gone, originals);
            if !is_gone {
                changes.slots_of(*address, account, originals);
            }
        }
        changes
    }

    fn account(&mut self, address: Address, account: &Account, is_gone: bool, originals: &impl Originals) {
        let now = if is_gone { AccountState::default() } else { AccountState::of(&account.info) };
        let before = originals.account(&address);
        if now == before {
            return;
        }
        let code =
            account.info.code.as_ref().filter(|code| now.code_hash != before.code_hash && !code.is_empty());
        let code = code.filter(|_| !is_gone).map(revm::state::Bytecode::original_bytes);
        self.accounts.push(AccountChange { address, state: now, code });
    }

    fn slots_of(&mut self, address: Address, account: &Account, originals: &impl Originals) {
        let mut slots: Vec<(&U256, &U256)> = account
            .storage
            .iter()
            .map(|(slot, value)| (slot, &value.present_value))
            .filter(|(slot, value)| **value != originals.slot(&address, slot))
            .collect();
        slots.sort_unstable_by(|a, b| by_value(a.0, b.0));
        self.slots.extend(slots.into_iter().map(|(slot, value)| SlotChange {
            address,
            slot: *slot,
            value: *value,
        }));
    }
}

/// The order of numbers. Slots of mappings are hashes, which mostly differ in their first limb.
pub(crate) fn by_value(a: &U256, b: &U256) -> Ordering {
    let (first, second) = (a.as_limbs()[3], b.as_limbs()[3]);
    if first == second {
        a.cmp(b)
    } else {
        first.cmp(&second)
    }
}
