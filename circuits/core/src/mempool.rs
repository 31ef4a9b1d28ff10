//! Transactions that wait for a block: one queue per sender, ordered by nonce. The store holds the same contents.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use prividium_stf::transaction::SignedTransaction;
use revm::primitives::{Address, Bytes, B256};

use crate::error::{LedgerError, Result};

/// How far a nonce may run ahead of the account's.
pub(crate) const NONCE_AHEAD_MAX: u64 = 64;
/// How many transactions may wait in all.
pub(crate) const PENDING_MAX: usize = 100_000;
/// A replacement pays at least this many percent more.
const REPLACEMENT_BUMP_PERCENT: u128 = 10;

/// A waiting transaction.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) signed: Arc<SignedTransaction>,
    /// The signed envelope.
    pub(crate) raw: Bytes,
    /// Order of arrival.
    pub(crate) arrival: u64,
}

impl Pending {
    pub(crate) fn new(signed: SignedTransaction, raw: &[u8], arrival: u64) -> Self {
        Self { signed: Arc::new(signed), raw: Bytes::copy_from_slice(raw), arrival }
    }

    pub(crate) fn hash(&self) -> B256 {
        self.signed.hash
    }

    pub(crate) fn sender(&self) -> Address {
        self.signed.sender
    }

    pub(crate) fn nonce(&self) -> u64 {
        self.signed.env.nonce
    }

    /// Sender ‖ nonce: the key in the store.
    pub(crate) fn key(&self) -> [u8; 28] {
        let mut key = [0; 28];
        key[..20].copy_from_slice(self.sender().as_slice());
        key[20..].copy_from_slice(&self.nonce().to_be_bytes());
        key
    }

    /// Wei per gas: the cap and the tip; both are the gas price for types 0 and 1.
    fn fees(&self) -> (u128, u128) {
        let cap = self.signed.env.gas_price;
        (cap, self.signed.env.gas_priority_fee.unwrap_or(cap))
    }
}

/// The queues.
#[derive(Debug, Default)]
pub(crate) struct Mempool {
    queues: HashMap<Address, BTreeMap<u64, Pending>>,
    by_hash: HashMap<B256, (Address, u64)>,
}

impl Mempool {
    pub(crate) fn len(&self) -> usize {
        self.by_hash.len()
    }

    pub(crate) fn by_hash(&self, hash: &B256) -> Option<&Pending> {
        let (sender, nonce) = self.by_hash.get(hash)?;
        self.queues.get(sender)?.get(nonce)
    }

    pub(crate) fn get(&self, sender: &Address, nonce: u64) -> Option<&Pending> {
        self.queues.get(sender)?.get(&nonce)
    }

    /// Refuses what may not enter: a full pool, or a replacement that does not pay enough more.
    pub(crate) fn admit(&self, pending: &Pending) -> Result<()> {
        let Some(present) = self.get(&pending.sender(), pending.nonce()) else {
            return if self.len() < PENDING_MAX {
                Ok(())
            } else {
                let message = format!("{PENDING_MAX} transactions are waiting already; try again later");
                Err(LedgerError::invalid("mempool_full", message))
            };
        };
        let pays = |offered: u128, held: u128| {
            offered >= held.saturating_add(held.saturating_mul(REPLACEMENT_BUMP_PERCENT).div_ceil(100))
        };
        let ((cap, tip), (present_cap, present_tip)) = (pending.fees(), present.fees());
        // With zero fees nothing pays more, so the first stays.
        if cap > present_cap && pays(cap, present_cap) && pays(tip, present_tip) {
            return Ok(());
        }
        let message = format!(
            "another transaction with nonce {} waits; a replacement pays {REPLACEMENT_BUMP_PERCENT}% more than {present_cap} wei per gas",
            pending.nonce()
        );
        Err(LedgerError::invalid("replacement_underpriced", message))
    }

    /// Inserts or replaces; `admit` has agreed.
    pub(crate) fn insert(&mut self, pending: Pending) {
        let (sender, nonce) = (pending.sender(), pending.nonce());
        self.by_hash.insert(pending.hash(), (sender, nonce));
        if let Some(replaced) = self.queues.entry(sender).or_default().insert(nonce, pending) {
            self.by_hash.remove(&replaced.hash());
        }
    }

    pub(crate) fn remove(&mut self, hash: &B256) {
        let Some((sender, nonce)) = self.by_hash.remove(hash) else { return };
        if let Some(queue) = self.queues.get_mut(&sender) {
            queue.remove(&nonce);
            if queue.is_empty() {
                self.queues.remove(&sender);
            }
        }
    }

    /// The first nonce at or after `nonce` that no transaction waits with.
    pub(crate) fn next_nonce(&self, sender: &Address, nonce: u64) -> u64 {
        let Some(queue) = self.queues.get(sender) else { return nonce };
        (nonce..).find(|candidate| !queue.contains_key(candidate)).unwrap_or(u64::MAX)
    }

    /// The lowest waiting transaction of every sender, in order of arrival.
    pub(crate) fn heads(&self) -> Vec<Pending> {
        let mut heads: Vec<_> = self
            .queues
            .values()
            .filter_map(|queue| queue.first_key_value())
            .map(|(_, first)| first.clone())
            .collect();
        heads.sort_by_key(|pending| pending.arrival);
        heads
    }
}
