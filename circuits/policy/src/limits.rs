//! How much of a function one user may use in a period.
//!
//! A counter is a slot of [`COUNTERS`], an account that nobody holds the key of: so it is part of the state that is
//! proven, and what it has counted is undone with the call that was counted.

use prividium_state::{hash_bytes, Sha256};

use crate::entry::Selector;
use crate::Address;

/// Holder of the counters: the first 20 bytes of SHA-256 of `prividium.policy.counters`.
pub const COUNTERS: Address = [
    0x29, 0x2e, 0xe3, 0x49, 0x3b, 0x04, 0x7f, 0xdd, 0xb5, 0xca, 0x5d, 0x10, 0xca, 0xa0, 0x18, 0x1d, 0xd9,
    0x0e, 0x7a, 0xb7,
];

const TAG: u8 = 0x0e;

/// A number below 2¹⁹², most significant part first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Amount([u64; 3]);

impl Amount {
    /// One.
    pub const ONE: Self = Self([0, 0, 1]);

    /// From the big-endian bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 24]) -> Self {
        let mut parts = [0; 3];
        for (part, bytes) in parts.iter_mut().zip(bytes.chunks_exact(8)) {
            *part = bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        }
        Self(parts)
    }

    /// The big-endian bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        for (bytes, part) in bytes.chunks_exact_mut(8).zip(self.0) {
            bytes.copy_from_slice(&part.to_be_bytes());
        }
        bytes
    }

    /// The sum; `None` if it is 2¹⁹² or more.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (mut sum, mut carry) = ([0; 3], false);
        for at in (0..3).rev() {
            let (part, first) = self.0[at].overflowing_add(other.0[at]);
            let (part, second) = part.overflowing_add(u64::from(carry));
            sum[at] = part;
            carry = first || second;
        }
        (!carry).then_some(Self(sum))
    }
}

/// What a call adds to a counter, if it is let through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Charge {
    /// The counter: a slot of [`COUNTERS`].
    pub slot: [u8; 32],
    /// Number of the period.
    pub period: u64,
    /// What the call adds; `None` if that is more than any limit.
    pub amount: Option<Amount>,
    /// What one period permits.
    pub maximum: Amount,
}

impl Charge {
    /// The counter after the call, `period u64 ‖ sum u192`; `None` if the call goes beyond the limit.
    #[must_use]
    pub fn apply(&self, counter: &[u8; 32]) -> Option<[u8; 32]> {
        let period = self.period.to_be_bytes();
        let (counted, sum) = counter.split_first_chunk::<8>()?;
        let used =
            if *counted == period { Amount::from_bytes(sum.first_chunk()?) } else { Amount::default() };
        let sum = used.checked_add(self.amount?).filter(|sum| *sum <= self.maximum)?;
        let mut after = [0; 32];
        after[..8].copy_from_slice(&period);
        after[8..].copy_from_slice(&sum.to_bytes());
        Some(after)
    }
}

/// Slot of the counter of `owner` for one limit on a function; `limit` is the limit without its maximum.
pub(crate) fn counter_slot(owner: &[u8; 20], target: &Address, selector: Selector, limit: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(owner);
    hasher.update(target);
    hasher.update(selector.as_ref().map_or(&[], |selector| selector.as_slice()));
    hasher.update(limit);
    hasher.update(&[TAG]);
    hash_bytes(&hasher.finish())
}
