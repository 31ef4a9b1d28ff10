//! Transactions that wait for a block: one queue per sender, ordered by nonce. The store holds the same contents.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use revm::primitives::{Address, B256};

use crate::error::{LedgerError, Result};

/// How far a nonce may run ahead of the account's.
pub(crate) const NONCE_AHEAD_MAX: u64 = 64;
/// How many transactions may wait in all.
pub(crate) const PENDING_MAX: usize = 100_000;
/// A replacement pays at least this many percent more.
const REPLACEMENT_BUMP_PERCENT: u128 = 10;

/// A waiting transaction.
#[derive(Clone, Debug)]
pub(crate) struct Pending<T> {
    pub(crate) hash: B256,
    pub(crate) sender: Address,
    pub(crate) nonce: u64,
    /// Wei per gas; both caps are the gas price for legacy transactions.
    pub(crate) fee_max: u128,
    pub(crate) tip_max: u128,
    /// Order of arrival.
    pub(crate) arrival: u64,
    pub(crate) transaction: Arc<T>,
}

/// The queues.
#[derive(Debug)]
pub(crate) struct Mempool<T> {
    queues: HashMap<Address, BTreeMap<u64, Pending<T>>>,
    by_hash: HashMap<B256, (Address, u64)>,
}

impl<T> Default for Mempool<T> {
    fn default() -> Self {
        Self { queues: HashMap::new(), by_hash: HashMap::new() }
    }
}

impl<T> Mempool<T> {
    pub(crate) fn len(&self) -> usize {
        self.by_hash.len()
    }

    pub(crate) fn by_hash(&self, hash: &B256) -> Option<&Pending<T>> {
        let (sender, nonce) = self.by_hash.get(hash)?;
        self.queues.get(sender)?.get(nonce)
    }

    pub(crate) fn get(&self, sender: &Address, nonce: u64) -> Option<&Pending<T>> {
        self.queues.get(sender)?.get(&nonce)
    }

    /// Refuses what may not enter: a full pool, or a replacement that does not pay enough more.
    pub(crate) fn admit(&self, pending: &Pending<T>) -> Result<()> {
        let Some(present) = self.get(&pending.sender, pending.nonce) else {
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
        // With zero fees nothing pays more, so the first stays.
        if pending.fee_max > 0
            && pending.fee_max > present.fee_max
            && pays(pending.fee_max, present.fee_max)
            && pays(pending.tip_max, present.tip_max)
        {
            return Ok(());
        }
        let message = format!(
            "another transaction with nonce {} waits; a replacement must pay {REPLACEMENT_BUMP_PERCENT}% more than {} wei per gas",
            pending.nonce, present.fee_max
        );
        Err(LedgerError::invalid("replacement_underpriced", message))
    }

    /// Inserts or replaces; `admit` has agreed.
    pub(crate) fn insert(&mut self, pending: Pending<T>) {
        let place = (pending.sender, pending.nonce);
        self.by_hash.insert(pending.hash, place);
        if let Some(replaced) = self.queues.entry(place.0).or_default().insert(place.1, pending) {
            self.by_hash.remove(&replaced.hash);
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
    pub(crate) fn heads(&self) -> Vec<Pending<T>>
    where
        Pending<T>: Clone,
    {
        let mut heads: Vec<_> =
            self.queues.values().filter_map(|queue| queue.first_key_value()).map(|(_, first)| first.clone()).collect();
        heads.sort_by_key(|pending| pending.arrival);
        heads
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(sender: u8, nonce: u64, fee: u128, arrival: u64) -> Pending<()> {
        let hash = B256::from(revm::primitives::keccak256([sender, nonce as u8, fee as u8]));
        let sender = Address::repeat_byte(sender);
        Pending { hash, sender, nonce, fee_max: fee, tip_max: fee, arrival, transaction: Arc::new(()) }
    }

    #[test]
    fn a_replacement_must_pay_a_tenth_more() {
        let mut pool = Mempool::default();
        pool.insert(pending(1, 0, 100, 1));
        for (fee, admitted) in [(100, false), (109, false), (110, true)] {
            assert_eq!(pool.admit(&pending(1, 0, fee, 2)).is_ok(), admitted, "fee {fee}");
        }
    }

    #[test]
    fn without_fees_the_first_transaction_stays() {
        let mut pool = Mempool::default();
        pool.insert(pending(1, 0, 0, 1));
        assert_eq!(pool.admit(&pending(1, 0, 0, 2)).unwrap_err().code(), "replacement_underpriced");
        assert!(pool.admit(&pending(1, 0, 1, 2)).is_ok());
    }

    #[test]
    fn a_replaced_transaction_is_forgotten() {
        let mut pool = Mempool::default();
        let (first, second) = (pending(1, 0, 10, 1), pending(1, 0, 20, 2));
        pool.insert(first.clone());
        pool.insert(second.clone());
        assert!(pool.by_hash(&first.hash).is_none());
        assert_eq!(pool.by_hash(&second.hash).map(|held| held.arrival), Some(2));
        assert_eq!(pool.len(), 1);
    }

    #[test]
    fn heads_come_in_order_of_arrival_and_nonces_skip_what_waits() {
        let mut pool = Mempool::default();
        for (sender, nonce, arrival) in [(1, 1, 1), (1, 0, 3), (2, 7, 2)] {
            pool.insert(pending(sender, nonce, 0, arrival));
        }
        let arrivals: Vec<_> = pool.heads().iter().map(|head| head.arrival).collect();
        assert_eq!(arrivals, [2, 3]);
        assert_eq!(pool.next_nonce(&Address::repeat_byte(1), 0), 2);
        assert_eq!(pool.next_nonce(&Address::repeat_byte(3), 5), 5);
    }
}
