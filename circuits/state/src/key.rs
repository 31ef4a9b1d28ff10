//! Keys of the state and policy trees (commitments.md §1, policy.md).

use crate::hash::{one_block, Digest, Sha256};

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Key of an account: `H(address)`.
#[must_use]
pub fn account_key(address: &[u8; 20]) -> Digest {
    let mut block = [0; 16];
    for (i, slot) in block[..5].iter_mut().enumerate() {
        *slot = word(address, i * 4);
    }
    block[5] = 0x80;
    block[15] = 160u32.swap_bytes();
    Digest::from_hash(&one_block(&block))
}

/// Key of a storage slot: `H(address ‖ slot)`.
#[must_use]
pub fn storage_key(address: &[u8; 20], slot: &[u8; 32]) -> Digest {
    let mut block = [0; 16];
    for (i, target) in block[..5].iter_mut().enumerate() {
        *target = word(address, i * 4);
    }
    for (i, target) in block[5..13].iter_mut().enumerate() {
        *target = word(slot, i * 4);
    }
    block[13] = 0x80;
    block[15] = 416u32.swap_bytes();
    Digest::from_hash(&one_block(&block))
}

/// Key of the head leaf: `H("prividium.head")`.
#[must_use]
pub fn head_key() -> Digest {
    plain(b"prividium.head")
}

/// Key of a policy entry: `H(preimage)`; the preimages are in policy.md.
#[must_use]
pub fn policy_key(preimage: &[u8]) -> Digest {
    plain(preimage)
}

fn plain(preimage: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(preimage);
    Digest::from_hash(&hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sha256;

    #[test]
    fn keys_are_truncated_hashes_of_their_preimages() {
        let address: [u8; 20] = core::array::from_fn(|i| i as u8 * 9);
        let slot: [u8; 32] = core::array::from_fn(|i| 255 - i as u8);
        assert_eq!(account_key(&address).to_bytes(), sha256(&address)[..27]);
        let mut preimage = [0; 52];
        preimage[..20].copy_from_slice(&address);
        preimage[20..].copy_from_slice(&slot);
        assert_eq!(storage_key(&address, &slot).to_bytes(), sha256(&preimage)[..27]);
    }
}
