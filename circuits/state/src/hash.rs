//! SHA-256 (FIPS 180-4) and the 27-byte digests built on it.
//!
//! Digests are held as little-endian words of their bytes, so that a message block is assembled with word moves: two
//! digests and a tag are exactly one block.

use core::fmt;

/// Full output of SHA-256 as little-endian words of its 32 bytes.
pub type Hash = [u32; 8];

/// A 32-byte root of a tree.
pub type Root = [u8; 32];

/// Root of a tree without leaves.
pub const EMPTY_ROOT: Root = [0; 32];

const IV: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Mask of the three bytes of a digest's last word.
const LAST: u32 = 0x00ff_ffff;

/// The first 27 bytes of a SHA-256 hash; the all-zero value stands for "nothing".
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Digest([u32; 7]);

impl Digest {
    /// The empty digest: a subtree without leaves, or the first link of a history.
    pub const EMPTY: Self = Self([0; 7]);

    /// Number of bytes of a digest.
    pub const LEN: usize = 27;

    /// From the 27 bytes of a digest.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 27]) -> Self {
        let mut words = [0u32; 7];
        for (i, byte) in bytes.iter().enumerate() {
            words[i >> 2] |= u32::from(*byte) << ((i & 3) * 8);
        }
        Self(words)
    }

    /// The digest of a full hash: its first 27 bytes.
    #[must_use]
    pub fn from_hash(hash: &Hash) -> Self {
        let [a, b, c, d, e, f, g, _] = *hash;
        Self([a, b, c, d, e, f, g & LAST])
    }

    /// From seven little-endian words; `None` if the 28th byte is not zero.
    #[must_use]
    pub fn from_words(words: &[u32; 7]) -> Option<Self> {
        (words[6] & !LAST == 0).then_some(Self(*words))
    }

    /// The first 27 bytes of a 32-byte root.
    #[must_use]
    pub fn from_root(root: &Root) -> Self {
        let mut bytes = [0; 27];
        bytes.copy_from_slice(&root[..27]);
        Self::from_bytes(&bytes)
    }

    /// The seven little-endian words; the last byte is zero.
    #[must_use]
    pub const fn words(&self) -> &[u32; 7] {
        &self.0
    }

    /// The 27 bytes, in place.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 27] {
        // SAFETY: the words have 28 bytes, bytes need no alignment, and the words are their little-endian reading on the
        // targets that `words.rs` admits.
        unsafe { &*self.0.as_ptr().cast::<[u8; 27]>() }
    }

    /// The 27 bytes.
    #[must_use]
    pub const fn to_bytes(&self) -> [u8; 27] {
        *self.as_bytes()
    }

    /// Whether this is the empty digest.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Bit `index` of the digest read as a key, most significant bit of the first byte first.
    #[inline]
    #[must_use]
    pub const fn bit(&self, index: usize) -> bool {
        (self.0[index >> 5] >> ((index & 31) ^ 7)) & 1 == 1
    }
}

impl PartialOrd for Digest {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Digest {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.0.iter().map(|w| w.swap_bytes()).cmp(other.0.iter().map(|w| w.swap_bytes()))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The 32 bytes of a hash.
#[must_use]
pub fn hash_bytes(hash: &Hash) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (chunk, word) in bytes.chunks_exact_mut(4).zip(hash) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

#[cfg(target_os = "zkvm")]
#[inline(always)]
fn compress(state: &[u32; 8], block: &[u32; 16]) -> [u32; 8] {
    extern "C" {
        fn zkvm_sha256_impl(state: *const u8, input: *const u8, output: *mut u8);
    }
    let mut output = core::mem::MaybeUninit::<[u32; 8]>::uninit();
    // SAFETY: state, input and output are word-aligned buffers of 32, 64 and 32 bytes, and the call fills all of output.
    unsafe {
        zkvm_sha256_impl(state.as_ptr().cast(), block.as_ptr().cast(), output.as_mut_ptr().cast());
        output.assume_init()
    }
}

#[cfg(not(target_os = "zkvm"))]
fn compress(state: &[u32; 8], block: &[u32; 16]) -> [u32; 8] {
    let mut bytes = [0u8; 64];
    for (chunk, word) in bytes.chunks_exact_mut(4).zip(block) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    let mut state = *state;
    sha2::compress256(&mut state, &[bytes.into()]);
    state
}

/// Hash of a message that fits one block and is already padded, as words of its bytes.
#[inline]
pub(crate) fn one_block(block: &[u32; 16]) -> Hash {
    compress(&IV, block).map(u32::swap_bytes)
}

/// Hash of padded blocks.
pub(crate) fn blocks<const N: usize>(blocks: &[[u32; 16]; N]) -> Hash {
    blocks.iter().fold(IV, |state, block| compress(&state, block)).map(u32::swap_bytes)
}

/// `H(left27 ‖ right27 ‖ tag)`; the last byte of either operand's seventh word is ignored.
#[inline]
#[must_use]
pub(crate) fn pair_words(left: &[u32; 7], right: &[u32; 7], tag: u8) -> Hash {
    let [a, b, c, d, e, f, g] = *left;
    let [p, q, r, s, t, u, v] = *right;
    one_block(&[
        a,
        b,
        c,
        d,
        e,
        f,
        (g & LAST) | p << 24,
        p >> 8 | q << 24,
        q >> 8 | r << 24,
        r >> 8 | s << 24,
        s >> 8 | t << 24,
        t >> 8 | u << 24,
        u >> 8 | v << 24,
        (v >> 8 & 0xffff) | u32::from(tag) << 16 | 0x8000_0000,
        0,
        BITS_55,
    ])
}

/// Bit length of a 55-byte message, in the byte order of a block's last word.
const BITS_55: u32 = 440u32.swap_bytes();

/// `H(value32 ‖ salt22 ‖ tag)`, the salt as words with two zero bytes at its end.
#[inline]
pub(crate) fn salted_words(value: &[u32; 8], salt: &[u32; 6], tag: u8) -> Hash {
    let [a, b, c, d, e, f, g, h] = *value;
    let [p, q, r, s, t, u] = *salt;
    let last = u | u32::from(tag) << 16 | 0x8000_0000;
    one_block(&[a, b, c, d, e, f, g, h, p, q, r, s, t, last, 0, BITS_55])
}

/// `H(left ‖ right ‖ tag)` of two digests.
#[inline]
#[must_use]
pub fn pair(left: &Digest, right: &Digest, tag: u8) -> Digest {
    Digest::from_hash(&pair_words(&left.0, &right.0, tag))
}

/// Next head of a history: `link(head, entry)` of commitments.md §1, tag `09`.
#[must_use]
pub fn link(head: &Digest, entry: &Digest) -> Digest {
    pair(head, entry, 0x09)
}

/// SHA-256 of `message`.
#[must_use]
pub fn sha256(message: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(message);
    hash_bytes(&hasher.finish())
}

/// Incremental SHA-256 over the accelerated compression function.
#[derive(Clone)]
pub struct Sha256 {
    state: [u32; 8],
    block: [u32; 16],
    length: usize,
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

impl Sha256 {
    /// An empty message.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: IV, block: [0; 16], length: 0 }
    }

    /// The block as the bytes of the message.
    fn bytes(&mut self) -> &mut [u8; 64] {
        // SAFETY: both types have 64 bytes without padding, any byte is valid in both, and bytes need no alignment. The
        // words are the little-endian reading of the bytes on the targets that `words.rs` admits.
        unsafe { &mut *self.block.as_mut_ptr().cast::<[u8; 64]>() }
    }

    /// Appends `bytes` to the message.
    pub fn update(&mut self, mut bytes: &[u8]) {
        let mut filled = self.length & 63;
        self.length += bytes.len();
        while bytes.len() >= 64 - filled {
            let (head, rest) = bytes.split_at(64 - filled);
            self.bytes()[filled..].copy_from_slice(head);
            self.state = compress(&self.state, &self.block);
            bytes = rest;
            filled = 0;
        }
        self.bytes()[filled..filled + bytes.len()].copy_from_slice(bytes);
    }

    /// Appends the 27 bytes of a digest.
    pub fn update_digest(&mut self, digest: &Digest) {
        self.update(digest.as_bytes());
    }

    /// Pads and returns the hash.
    #[must_use]
    pub fn finish(mut self) -> Hash {
        let filled = self.length & 63;
        self.bytes()[filled] = 0x80;
        self.bytes()[filled + 1..].fill(0);
        if filled >= 56 {
            self.state = compress(&self.state, &self.block);
            self.block = [0; 16];
        }
        let bits = self.length as u64 * 8;
        self.block[14] = ((bits >> 32) as u32).swap_bytes();
        self.block[15] = (bits as u32).swap_bytes();
        compress(&self.state, &self.block).map(u32::swap_bytes)
    }

    /// Appends the domain tag and returns the digest.
    #[must_use]
    pub fn finish_tagged(mut self, tag: u8) -> Digest {
        self.update(&[tag]);
        Digest::from_hash(&self.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::Digest as _;
    extern crate std;
    use std::vec::Vec;

    #[test]
    fn every_length_hashes_like_the_reference_implementation() {
        let message: Vec<u8> = (0..300u32).map(|i| (i * 7 + 3) as u8).collect();
        for length in 0..message.len() {
            let expected: [u8; 32] = sha2::Sha256::digest(&message[..length]).into();
            assert_eq!(sha256(&message[..length]), expected, "length {length}");
        }
    }

    #[test]
    fn a_pair_is_the_hash_of_its_bytes_and_tag() {
        let left = Digest::from_bytes(&core::array::from_fn(|i| i as u8 + 1));
        let right = Digest::from_bytes(&core::array::from_fn(|i| 200 - i as u8));
        let mut message = left.to_bytes().to_vec();
        message.extend(right.to_bytes());
        message.push(7);
        let expected = sha256(&message);
        assert_eq!(pair(&left, &right, 7).to_bytes(), expected[..27]);
    }

    #[test]
    fn key_bits_count_from_the_most_significant_bit_of_the_first_byte() {
        let mut bytes = [0u8; 27];
        bytes[0] = 0x80;
        bytes[5] = 0x01;
        let key = Digest::from_bytes(&bytes);
        let ones: Vec<usize> = (0..216).filter(|i| key.bit(*i)).collect();
        assert_eq!(ones, [0, 47]);
    }
}
