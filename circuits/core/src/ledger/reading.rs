//! Reads: the chain, and the state at its head.

use redb::ReadTransaction;
use revm::primitives::{Address, Bytes, B256, U256};

use crate::error::Result;
use crate::records::{Block, Receipt};
use crate::state::Snapshot;
use crate::store::chain;
use crate::store::tables::DROPPED;
use crate::transaction::Transaction;

use super::Ledger;

impl Ledger {
    /// The last block.
    ///
    /// # Errors
    /// Those of the store, as for every read.
    pub fn head(&self) -> Result<Block> {
        self.store.view(chain::head)
    }

    /// The block at a height.
    ///
    /// # Errors
    /// Those of the store.
    pub fn block(&self, number: u64) -> Result<Option<Block>> {
        self.store.view(|snapshot| chain::block(snapshot, number))
    }

    /// The block with a hash.
    ///
    /// # Errors
    /// Those of the store.
    pub fn block_by_hash(&self, hash: &B256) -> Result<Option<Block>> {
        self.store.view(|snapshot| match chain::block_number(snapshot, hash)? {
            Some(number) => chain::block(snapshot, number),
            None => Ok(None),
        })
    }

    /// A transaction, in a block or waiting.
    ///
    /// # Errors
    /// Those of the store.
    pub fn transaction(&self, hash: &B256) -> Result<Option<Transaction>> {
        // The queue is asked first: what leaves it for a block is in the store by then.
        let waiting =
            self.mempool().by_hash(hash).map(|pending| Transaction::new(&pending.signed, &pending.raw, None));
        Ok(self.store.view(|snapshot| self.included(snapshot, hash))?.or(waiting))
    }

    /// The transactions of a block and their receipts, in order.
    ///
    /// # Errors
    /// Those of the store.
    pub fn block_transactions(&self, number: u64) -> Result<Option<Vec<(Transaction, Receipt)>>> {
        self.store.view(|snapshot| {
            let Some(block) = chain::block(snapshot, number)? else { return Ok(None) };
            let stored = |hash: &B256| {
                let transaction = self.included(snapshot, hash)?.ok_or_else(|| chain::missing(hash))?;
                Ok((transaction, chain::stored_receipt(snapshot, hash)?))
            };
            block.transaction_hashes.iter().map(stored).collect::<Result<_>>().map(Some)
        })
    }

    /// The receipt of a transaction in a block.
    ///
    /// # Errors
    /// Those of the store.
    pub fn receipt(&self, hash: &B256) -> Result<Option<Receipt>> {
        self.store.view(|snapshot| chain::receipt(snapshot, hash))
    }

    /// Why a transaction that waited was dropped when its turn came: the code of the refusal.
    ///
    /// # Errors
    /// Those of the store.
    pub fn dropped(&self, hash: &B256) -> Result<Option<String>> {
        self.store.view(|transaction| {
            let stored = transaction.open_table(DROPPED)?.get_owned(&hash.0)?;
            Ok(stored.map(|stored| stored.value().1.to_owned()))
        })
    }

    /// Balance at the head, in wei.
    ///
    /// # Errors
    /// Those of the store.
    pub fn balance(&self, address: &Address) -> Result<U256> {
        self.at_head(|state| Ok(state.account(address)?.balance))
    }

    /// Nonce at the head; with `pending`, after everything of the account that waits without a gap.
    ///
    /// # Errors
    /// Those of the store.
    pub fn nonce(&self, address: &Address, pending: bool) -> Result<u64> {
        let nonce = self.at_head(|state| Ok(state.account(address)?.nonce))?;
        Ok(if pending { self.mempool().next_nonce(address, nonce) } else { nonce })
    }

    /// Code at the head.
    ///
    /// # Errors
    /// Those of the store.
    pub fn code(&self, address: &Address) -> Result<Bytes> {
        self.at_head(|state| {
            let account = state.account(address)?;
            state.code(&account.code_hash).map(Bytes::from)
        })
    }

    /// Value of a storage slot at the head.
    ///
    /// # Errors
    /// Those of the store.
    pub fn storage(&self, address: &Address, slot: &U256) -> Result<U256> {
        self.at_head(|state| state.slot(address, slot))
    }

    fn included(&self, snapshot: &ReadTransaction, hash: &B256) -> Result<Option<Transaction>> {
        let Some(included) = chain::transaction(snapshot, hash)? else { return Ok(None) };
        let decoded = chain::stored_decoded(snapshot, hash)?;
        decoded.shown(*hash, self.genesis.chain_id, included.raw, (included.block, included.index)).map(Some)
    }

    pub(super) fn at_head<T>(&self, read: impl FnOnce(&Snapshot) -> Result<T>) -> Result<T> {
        self.store.view(|transaction| read(&Snapshot::new(transaction)?))
    }
}
