//! The state at the end of a sealed batch, as execution reads it.

use prividium_state::{account_key, storage_key, AccountValue, Digest, Root, StorageValue};
use prividium_stf::build::StateSource;
use prividium_stf::changes::AccountState;
use redb::ReadTransaction;
use revm::primitives::{Address, B256, U256};
use revm::state::{AccountInfo, Bytecode};
use revm::DatabaseRef;

use crate::error::{LedgerError, Result};
use crate::store::chain;
use crate::tree::TreeSnapshot;

/// A committed state.
pub(crate) struct PastState {
    tree: TreeSnapshot,
    root: Root,
}

impl PastState {
    /// The state after a batch.
    pub(crate) fn after(snapshot: &ReadTransaction, batch: u64) -> Result<Self> {
        let root = chain::stored_batch(snapshot, batch)?.output.new_state.0;
        Ok(Self { tree: TreeSnapshot::new(snapshot)?, root })
    }

    fn value<T>(&self, key: &Digest, decode: impl Fn(&[u8]) -> Option<T>) -> Result<Option<T>> {
        let Some(stored) = self.tree.leaf(&self.root, key)? else { return Ok(None) };
        let value = decode(&stored);
        value.map(Some).ok_or_else(|| LedgerError::StoreCorrupt(format!("the value of {key:?}")))
    }
}

impl DatabaseRef for PastState {
    type Error = LedgerError;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>> {
        let value = self.value(&account_key(&address.0 .0), |bytes| AccountValue::decode(bytes).ok())?;
        let Some((value, _)) = value else { return Ok(None) };
        let state = AccountState {
            nonce: value.nonce,
            balance: U256::from_be_bytes(value.balance),
            code_hash: B256::from(value.code_hash),
        };
        Ok(state.info())
    }

    fn code_by_hash_ref(&self, hash: B256) -> Result<Bytecode> {
        let code = self.tree.code(&hash)?;
        let code = code.ok_or_else(|| LedgerError::StoreCorrupt(format!("no code with hash {hash}")))?;
        Bytecode::new_raw_checked(code.into()).map_err(|error| LedgerError::StoreCorrupt(error.to_string()))
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256> {
        let key = storage_key(&address.0 .0, &slot.to_be_bytes());
        let value = self.value(&key, |bytes| StorageValue::decode(bytes).ok())?;
        Ok(value.map_or(U256::ZERO, |value| U256::from_be_bytes(value.value)))
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256> {
        Ok(self.tree.header(number)?.map_or(B256::ZERO, |header| header.hash()))
    }
}
