//! Openings for auditors, by name of the fact.

use revm::primitives::{Address, Bytes, B256, U256};

use crate::error::Result;
use crate::opening;

use super::Ledger;

impl Ledger {
    /// The opening of a transaction in a sealed batch, as JSON (`docs/protocol/disclosure.md`).
    ///
    /// # Errors
    /// `not_found` if it is in no sealed batch; those of the store.
    pub fn open_transaction(&self, hash: &B256) -> Result<String> {
        self.store.view(|snapshot| opening::transaction::open(snapshot, &self.secret, hash))
    }

    /// An account and slots of it at the end of a batch, each with its path to the state root, as JSON.
    ///
    /// # Errors
    /// `not_found` if there is no such batch; those of the store.
    pub fn open_account(&self, batch: u64, address: &Address, slots: &[U256]) -> Result<String> {
        self.store.view(|snapshot| opening::account::open(snapshot, batch, address, slots))
    }

    /// State openings that suffice to replay a read-only call at the end of a batch, as JSON.
    ///
    /// # Errors
    /// `not_found`; `absence_undisclosable` where a path of absence would show another key; `Reverted`; those of the
    /// store.
    pub fn open_call(&self, batch: u64, to: &Address, data: &[u8]) -> Result<String> {
        let data = Bytes::copy_from_slice(data);
        self.store.view(|snapshot| opening::call::open(snapshot, batch, *to, data))
    }
}
