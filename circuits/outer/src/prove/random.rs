//! Masks and salts. They hide the witness, so they come from the operating system's generator.

use p3_field::integers::QuotientMap;
use prividium_verifier::hash::SALT_BYTES;
use rand_chacha::{
    rand_core::{RngCore, SeedableRng},
    ChaCha20Rng,
};

use crate::{error::OuterError, prove::arithmetic::F};

/// Source of everything random in one proof. It cannot be copied: no two proofs share it.
pub struct Randomness {
    generator: ChaCha20Rng,
    #[cfg(test)]
    without_masks: bool,
}

impl Randomness {
    /// Seeded by the operating system.
    pub fn from_system() -> Result<Self, OuterError> {
        match ChaCha20Rng::try_from_os_rng() {
            Ok(generator) => Ok(Self::from_generator(generator)),
            Err(_) => Err(OuterError::NoRandomness),
        }
    }

    fn from_generator(generator: ChaCha20Rng) -> Self {
        Self {
            generator,
            #[cfg(test)]
            without_masks: false,
        }
    }

    /// Reproducible, and therefore not hiding.
    #[cfg(test)]
    pub(crate) fn from_seed(seed: u64) -> Self {
        Self::from_generator(ChaCha20Rng::seed_from_u64(seed))
    }

    /// Random salts, but zeros for masks: shows what the masks are for.
    #[cfg(test)]
    pub(crate) fn without_masks(seed: u64) -> Self {
        Self { without_masks: true, ..Self::from_seed(seed) }
    }

    /// A uniformly random element.
    pub(crate) fn felt(&mut self) -> F {
        #[cfg(test)]
        if self.without_masks {
            return <F as p3_field::PrimeCharacteristicRing>::ZERO;
        }
        loop {
            let candidate = self.generator.next_u32() >> 1;
            if let Some(element) = F::from_canonical_checked(candidate) {
                return element;
            }
        }
    }

    /// Uniformly random elements.
    pub(crate) fn felts(&mut self, count: usize) -> Vec<F> {
        (0..count).map(|_| self.felt()).collect()
    }

    /// Independent salts for the leaves of one tree.
    pub(crate) fn salts(&mut self) -> Salts {
        let mut seed = [0; 32];
        self.generator.fill_bytes(&mut seed);
        Salts { seed }
    }
}

/// Salts of a tree, each computed when it is needed.
pub(crate) struct Salts {
    seed: [u8; 32],
}

impl Salts {
    /// Salts of consecutive leaves, from the given number on.
    pub(crate) fn from(&self, number: usize) -> impl FnMut() -> [u8; SALT_BYTES] {
        const WORDS: u128 = SALT_BYTES as u128 / 4;
        let mut generator = ChaCha20Rng::from_seed(self.seed);
        generator.set_word_pos(number as u128 * WORDS);
        move || {
            let mut salt = [0; SALT_BYTES];
            generator.fill_bytes(&mut salt);
            salt
        }
    }
}
