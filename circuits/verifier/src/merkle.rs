//! Paths from a leaf to a cap.

use crate::hash::{digest, Digest, DIGEST_BYTES};

/// Whether the leaf number `index` leads to its entry of the cap.
pub fn leads_to_cap(leaf: Digest, index: usize, path: &[u8], cap: &[u8]) -> bool {
    let mut node = leaf;
    let mut position = index;
    for sibling in path.chunks_exact(DIGEST_BYTES) {
        node = match position & 1 {
            0 => digest(&[&node, sibling]),
            _ => digest(&[sibling, &node]),
        };
        position >>= 1;
    }
    cap.chunks_exact(DIGEST_BYTES).nth(position) == Some(&node[..])
}
