//! Writing to a partial tree: insert, change, delete, and the new root.

use alloc::vec::Vec;

use crate::encoding::kind;
use crate::hash::{hash_bytes, pair_words, Digest, Hash, Root, EMPTY_ROOT};
use crate::partial::{leaf_payload, Change, PartialTree, TreeError, LEAF_TAG, NODE_TAG};

/// A node of the new tree that the old one need not have had.
pub(crate) enum NewNode<'a> {
    Leaf { key: &'a Digest, value: &'a Digest },
    Branch { left: Digest, right: Digest },
}

/// Receives every node that an update hashes.
pub(crate) trait Sink {
    fn node(&mut self, hash: &Hash, node: NewNode<'_>);
}

/// For the proof, which needs the root alone.
impl Sink for () {
    #[inline(always)]
    fn node(&mut self, _: &Hash, _: NewNode<'_>) {}
}

/// A terminal's new content, before it is joined to the rest.
struct Terminal {
    kind: u8,
    hash: Hash,
}

struct NewLeaf {
    key: Digest,
    hash: Hash,
}

impl PartialTree<'_> {
    /// Applies `changes` (any order, one per key) and returns the new root. Only the changed paths are hashed again.
    /// Afterwards the tree has served its purpose: only [`PartialTree::finish`] may follow.
    ///
    /// # Errors
    /// `SiblingOpaque` if a deletion needs a sibling that is not opened; `Malformed` for a deletion of an absent key.
    pub fn update(&mut self, changes: &[Change]) -> Result<Root, TreeError> {
        self.update_into(changes, &mut ())
    }

    pub(crate) fn update_into(
        &mut self,
        changes: &[Change],
        sink: &mut impl Sink,
    ) -> Result<Root, TreeError> {
        let order = by_item(changes);
        let mut rest = &order[..];
        for index in 0..self.items.len() {
            if self.items[index].kind == kind::BRANCH {
                self.join(index, sink)?;
                continue;
            }
            let count = rest.iter().take_while(|entry| (*entry >> 32) as usize == index).count();
            let (here, others) = rest.split_at(count);
            rest = others;
            if !here.is_empty() {
                let terminal = self.terminal(index, here, changes, sink)?;
                let item = &mut self.items[index];
                item.kind = terminal.kind;
                item.hash = terminal.hash;
                item.changed = true;
            }
        }
        let Some(top) = self.items.last().filter(|_| rest.is_empty()) else {
            return Err(TreeError::Malformed);
        };
        match top.kind {
            kind::EMPTY => Ok(EMPTY_ROOT),
            _ => Ok(hash_bytes(&top.hash)),
        }
    }

    /// Hashes a branch again if one of its sides changed, or lets a lone leaf take its place.
    fn join(&mut self, index: usize, sink: &mut impl Sink) -> Result<(), TreeError> {
        let (left_at, right_at) = (index - 1, self.items[index].link as usize);
        let (left, right) = (&self.items[left_at], &self.items[right_at]);
        if !left.changed && !right.changed {
            return Ok(());
        }
        let (kind, hash) = match (left.kind, right.kind) {
            (kind::EMPTY, kind::EMPTY) => (kind::EMPTY, [0; 8]),
            (kind::EMPTY, _) => self.alone(right_at, false, sink)?,
            (_, kind::EMPTY) => self.alone(left_at, true, sink)?,
            _ => (kind::BRANCH, node(&left.hash, &right.hash, sink)),
        };
        let item = &mut self.items[index];
        item.kind = kind;
        item.hash = hash;
        item.changed = true;
        Ok(())
    }

    /// The parent of an empty side and the item at `at`: a leaf moves up, a branch stays below a node.
    fn alone(&mut self, at: usize, is_left: bool, sink: &mut impl Sink) -> Result<(u8, Hash), TreeError> {
        let encoded_at = self.mirrored(at);
        let item = &mut self.items[at];
        item.visited = true;
        match item.kind {
            kind::LEAF => Ok((kind::LEAF, item.hash)),
            kind::BRANCH if is_left => Ok((kind::BRANCH, node(&item.hash, &[0; 8], sink))),
            kind::BRANCH => Ok((kind::BRANCH, node(&[0; 8], &item.hash, sink))),
            _ => Err(TreeError::SiblingOpaque { item: encoded_at }),
        }
    }

    /// What stands at a leaf or empty item after `here`, all the changes whose walks ended there.
    fn terminal(
        &self,
        index: usize,
        here: &[u64],
        changes: &[Change],
        sink: &mut impl Sink,
    ) -> Result<Terminal, TreeError> {
        let item = &self.items[index];
        let change = |entry: &u64| &changes[*entry as u32 as usize];
        let present = match item.kind {
            kind::LEAF => {
                let (key, _) = leaf_payload(self.payload, item.link as usize)?;
                Digest::from_words(key)
            }
            kind::EMPTY => None,
            _ => return Err(TreeError::Malformed),
        };
        if let (Change { key, value: Some(value), .. }, []) = (change(&here[0]), &here[1..]) {
            if present.is_none_or(|present| present == *key) {
                return Ok(Terminal { kind: kind::LEAF, hash: leaf(key, value, sink) });
            }
        }
        let mut leaves = Vec::with_capacity(here.len() + 1);
        if let Some(key) = present.filter(|present| here.iter().map(change).all(|one| one.key != *present)) {
            leaves.push(NewLeaf { key, hash: item.hash });
        }
        for change in here.iter().map(change) {
            match &change.value {
                Some(value) => leaves.push(NewLeaf { key: change.key, hash: leaf(&change.key, value, sink) }),
                None if present != Some(change.key) => return Err(TreeError::Malformed),
                None => {}
            }
        }
        leaves.sort_unstable_by_key(|leaf| leaf.key);
        if leaves.windows(2).any(|two| two[0].key == two[1].key) {
            return Err(TreeError::Malformed);
        }
        Ok(subtree(&leaves, change(&here[0]).position.depth as usize, sink))
    }
}

/// Indices of the changes in the order of the items at which their walks ended, the item in the high half. Numbers are
/// cheaper to sort than changes.
fn by_item(changes: &[Change]) -> Vec<u64> {
    let entry = |(index, change): (usize, &Change)| u64::from(change.position.item) << 32 | index as u64;
    let mut order: Vec<u64> = changes.iter().enumerate().map(entry).collect();
    order.sort_unstable();
    order
}

fn leaf(key: &Digest, value: &Digest, sink: &mut impl Sink) -> Hash {
    let hash = pair_words(key.words(), value.words(), LEAF_TAG);
    sink.node(&hash, NewNode::Leaf { key, value });
    hash
}

fn node(left: &Hash, right: &Hash, sink: &mut impl Sink) -> Hash {
    let ([left_words @ .., _], [right_words @ .., _]) = (left, right);
    let hash = pair_words(left_words, right_words, NODE_TAG);
    sink.node(&hash, NewNode::Branch { left: Digest::from_hash(left), right: Digest::from_hash(right) });
    hash
}

/// The canonical tree of sorted leaves that share their first `depth` bits.
fn subtree(leaves: &[NewLeaf], depth: usize, sink: &mut impl Sink) -> Terminal {
    match leaves {
        [] => Terminal { kind: kind::EMPTY, hash: [0; 8] },
        [one] => Terminal { kind: kind::LEAF, hash: one.hash },
        _ => {
            let (zeros, ones) = leaves.split_at(leaves.partition_point(|leaf| !leaf.key.bit(depth)));
            let left = subtree(zeros, depth + 1, sink);
            let right = subtree(ones, depth + 1, sink);
            Terminal { kind: kind::BRANCH, hash: node(&left.hash, &right.hash, sink) }
        }
    }
}
