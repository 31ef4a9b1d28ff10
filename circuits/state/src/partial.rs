//! A tree cut down to the paths that a batch touches (commitments.md §2).
//!
//! An encoding has its items in pre-order; in memory they lie the other way round, last item first. Both sides of a
//! branch then come before the branch, the left one just before it, so hashing, checking and updating are single passes
//! without recursion.

use alloc::vec::Vec;

use crate::encoding::{kind, MAX_DEPTH};
use crate::hash::{hash_bytes, pair_words, Digest, Hash, Root, EMPTY_ROOT};
use crate::words::{WordReader, WordsError};

pub(crate) const LEAF_TAG: u8 = 0x00;
pub(crate) const NODE_TAG: u8 = 0x01;

/// What is wrong with a partial tree or with an operation on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TreeError {
    /// The encoding ends early, has bits outside its form, or its items are not one tree.
    Malformed,
    /// A walk ends at a subtree that is not opened.
    MissingNode,
    /// An item that no operation visited.
    SurplusNode,
    /// A deletion left the sibling at this item alone, and it is not opened.
    SiblingOpaque {
        /// Index of the sibling in pre-order.
        item: u32,
    },
}

impl TreeError {
    /// Stable identifier.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "tree_malformed",
            Self::MissingNode => "tree_missing_node",
            Self::SurplusNode => "tree_surplus_node",
            Self::SiblingOpaque { .. } => "tree_sibling_opaque",
        }
    }
}

impl From<WordsError> for TreeError {
    fn from(_: WordsError) -> Self {
        Self::Malformed
    }
}

impl core::fmt::Display for TreeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.code())
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Item {
    /// Full hash of a leaf or branch; of an opaque item its digest and a zero word.
    pub(crate) hash: Hash,
    /// Right side of a branch as an item index, or where the payload of a leaf starts.
    pub(crate) link: u32,
    pub(crate) kind: u8,
    pub(crate) visited: bool,
    pub(crate) changed: bool,
}

impl Item {
    /// The words of the digest; the last byte of the seventh is not part of it.
    pub(crate) fn digest_words(&self) -> &[u32; 7] {
        let [words @ .., _] = &self.hash;
        words
    }
}

/// Where the walk of a key ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    pub(crate) item: u32,
    pub(crate) depth: u32,
}

/// Answer to a walk: where it ended and, if the key is present, its value digest.
#[derive(Clone, Copy, Debug)]
pub struct Lookup {
    /// Place to change the key at.
    pub position: Position,
    /// Value digest; `None` if the key is proven absent.
    pub value: Option<Digest>,
}

/// A write: `None` deletes a key, which must be present.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// Where [`PartialTree::find`] ended for this key.
    pub position: Position,
    /// The key.
    pub key: Digest,
    /// The new value digest.
    pub value: Option<Digest>,
}

/// A multiproof that is read, checked and updated in place.
pub struct PartialTree<'a> {
    pub(crate) items: Vec<Item>,
    pub(crate) payload: &'a [u32],
}

impl<'a> PartialTree<'a> {
    /// Reads the encoding and hashes it from the leaves up.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn read(reader: &mut WordReader<'a>) -> Result<Self, TreeError> {
        let count = reader.u32()? as usize;
        let payload_len = reader.u32()? as usize;
        let kinds = reader.words(count.div_ceil(16))?;
        let payload = reader.words(payload_len)?;
        let used_bits = (count & 15) * 2;
        if count == 0 || (used_bits != 0 && kinds[kinds.len() - 1] >> used_bits != 0) {
            return Err(TreeError::Malformed);
        }
        let mut tree = Self { items: Vec::with_capacity(count), payload };
        tree.hash_items(count, kinds)?;
        Ok(tree)
    }

    /// Fills `items`, beginning with the last item of the encoding.
    fn hash_items(&mut self, count: usize, kinds: &[u32]) -> Result<(), TreeError> {
        // indices of the subtrees that no branch has taken yet, the leftmost on top
        let mut roots: Vec<u32> = Vec::with_capacity(64);
        let mut end = self.payload.len();
        for encoded_at in (0..count).rev() {
            let kind = (kinds[encoded_at >> 4] >> ((encoded_at & 15) * 2) & 3) as u8;
            let (link, hash) = match kind {
                kind::BRANCH => {
                    let (Some(left), Some(right)) = (roots.pop(), roots.pop()) else {
                        return Err(TreeError::Malformed);
                    };
                    let (left, right_item) = (&self.items[left as usize], &self.items[right as usize]);
                    (right, pair_words(left.digest_words(), right_item.digest_words(), NODE_TAG))
                }
                kind::LEAF => {
                    end = end.checked_sub(14).ok_or(TreeError::Malformed)?;
                    let (key, value) = leaf_payload(self.payload, end)?;
                    (end as u32, pair_words(key, value, LEAF_TAG))
                }
                kind::OPAQUE => {
                    end = end.checked_sub(7).ok_or(TreeError::Malformed)?;
                    let words: &[u32; 7] = self.payload[end..].first_chunk().ok_or(TreeError::Malformed)?;
                    if words[6] >> 24 != 0 || words.iter().all(|word| *word == 0) {
                        return Err(TreeError::Malformed);
                    }
                    let [a, b, c, d, e, f, g] = *words;
                    (0, [a, b, c, d, e, f, g, 0])
                }
                _ => (0, [0; 8]),
            };
            roots.push(self.items.len() as u32);
            self.items.push(Item { hash, link, kind, visited: false, changed: false });
        }
        if roots.len() == 1 && end == 0 {
            Ok(())
        } else {
            Err(TreeError::Malformed)
        }
    }

    /// The root of the items; `None` if the whole tree is one opaque item, whose full hash is not known.
    #[must_use]
    pub fn root(&self) -> Option<Root> {
        let top = self.items.last()?;
        match top.kind {
            kind::EMPTY => Some(EMPTY_ROOT),
            kind::OPAQUE => None,
            _ => Some(hash_bytes(&top.hash)),
        }
    }

    /// Index in the encoding of the item at `index`, and the other way round.
    pub(crate) fn mirrored(&self, index: usize) -> u32 {
        (self.items.len() - 1 - index) as u32
    }

    /// Walks to `key` and marks the items of the walk as visited.
    ///
    /// # Errors
    /// `MissingNode` if the walk ends at an opaque item.
    pub fn find(&mut self, key: &Digest) -> Result<Lookup, TreeError> {
        let mut index = self.mirrored(0);
        let mut depth = 0usize;
        loop {
            let item = &mut self.items[index as usize];
            item.visited = true;
            match item.kind {
                kind::BRANCH if depth < MAX_DEPTH => {
                    index = if key.bit(depth) { item.link } else { index - 1 };
                    depth += 1;
                }
                kind::LEAF => {
                    let (found, value) = leaf_payload(self.payload, item.link as usize)?;
                    let value = if found == key.words() { Digest::from_words(value) } else { None };
                    return Ok(Lookup { position: Position { item: index, depth: depth as u32 }, value });
                }
                kind::EMPTY => {
                    let position = Position { item: index, depth: depth as u32 };
                    return Ok(Lookup { position, value: None });
                }
                kind::OPAQUE => return Err(TreeError::MissingNode),
                _ => return Err(TreeError::Malformed),
            }
        }
    }

    /// Checks that every opened item served an operation. Call it after the last one.
    ///
    /// # Errors
    /// `SurplusNode`.
    pub fn finish(&self) -> Result<(), TreeError> {
        let idle = |item: &Item| !item.visited && matches!(item.kind, kind::LEAF | kind::BRANCH);
        if self.items.iter().any(idle) {
            return Err(TreeError::SurplusNode);
        }
        Ok(())
    }
}

/// Key and value digest of the leaf whose payload starts at `start`.
pub(crate) fn leaf_payload(payload: &[u32], start: usize) -> Result<(&[u32; 7], &[u32; 7]), TreeError> {
    let words: &[u32; 14] =
        payload.get(start..).and_then(|rest| rest.first_chunk()).ok_or(TreeError::Malformed)?;
    let (Some((key, rest)), true) =
        (words.split_first_chunk::<7>(), words[6] >> 24 == 0 && words[13] >> 24 == 0)
    else {
        return Err(TreeError::Malformed);
    };
    rest.first_chunk().map(|value| (key, value)).ok_or(TreeError::Malformed)
}
