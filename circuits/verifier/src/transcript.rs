//! The conversation of prover and verifier, made non-interactive by Keccak-256.

use crate::{
    field::{Ext, Felt},
    hash::{keccak, Hash},
};

/// Names the protocol and its version.
pub const DOMAIN: &[u8; 18] = b"prividium/outer/v1";

/// State of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    state: Hash,
}

impl Transcript {
    /// Starts with what is proven by which rules.
    pub fn new(key_hash: &Hash) -> Self {
        Self { state: keccak(&[DOMAIN, key_hash]) }
    }

    /// Takes in a message of the prover.
    pub fn absorb(&mut self, message: &[u8]) {
        self.state = keccak(&[&self.state, message]);
    }

    /// Draws an element of the extension.
    pub fn challenge(&mut self) -> Ext {
        self.state = keccak(&[&self.state]);
        Ext(std::array::from_fn(|i| Felt::reduce(word(&self.state, i))))
    }

    /// State after a nonce was taken in; the nonce proves work if the state starts with enough zero bits.
    pub fn after_nonce(&self, nonce: [u8; 8]) -> Hash {
        keccak(&[&self.state, &nonce])
    }

    /// Takes in a nonce; false if it proves less work than `bits`.
    #[must_use]
    pub fn grind(&mut self, nonce: [u8; 8], bits: u32) -> bool {
        self.state = self.after_nonce(nonce);
        leading_zeros(&self.state) >= bits
    }

    /// The state, from which a prover searches a nonce.
    pub fn state(&self) -> &Hash {
        &self.state
    }

    /// Draws `count` indices below `2^log`.
    pub fn indices(&mut self, count: usize, log: usize) -> Vec<usize> {
        let mut indices = Vec::with_capacity(count + 8);
        while indices.len() < count {
            self.state = keccak(&[&self.state]);
            for i in 0..4 {
                let word = word(&self.state, i);
                indices.extend([(word >> 32) as usize, (word & 0xffff_ffff) as usize]);
            }
        }
        indices.truncate(count);
        indices.iter().map(|index| index & ((1 << log) - 1)).collect()
    }
}

/// Number of leading zero bits, counted to 64.
pub fn leading_zeros(hash: &Hash) -> u32 {
    word(hash, 0).leading_zeros()
}

fn word(hash: &Hash, index: usize) -> u64 {
    hash[8 * index..8 * index + 8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte))
}
