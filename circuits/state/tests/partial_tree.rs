//! The partial tree against a naive one that holds every leaf.

use std::collections::BTreeMap;

use prividium_state::tree::{self, Access, Node, StoreError};
use prividium_state::{
    hash_bytes, sha256, Change, Digest, PartialTree, PartialTreeEncoder, Root, TreeError, WordReader,
    WordWriter, EMPTY_ROOT,
};
use proptest::prelude::*;

type Leaves = BTreeMap<Digest, Digest>;

/// The root by the definition of commitments.md §2, over byte strings.
fn naive_root(leaves: &Leaves) -> Root {
    let all: Vec<_> = leaves.iter().collect();
    match all.as_slice() {
        [] => EMPTY_ROOT,
        all => naive_hash(all, 0),
    }
}

fn naive_hash(leaves: &[(&Digest, &Digest)], depth: usize) -> [u8; 32] {
    if let [(key, value)] = leaves {
        return sha256(&[&key.to_bytes()[..], &value.to_bytes(), &[0]].concat());
    }
    let split = leaves.iter().position(|(key, _)| key.bit(depth)).unwrap_or(leaves.len());
    let side = |part: &[(&Digest, &Digest)]| match part {
        [] => vec![0; 27],
        part => naive_hash(part, depth + 1)[..27].to_vec(),
    };
    sha256(&[&side(&leaves[..split])[..], &side(&leaves[split..]), &[1]].concat())
}

/// Keys from a small space with long common beginnings, so that compaction and expansion happen often.
fn key(number: u16) -> Digest {
    let mut bytes = [0; 27];
    bytes[0] = (number >> 8) as u8 & 0xc0;
    bytes[3] = number as u8;
    bytes[26] = (number >> 8) as u8 & 0x3f;
    Digest::from_bytes(&bytes)
}

fn value(number: u16) -> Digest {
    Digest::from_bytes(&[number as u8 | 1; 27])
}

fn read(words: &[u32]) -> Result<PartialTree<'_>, TreeError> {
    let mut reader = WordReader::new(words);
    let tree = PartialTree::read(&mut reader)?;
    if reader.is_empty() {
        Ok(tree)
    } else {
        Err(TreeError::Malformed)
    }
}

/// Performs the accesses on an encoded partial tree as the proof does.
fn verify(words: &[u32], accesses: &[Access]) -> Result<(Option<Root>, Root), TreeError> {
    let mut tree = read(words)?;
    let before = tree.root();
    let mut changes = Vec::new();
    for access in accesses {
        let position = tree.find(&access.key)?.position;
        changes.extend(access.write.map(|value| Change { position, key: access.key, value }));
    }
    let after = tree.update(&changes)?;
    tree.finish()?;
    Ok((before, after))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_batches_lead_to_the_naive_root(
        batches in prop::collection::vec(prop::collection::vec((any::<u16>(), 0u8..4), 1..24), 1..12)
    ) {
        let mut leaves = Leaves::new();
        let mut store: BTreeMap<Digest, Node> = BTreeMap::new();
        let mut root = EMPTY_ROOT;
        for batch in batches {
            let batch: BTreeMap<Digest, (u16, u8)> = batch.into_iter().map(|(n, op)| (key(n), (n, op))).collect();
            let mut accesses = Vec::new();
            for (key, (number, operation)) in &batch {
                let write = match operation {
                    0 => None,
                    1 if leaves.contains_key(key) => Some(None),
                    1 => None,
                    _ => Some(Some(value(number.wrapping_mul(31)))),
                };
                accesses.push(Access { key: *key, write });
            }
            let opened = tree::open(&store, &root, &accesses).unwrap();
            for access in &accesses {
                let found = tree::get(&store, &root, &access.key).unwrap();
                prop_assert_eq!(found, leaves.get(&access.key).copied());
            }
            prop_assert_eq!(verify(&opened.words, &accesses), Ok((Some(root), opened.root)));
            for access in &accesses {
                match access.write {
                    Some(Some(value)) => drop(leaves.insert(access.key, value)),
                    Some(None) => drop(leaves.remove(&access.key)),
                    None => {}
                }
            }
            prop_assert_eq!(opened.root, naive_root(&leaves));
            store.extend(opened.nodes);
            root = opened.root;
        }
    }

    #[test]
    fn arbitrary_words_never_panic(words in prop::collection::vec(any::<u32>(), 0..60)) {
        let _ = verify(&words, &[Access { key: key(3), write: Some(Some(value(1))) }]);
        let mut small: Vec<u32> = words.iter().map(|word| word & 0x0f).collect();
        if let Some(first) = small.first_mut() {
            *first = 3;
        }
        let _ = verify(&small, &[Access { key: key(3), write: Some(None) }]);
    }

    #[test]
    fn a_flipped_bit_shows(number in any::<u16>(), at in any::<prop::sample::Index>(), bit in 0u32..32) {
        let leaves: Vec<_> = (0..40).map(|n| (key(n * 97), value(n))).collect();
        let (root, nodes) = tree::build(&leaves).unwrap();
        let store: BTreeMap<_, _> = nodes.into_iter().collect();
        let accesses = [Access { key: key(number), write: None }];
        let mut words = tree::open(&store, &root, &accesses).unwrap().words;
        let at = at.index(words.len());
        words[at] ^= 1 << bit;
        let result = verify(&words, &accesses);
        prop_assert!(result.is_err() || result.is_ok_and(|(before, _)| before != Some(root)));
    }
}

fn encoded(build: impl FnOnce(&mut PartialTreeEncoder)) -> Vec<u32> {
    let mut encoder = PartialTreeEncoder::new();
    build(&mut encoder);
    let mut out = WordWriter::new();
    encoder.write(&mut out);
    out.into_words()
}

fn zeros_and_ones() -> (Digest, Digest) {
    let mut one = [0; 27];
    one[0] = 0x80;
    (Digest::from_bytes(&[0; 27]), Digest::from_bytes(&one))
}

#[test]
fn a_walk_into_an_opaque_item_is_missing_a_node() {
    let (zero, one) = zeros_and_ones();
    let words = encoded(|tree| {
        tree.branch();
        tree.opaque(&value(1));
        tree.leaf(&one, &value(2));
    });
    assert_eq!(read(&words).unwrap().find(&zero).unwrap_err(), TreeError::MissingNode);
}

#[test]
fn deleting_beside_an_opaque_sibling_names_the_sibling() {
    let (_, one) = zeros_and_ones();
    let words = encoded(|tree| {
        tree.branch();
        tree.opaque(&value(1));
        tree.leaf(&one, &value(2));
    });
    let accesses = [Access { key: one, write: Some(None) }];
    assert_eq!(verify(&words, &accesses), Err(TreeError::SiblingOpaque { item: 1 }));
}

#[test]
fn an_item_that_nothing_visits_is_surplus() {
    let (zero, one) = zeros_and_ones();
    let words = encoded(|tree| {
        tree.branch();
        tree.leaf(&zero, &value(1));
        tree.leaf(&one, &value(2));
    });
    assert_eq!(verify(&words, &[Access { key: one, write: None }]), Err(TreeError::SurplusNode));
    // the deletion needs the sibling, so here it is not surplus
    let deleted = verify(&words, &[Access { key: one, write: Some(None) }]).unwrap();
    assert_eq!(deleted.1, naive_root(&BTreeMap::from([(zero, value(1))])));
}

#[test]
fn deleting_an_absent_key_and_writing_a_key_twice_are_refused() {
    let (zero, one) = zeros_and_ones();
    let words = encoded(|tree| tree.leaf(&zero, &value(1)));
    assert_eq!(verify(&words, &[Access { key: one, write: Some(None) }]), Err(TreeError::Malformed));
    let twice = Access { key: one, write: Some(Some(value(2))) };
    assert_eq!(verify(&words, &[twice, twice]), Err(TreeError::Malformed));
}

#[test]
fn an_opaque_empty_digest_is_not_an_item() {
    let words = encoded(|tree| tree.opaque(&Digest::EMPTY));
    assert_eq!(read(&words).err(), Some(TreeError::Malformed));
}

#[test]
fn a_tree_of_one_opaque_item_has_no_known_root() {
    let words = encoded(|tree| tree.opaque(&value(1)));
    assert_eq!(read(&words).unwrap().root(), None);
}

#[test]
fn keys_that_differ_in_their_last_bit_stand_at_the_greatest_depth() {
    let mut last = [0; 27];
    last[26] = 1;
    let leaves = Leaves::from([(Digest::EMPTY, value(1)), (Digest::from_bytes(&last), value(2))]);
    let list: Vec<_> = leaves.iter().map(|(key, value)| (*key, *value)).collect();
    let (root, nodes) = tree::build(&list).unwrap();
    assert_eq!(root, naive_root(&leaves));
    assert_eq!(nodes.len(), 2 + 216);
    let store: BTreeMap<_, _> = nodes.into_iter().collect();
    let opened = tree::open(&store, &root, &[Access { key: Digest::EMPTY, write: Some(None) }]).unwrap();
    assert_eq!(opened.root, naive_root(&BTreeMap::from([(Digest::from_bytes(&last), value(2))])));
}

#[test]
fn a_store_that_lacks_a_node_says_which() {
    let leaves: Vec<_> = (0..9).map(|n| (key(n * 1000), value(n))).collect();
    let (root, nodes) = tree::build(&leaves).unwrap();
    let mut store: BTreeMap<_, _> = nodes.into_iter().collect();
    store.remove(&Digest::from_root(&root));
    assert_eq!(tree::get(&store, &root, &key(0)), Err(StoreError::Missing(Digest::from_root(&root))));
    assert!(tree::open(&store, &root, &[Access { key: key(0), write: None }]).is_err());
}

#[test]
fn a_duplicate_leaf_is_refused() {
    assert_eq!(tree::build(&[(key(1), value(1)), (key(1), value(2))]).err(), Some(TreeError::Malformed));
}

#[test]
fn hash_bytes_are_the_words_little_endian() {
    assert_eq!(hash_bytes(&[0x0403_0201, 0, 0, 0, 0, 0, 0, 0])[..4], [1, 2, 3, 4]);
}
