//! Word encoding of partial trees (docs/protocol/witness.md).

use alloc::vec::Vec;

use crate::hash::Digest;
use crate::words::WordWriter;

/// Longest path: one level per bit of a key.
pub const MAX_DEPTH: usize = 216;

/// Items of a partial tree, two bits each.
pub(crate) mod kind {
    pub(crate) const EMPTY: u8 = 0;
    pub(crate) const OPAQUE: u8 = 1;
    pub(crate) const LEAF: u8 = 2;
    pub(crate) const BRANCH: u8 = 3;
}

/// Collects the items of a partial tree in pre-order.
#[derive(Clone, Default, Debug)]
pub struct PartialTreeEncoder {
    kinds: Vec<u32>,
    payload: WordWriter,
    count: u32,
}

impl PartialTreeEncoder {
    /// No items yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty subtree.
    pub fn empty(&mut self) {
        self.item(kind::EMPTY);
    }

    /// A subtree that stays closed.
    pub fn opaque(&mut self, digest: &Digest) {
        self.item(kind::OPAQUE);
        self.payload.digest(digest);
    }

    /// A leaf.
    pub fn leaf(&mut self, key: &Digest, value: &Digest) {
        self.item(kind::LEAF);
        self.payload.digest(key);
        self.payload.digest(value);
    }

    /// An opened node; its left and right side follow.
    pub fn branch(&mut self) {
        self.item(kind::BRANCH);
    }

    fn item(&mut self, kind: u8) {
        let shift = (self.count & 15) * 2;
        if shift == 0 {
            self.kinds.push(0);
        }
        if let Some(last) = self.kinds.last_mut() {
            *last |= u32::from(kind) << shift;
        }
        self.count += 1;
    }

    /// Number of items so far.
    #[must_use]
    pub const fn len(&self) -> u32 {
        self.count
    }

    /// Whether there are no items.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Writes item count, payload length, kinds and payload.
    pub fn write(self, out: &mut WordWriter) {
        let payload = self.payload.into_words();
        out.u32(self.count);
        out.u32(payload.len() as u32);
        out.words(&self.kinds);
        out.words(&payload);
    }
}
