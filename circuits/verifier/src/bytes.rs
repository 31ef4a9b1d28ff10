//! Reads a byte string from its start. Every read may fail; none panics.

use crate::field::{Ext, Felt};

/// The part of a byte string that is not read yet.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the start.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `count` bytes.
    pub fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(head)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    /// A big-endian integer.
    pub fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    /// A big-endian integer.
    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// A big-endian integer.
    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// A big-endian integer.
    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// `count` canonical base field elements.
    pub fn felts(&mut self, count: usize) -> Option<Vec<Felt>> {
        let bytes = self.bytes(count.checked_mul(4)?)?;
        bytes.chunks_exact(4).map(|chunk| Felt::from_bytes(chunk.try_into().ok()?)).collect()
    }

    /// `count` extension elements with canonical coordinates.
    pub fn exts(&mut self, count: usize) -> Option<Vec<Ext>> {
        let felts = self.felts(count.checked_mul(4)?)?;
        Some(felts.chunks_exact(4).map(|c| Ext([c[0], c[1], c[2], c[3]])).collect())
    }

    /// The start of every file: four bytes that name its kind, then the version of its format. None if it is of another
    /// kind.
    pub fn version(&mut self, magic: &[u8; 4]) -> Option<u16> {
        self.array().filter(|start: &[u8; 4]| start == magic)?;
        self.u16()
    }

    /// Whether everything is read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}
