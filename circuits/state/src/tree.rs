//! Trees in a store: opening the part that a batch touches, and writing new nodes. Not part of the proof.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::convert::Infallible;

use crate::encoding::{PartialTreeEncoder, MAX_DEPTH};
use crate::hash::{Digest, Hash, Root, EMPTY_ROOT};
use crate::partial::{Change, PartialTree, TreeError};
use crate::update::{NewNode, Sink};
use crate::words::{WordReader, WordWriter};

/// A node of a tree, stored under its digest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Node {
    /// A key and its value digest.
    Leaf {
        /// The whole key.
        key: Digest,
        /// Digest of the salted value.
        value: Digest,
    },
    /// Two subtrees.
    Branch {
        /// Keys whose next bit is 0.
        left: Digest,
        /// Keys whose next bit is 1.
        right: Digest,
    },
}

impl Node {
    /// 55 bytes: two digests and the domain tag, which is also the preimage of the node's hash.
    #[must_use]
    pub fn encode(&self) -> [u8; 55] {
        let (first, second, tag) = match self {
            Self::Leaf { key, value } => (key, value, 0),
            Self::Branch { left, right } => (left, right, 1),
        };
        let mut bytes = [tag; 55];
        bytes[..27].copy_from_slice(&first.to_bytes());
        bytes[27..54].copy_from_slice(&second.to_bytes());
        bytes
    }

    /// Inverse of [`Node::encode`]; `None` for other bytes.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first_chunk::<27>()?;
        let (second, tag) = rest.split_first_chunk::<27>()?;
        let (first, second) = (Digest::from_bytes(first), Digest::from_bytes(second));
        match tag {
            [0] => Some(Self::Leaf { key: first, value: second }),
            [1] => Some(Self::Branch { left: first, right: second }),
            _ => None,
        }
    }
}

/// Where nodes come from.
pub trait NodeSource {
    /// Failure of the store.
    type Error;

    /// The node with this digest, if it is stored.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn node(&self, digest: &Digest) -> Result<Option<Node>, Self::Error>;
}

impl NodeSource for BTreeMap<Digest, Node> {
    type Error = Infallible;

    fn node(&self, digest: &Digest) -> Result<Option<Node>, Infallible> {
        Ok(self.get(digest).copied())
    }
}

impl<S: NodeSource> NodeSource for &S {
    type Error = S::Error;

    fn node(&self, digest: &Digest) -> Result<Option<Node>, S::Error> {
        (**self).node(digest)
    }
}

/// Why a tree cannot be opened or written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StoreError<E> {
    /// The store failed.
    Source(E),
    /// The store lacks a node that the root refers to.
    Missing(Digest),
    /// The opened part is not a tree with this root, or an operation on it is wrong.
    Tree(TreeError),
}

impl<E> From<TreeError> for StoreError<E> {
    fn from(error: TreeError) -> Self {
        Self::Tree(error)
    }
}

/// A subtree's place: its depth and the bits on the way to it.
type Place = (usize, Digest);

/// Result of opening and writing in one step.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Encoded partial tree; every item of it is needed.
    pub words: Vec<u32>,
    /// Root after the writes.
    pub root: Root,
    /// Nodes that the writes made.
    pub nodes: Vec<(Digest, Node)>,
}

/// The root after writes, and the nodes that they made.
pub type Update = (Root, Vec<(Digest, Node)>);

/// One access: a key and, if it is written, its new value digest (`Some(None)` deletes).
#[derive(Clone, Copy, Debug)]
pub struct Access {
    /// The key.
    pub key: Digest,
    /// What is written, if anything.
    pub write: Option<Option<Digest>>,
}

/// Opens `accesses` (one per key) in the tree under `root`, applies the writes, and returns the canonical partial tree
/// for a verifier who performs the same accesses.
///
/// # Errors
/// See [`StoreError`].
pub fn open<S: NodeSource>(
    source: &S,
    root: &Root,
    accesses: &[Access],
) -> Result<Opened, StoreError<S::Error>> {
    let mut keys: Vec<Digest> = accesses.iter().map(|access| access.key).collect();
    keys.sort_unstable();
    let mut siblings = BTreeSet::new();
    loop {
        let mut opener =
            Opener { source, siblings: &siblings, out: PartialTreeEncoder::new(), places: Vec::new() };
        let top = Digest::from_root(root);
        opener.subtree(&top, (0, Digest::EMPTY), &keys)?;
        let places = opener.places;
        let mut writer = WordWriter::new();
        opener.out.write(&mut writer);
        let words = writer.into_words();
        match apply(&words, root, accesses) {
            Ok((root, nodes)) => return Ok(Opened { words, root, nodes }),
            Err(TreeError::SiblingOpaque { item }) if siblings.insert(places[item as usize]) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Applies `writes` to the tree under `root`: the new root and the nodes to store.
///
/// # Errors
/// See [`StoreError`].
pub fn update<S: NodeSource>(
    source: &S,
    root: &Root,
    writes: &[(Digest, Option<Digest>)],
) -> Result<Update, StoreError<S::Error>> {
    let accesses: Vec<Access> =
        writes.iter().map(|(key, value)| Access { key: *key, write: Some(*value) }).collect();
    open(source, root, &accesses).map(|opened| (opened.root, opened.nodes))
}

/// Where the walk of a key ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// At its leaf, with this value digest.
    Value(Digest),
    /// At an empty subtree.
    Nothing,
    /// At the leaf of another key: showing this path would show that key.
    Neighbour,
}

/// Walks to `key` in the tree under `root`.
///
/// # Errors
/// See [`StoreError`].
pub fn find<S: NodeSource>(source: &S, root: &Root, key: &Digest) -> Result<Found, StoreError<S::Error>> {
    let mut at = Digest::from_root(root);
    for depth in 0..=MAX_DEPTH {
        if at.is_empty() {
            return Ok(Found::Nothing);
        }
        match source.node(&at).map_err(StoreError::Source)?.ok_or(StoreError::Missing(at))? {
            Node::Leaf { key: found, value } if found == *key => return Ok(Found::Value(value)),
            Node::Leaf { .. } => return Ok(Found::Neighbour),
            Node::Branch { left, right } if depth < MAX_DEPTH => {
                at = if key.bit(depth) { right } else { left }
            }
            Node::Branch { .. } => break,
        }
    }
    Err(TreeError::Malformed.into())
}

/// Value digest of `key` in the tree under `root`.
///
/// # Errors
/// See [`StoreError`].
pub fn get<S: NodeSource>(
    source: &S,
    root: &Root,
    key: &Digest,
) -> Result<Option<Digest>, StoreError<S::Error>> {
    find(source, root, key).map(|found| match found {
        Found::Value(value) => Some(value),
        Found::Nothing | Found::Neighbour => None,
    })
}

fn apply(words: &[u32], root: &Root, accesses: &[Access]) -> Result<Update, TreeError> {
    let mut reader = WordReader::new(words);
    let mut tree = PartialTree::read(&mut reader)?;
    if tree.root().is_some_and(|found| found != *root) {
        return Err(TreeError::Malformed);
    }
    let mut changes = Vec::new();
    for access in accesses {
        let lookup = tree.find(&access.key)?;
        if let Some(value) = access.write {
            changes.push(Change { position: lookup.position, key: access.key, value });
        }
    }
    let mut nodes = NewNodes(Vec::new());
    let new_root = match tree.root() {
        None => *root,
        Some(_) => tree.update_into(&changes, &mut nodes)?,
    };
    tree.finish()?;
    Ok((new_root, nodes.0))
}

struct NewNodes(Vec<(Digest, Node)>);

impl Sink for NewNodes {
    fn node(&mut self, hash: &Hash, node: NewNode<'_>) {
        let node = match node {
            NewNode::Leaf { key, value } => Node::Leaf { key: *key, value: *value },
            NewNode::Branch { left, right } => Node::Branch { left, right },
        };
        self.0.push((Digest::from_hash(hash), node));
    }
}

struct Opener<'a, S> {
    source: &'a S,
    siblings: &'a BTreeSet<Place>,
    out: PartialTreeEncoder,
    places: Vec<Place>,
}

impl<S: NodeSource> Opener<'_, S> {
    /// Emits the subtree with `digest` at `place`, opened as far as `keys` (sorted, all below `place`) need it.
    fn subtree(
        &mut self,
        digest: &Digest,
        place: Place,
        keys: &[Digest],
    ) -> Result<(), StoreError<S::Error>> {
        self.places.push(place);
        if digest.is_empty() {
            self.out.empty();
            return Ok(());
        }
        if keys.is_empty() && !self.siblings.contains(&place) {
            self.out.opaque(digest);
            return Ok(());
        }
        match self.source.node(digest).map_err(StoreError::Source)?.ok_or(StoreError::Missing(*digest))? {
            Node::Leaf { key, value } => self.out.leaf(&key, &value),
            Node::Branch { left, right } => {
                let (depth, prefix) = place;
                if depth >= MAX_DEPTH {
                    return Err(TreeError::Malformed.into());
                }
                self.out.branch();
                let (zeros, ones) = keys.split_at(keys.partition_point(|key| !key.bit(depth)));
                self.subtree(&left, (depth + 1, prefix), zeros)?;
                self.subtree(&right, (depth + 1, with_bit(&prefix, depth)), ones)?;
            }
        }
        Ok(())
    }
}

fn with_bit(prefix: &Digest, index: usize) -> Digest {
    let mut bytes = prefix.to_bytes();
    bytes[index >> 3] |= 0x80 >> (index & 7);
    Digest::from_bytes(&bytes)
}

/// Builds a tree of its own from `leaves` (key, value digest): its root and nodes.
///
/// # Errors
/// `Malformed` if a key appears twice.
pub fn build(leaves: &[(Digest, Digest)]) -> Result<Update, TreeError> {
    let writes: Vec<(Digest, Option<Digest>)> =
        leaves.iter().map(|(key, value)| (*key, Some(*value))).collect();
    match update(&BTreeMap::new(), &EMPTY_ROOT, &writes) {
        Ok(built) => Ok(built),
        Err(StoreError::Tree(error)) => Err(error),
        Err(StoreError::Source(_) | StoreError::Missing(_)) => Err(TreeError::Malformed),
    }
}
