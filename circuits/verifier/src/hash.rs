//! Keccak-256, whole and cut to the digests of the trees.

use tiny_keccak::{Hasher, Keccak};

/// Length of a digest in a tree: collisions cost 2¹⁰⁴.
pub const DIGEST_BYTES: usize = 26;
/// Length of the salt of a leaf.
pub const SALT_BYTES: usize = 16;

/// Root of a tree, or state of the transcript.
pub type Hash = [u8; 32];
/// Node of a tree.
pub type Digest = [u8; DIGEST_BYTES];

/// Keccak-256 of the concatenation.
pub fn keccak(parts: &[&[u8]]) -> Hash {
    let mut hasher = Keccak::v256();
    for part in parts {
        hasher.update(part);
    }
    let mut hash = [0; 32];
    hasher.finalize(&mut hash);
    hash
}

/// The first bytes of [`keccak`].
pub fn digest(parts: &[&[u8]]) -> Digest {
    let mut digest = [0; DIGEST_BYTES];
    digest.copy_from_slice(&keccak(parts)[..DIGEST_BYTES]);
    digest
}
