//! Merkle trees down to a cap.

use prividium_verifier::hash::{keccak, Digest, Hash, DIGEST_BYTES};
use rayon::prelude::*;

use crate::prove::keccak::{keccak_many, LANES};

/// All levels of a tree from the leaves to the cap.
pub(crate) struct Tree {
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// Builds a tree over leaves whose number is a power of two.
    pub(crate) fn new(leaves: Vec<Digest>, log_cap: usize) -> Self {
        let mut levels = vec![leaves];
        while levels[levels.len() - 1].len() > 1 << log_cap {
            let parents = parents(&levels[levels.len() - 1]);
            levels.push(parents);
        }
        Self { levels }
    }

    /// The cap.
    pub(crate) fn cap(&self) -> &[u8] {
        self.levels[self.levels.len() - 1].as_flattened()
    }

    /// The root.
    pub(crate) fn root(&self) -> Hash {
        keccak(&[self.cap()])
    }

    /// Siblings from the leaf upwards.
    pub(crate) fn path(&self, index: usize) -> Vec<u8> {
        let below_cap = &self.levels[..self.levels.len() - 1];
        below_cap.iter().enumerate().flat_map(|(level, nodes)| nodes[(index >> level) ^ 1]).collect()
    }
}

fn parents(nodes: &[Digest]) -> Vec<Digest> {
    let mut parents = vec![[0; DIGEST_BYTES]; nodes.len() / 2];
    parents.par_chunks_mut(LANES).zip(nodes.par_chunks(2 * LANES)).for_each(|(parents, children)| {
        let mut messages = [0; 2 * DIGEST_BYTES * LANES];
        messages[..children.len() * DIGEST_BYTES].copy_from_slice(children.as_flattened());
        let hashes = keccak_many(&messages, 2 * DIGEST_BYTES);
        for (parent, hash) in parents.iter_mut().zip(hashes) {
            parent.copy_from_slice(&hash[..DIGEST_BYTES]);
        }
    });
    parents
}

/// Leaves written at once; a writer may share work among them.
const LEAVES: usize = 8 * LANES;

/// Digests of leaves of one length; `write` fills in the bytes of consecutive leaves from the given number on.
pub(crate) fn leaf_digests(
    count: usize,
    length: usize,
    write: impl Fn(usize, std::slice::ChunksExactMut<'_, u8>) + Sync,
) -> Vec<Digest> {
    let mut digests = vec![[0; DIGEST_BYTES]; count];
    digests.par_chunks_mut(LEAVES).enumerate().for_each(|(block, digests)| {
        let lanes = digests.len().next_multiple_of(LANES);
        let mut messages = vec![0; length * lanes];
        write(block * LEAVES, messages[..length * digests.len()].chunks_exact_mut(length));
        let hashed = digests.chunks_mut(LANES).zip(messages.chunks_exact(length * LANES));
        for (digests, messages) in hashed {
            for (digest, hash) in digests.iter_mut().zip(keccak_many(messages, length)) {
                digest.copy_from_slice(&hash[..DIGEST_BYTES]);
            }
        }
    });
    digests
}
