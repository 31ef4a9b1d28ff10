//! Lists of transactions, receipts, logs and blocks (commitments.md §3).

use alloc::vec::Vec;

use crate::hash::{pair, Digest, Sha256};

const NODE: u8 = 0x01;
const LIST: u8 = 0x0b;

fn layer_above(layer: &[Digest]) -> Vec<Digest> {
    layer.chunks(2).map(|two| pair(&two[0], two.get(1).unwrap_or(&Digest::EMPTY), NODE)).collect()
}

/// Layers from the leaves to the top, each padded to an even number of digests while it is not the top.
fn layers(leaves: &[Digest]) -> Vec<Vec<Digest>> {
    let mut padded = leaves.to_vec();
    padded.resize(leaves.len().next_power_of_two(), Digest::EMPTY);
    let mut all = Vec::from([padded]);
    while let Some(last) = all.last().filter(|last| last.len() > 1) {
        let next = layer_above(last);
        all.push(next);
    }
    all
}

/// Digest over the leaves without their number; empty for an empty list.
#[must_use]
pub fn list_top(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::EMPTY,
        [one] => *one,
        _ => layers(leaves).last().map_or(Digest::EMPTY, |top| top[0]),
    }
}

/// Digest of a list: `H(count u32 ‖ top27 ‖ 0b)`.
#[must_use]
pub fn list_digest(leaves: &[Digest]) -> Digest {
    finish(leaves.len() as u32, &list_top(leaves))
}

fn finish(count: u32, top: &Digest) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(&count.to_be_bytes());
    hasher.update_digest(top);
    hasher.finish_tagged(LIST)
}

/// Siblings from the leaf at `index` to the top; `None` if there is no such leaf.
#[must_use]
pub fn list_path(leaves: &[Digest], index: usize) -> Option<Vec<Digest>> {
    if index >= leaves.len() {
        return None;
    }
    let layers = layers(leaves);
    let below_top = &layers[..layers.len() - 1];
    Some(below_top.iter().enumerate().map(|(height, layer)| layer[(index >> height) ^ 1]).collect())
}

/// Whether `leaf` is at `index` of a list of `count` leaves with this digest.
#[must_use]
pub fn verify_list_path(digest: &Digest, count: u32, index: u32, leaf: &Digest, path: &[Digest]) -> bool {
    if index >= count || path.len() as u32 != count.next_power_of_two().trailing_zeros() {
        return false;
    }
    let top = path.iter().enumerate().fold(*leaf, |at, (height, sibling)| {
        if (index >> height) & 1 == 0 {
            pair(&at, sibling, NODE)
        } else {
            pair(sibling, &at, NODE)
        }
    });
    finish(count, &top) == *digest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(i: usize) -> Digest {
        Digest::from_bytes(&[i as u8 + 1; 27])
    }

    #[test]
    fn every_leaf_has_a_path_that_verifies_only_at_its_index() {
        for count in 1..=9 {
            let leaves: Vec<Digest> = (0..count).map(leaf).collect();
            let digest = list_digest(&leaves);
            for index in 0..count {
                let path = list_path(&leaves, index).unwrap();
                assert!(verify_list_path(&digest, count as u32, index as u32, &leaves[index], &path));
                let other = (index + 1) % count.next_power_of_two().max(2);
                assert!(!verify_list_path(&digest, count as u32, other as u32, &leaves[index], &path));
            }
            assert!(list_path(&leaves, count).is_none());
        }
    }

    #[test]
    fn the_count_is_bound() {
        let leaves = [leaf(0), leaf(1), leaf(2)];
        let padded = [leaf(0), leaf(1), leaf(2), Digest::EMPTY];
        assert_eq!(list_top(&leaves), list_top(&padded));
        assert_ne!(list_digest(&leaves), list_digest(&padded));
    }
}
