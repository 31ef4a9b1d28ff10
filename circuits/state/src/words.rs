//! Word-aligned reading and writing: the form in which witnesses are stored.
//!
//! A stream is a sequence of little-endian 32-bit words. Byte strings are padded with zero bytes to whole words, and a
//! reader refuses other padding, so that a stream has one form only.

use alloc::vec::Vec;

use crate::hash::Digest;
use crate::value::Salt;

/// A stream that ends too early or is not in its only form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WordsError {
    /// The stream ends inside an item.
    Truncated,
    /// Padding is not zero.
    Padding,
}

/// Reads words from the front of a slice.
#[derive(Clone)]
pub struct WordReader<'a>(&'a [u32]);

impl<'a> WordReader<'a> {
    /// Over words whose value is the little-endian reading of the bytes.
    #[must_use]
    pub const fn new(words: &'a [u32]) -> Self {
        Self(words)
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of words left.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// The next `count` words.
    ///
    /// # Errors
    /// `Truncated`.
    #[inline]
    pub fn words(&mut self, count: usize) -> Result<&'a [u32], WordsError> {
        if count > self.0.len() {
            return Err(WordsError::Truncated);
        }
        let (head, rest) = self.0.split_at(count);
        self.0 = rest;
        Ok(head)
    }

    /// The next `N` words.
    ///
    /// # Errors
    /// `Truncated`.
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<&'a [u32; N], WordsError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(WordsError::Truncated)?;
        self.0 = rest;
        Ok(head)
    }

    /// One word.
    ///
    /// # Errors
    /// `Truncated`.
    #[inline]
    pub fn u32(&mut self) -> Result<u32, WordsError> {
        self.array::<1>().map(|word| word[0])
    }

    /// Two words, the low one first.
    ///
    /// # Errors
    /// `Truncated`.
    #[inline]
    pub fn u64(&mut self) -> Result<u64, WordsError> {
        self.array::<2>().map(|two| u64::from(two[0]) | u64::from(two[1]) << 32)
    }

    /// A number of items that take at least `words_each` words each, so that nothing large is reserved for a short stream.
    ///
    /// # Errors
    /// `Truncated` if so many cannot follow.
    pub fn count(&mut self, words_each: usize) -> Result<usize, WordsError> {
        let count = self.u32()? as usize;
        match count.checked_mul(words_each) {
            Some(words) if words <= self.0.len() => Ok(count),
            _ => Err(WordsError::Truncated),
        }
    }

    /// A digest: seven words.
    ///
    /// # Errors
    /// `Truncated`, `Padding`.
    #[inline]
    pub fn digest(&mut self) -> Result<Digest, WordsError> {
        Digest::from_words(self.array()?).ok_or(WordsError::Padding)
    }

    /// A salt: six words.
    ///
    /// # Errors
    /// `Truncated`, `Padding`.
    #[inline]
    pub fn salt(&mut self) -> Result<Salt, WordsError> {
        Salt::from_words(self.array()?).ok_or(WordsError::Padding)
    }

    /// `length` bytes in whole words.
    ///
    /// # Errors
    /// `Truncated`, `Padding`.
    pub fn bytes(&mut self, length: usize) -> Result<&'a [u8], WordsError> {
        let words = self.words(length.div_ceil(4))?;
        // SAFETY: any word is four valid bytes, bytes have no alignment, and the lifetime is that of the words. On the
        // little-endian targets that the assertion below admits, they are the bytes of the stream.
        let bytes = unsafe { core::slice::from_raw_parts(words.as_ptr().cast::<u8>(), words.len() * 4) };
        let (head, padding) = bytes.split_at(length);
        if padding.iter().any(|byte| *byte != 0) {
            return Err(WordsError::Padding);
        }
        Ok(head)
    }

    /// `N` bytes, `N` a multiple of four.
    ///
    /// # Errors
    /// `Truncated`.
    #[inline]
    pub fn byte_array<const N: usize>(&mut self) -> Result<&'a [u8; N], WordsError> {
        self.bytes(N)?.first_chunk().ok_or(WordsError::Truncated)
    }
}

#[cfg(target_endian = "big")]
compile_error!("witness words are read in place and need a little-endian target");

/// Writes the form that [`WordReader`] reads.
#[derive(Clone, Default, Debug)]
pub struct WordWriter(Vec<u32>);

impl WordWriter {
    /// An empty stream.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// One word.
    pub fn u32(&mut self, value: u32) {
        self.0.push(value);
    }

    /// Two words, the low one first.
    pub fn u64(&mut self, value: u64) {
        self.0.extend([value as u32, (value >> 32) as u32]);
    }

    /// A digest.
    pub fn digest(&mut self, digest: &Digest) {
        self.0.extend(digest.words());
    }

    /// A salt.
    pub fn salt(&mut self, salt: &Salt) {
        self.0.extend(salt.words());
    }

    /// Bytes, padded with zeros to whole words.
    pub fn bytes(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(4) {
            let mut word = [0; 4];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0.push(u32::from_le_bytes(word));
        }
    }

    /// Words as they are.
    pub fn words(&mut self, words: &[u32]) {
        self.0.extend(words);
    }

    /// The words written.
    #[must_use]
    pub fn into_words(self) -> Vec<u32> {
        self.0
    }

    /// The bytes of the words written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.iter().flat_map(|word| word.to_le_bytes()).collect()
    }
}
