//! Salts as a PRF of the chain's secret (commitments.md §1). They are made outside the proof only.

use sha2::{Digest as _, Sha256};

use crate::hash::Digest;
use crate::value::Salt;

/// The secret that every salt of a chain is derived from. It is wiped from memory when dropped.
#[derive(Clone)]
pub struct SaltSecret([u8; 32]);

impl core::fmt::Debug for SaltSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SaltSecret(..)")
    }
}

impl Drop for SaltSecret {
    fn drop(&mut self) {
        for byte in &mut self.0 {
            // SAFETY: the pointer is that of a live field; the volatile write keeps the wipe from being optimised away.
            unsafe { core::ptr::write_volatile(byte, 0) };
        }
    }
}

impl SaltSecret {
    /// From 32 random bytes.
    #[must_use]
    pub const fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// Salt of a state leaf that batch `batch` writes.
    #[must_use]
    pub fn state(&self, key: &Digest, batch: u64) -> Salt {
        self.derive(0x01, &key.to_bytes(), batch)
    }

    /// Salt of a transaction's leaf in block `block`.
    #[must_use]
    pub fn transaction(&self, hash: &[u8; 32], block: u64) -> Salt {
        self.derive(0x02, &first27(hash), block)
    }

    /// Salt of a transaction's receipt in block `block`.
    #[must_use]
    pub fn receipt(&self, hash: &[u8; 32], block: u64) -> Salt {
        self.derive(0x03, &first27(hash), block)
    }

    /// Salt of log number `index` of a transaction in block `block`.
    #[must_use]
    pub fn log(&self, hash: &[u8; 32], index: u32, block: u64) -> Salt {
        let mut key = first27(hash);
        key[23..].copy_from_slice(&index.to_be_bytes());
        self.derive(0x04, &key, block)
    }

    /// Salt of a policy entry in version `version` of the table.
    #[must_use]
    pub fn policy(&self, key: &Digest, version: u64) -> Salt {
        self.derive(0x05, &key.to_bytes(), version)
    }

    fn derive(&self, label: u8, key: &[u8; 27], number: u64) -> Salt {
        let mut message = [0; 36];
        message[0] = label;
        message[1..28].copy_from_slice(key);
        message[28..].copy_from_slice(&number.to_be_bytes());
        let mac = hmac_sha256(&self.0, &message);
        let mut salt = [0; Salt::LEN];
        salt.copy_from_slice(&mac[..Salt::LEN]);
        Salt::from_bytes(&salt)
    }
}

fn first27(hash: &[u8; 32]) -> [u8; 27] {
    let mut bytes = [0; 27];
    bytes.copy_from_slice(&hash[..27]);
    bytes
}

/// HMAC (RFC 2104) with SHA-256 and a 32-byte key.
fn hmac_sha256(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let pad = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(key).for_each(|(target, key)| *target ^= key);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mac_agrees_with_a_known_answer() {
        // computed with Python's hmac module: hmac.new(bytes(range(32)), b"prividium", "sha256")
        let key: [u8; 32] = core::array::from_fn(|i| i as u8);
        let mac = hmac_sha256(&key, b"prividium");
        assert_eq!(mac[..4], KNOWN);
    }

    const KNOWN: [u8; 4] = [0xf1, 0x2a, 0x9b, 0xaa];

    #[test]
    fn labels_keys_and_numbers_separate_salts() {
        let secret = SaltSecret::new([7; 32]);
        let hash = [9; 32];
        let salts = [
            secret.transaction(&hash, 1),
            secret.transaction(&hash, 2),
            secret.receipt(&hash, 1),
            secret.log(&hash, 0, 1),
            secret.log(&hash, 1, 1),
            secret.state(&Digest::from_root(&hash), 1),
            secret.policy(&Digest::from_root(&hash), 1),
        ];
        for (i, salt) in salts.iter().enumerate() {
            assert!(salts[..i].iter().all(|other| other != salt));
        }
    }
}
