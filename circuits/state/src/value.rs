//! Salted values of leaves (commitments.md §1).
//!
//! A node store keeps values under their digests: slots and the head as the hash preimage without the tag, accounts with
//! their history opened.

use alloc::vec::Vec;

use crate::hash::{blocks, one_block, salted_words, Digest, Sha256};

/// 22 secret bytes that hide a leaf's value.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Salt([u32; 6]);

impl Salt {
    /// Number of bytes of a salt.
    pub const LEN: usize = 22;

    /// From its bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 22]) -> Self {
        let mut words = [0u32; 6];
        for (i, byte) in bytes.iter().enumerate() {
            words[i >> 2] |= u32::from(*byte) << ((i & 3) * 8);
        }
        Self(words)
    }

    /// From six little-endian words; `None` if the last two bytes are not zero.
    #[must_use]
    pub fn from_words(words: &[u32; 6]) -> Option<Self> {
        (words[5] >> 16 == 0).then_some(Self(*words))
    }

    /// The 19 bytes that an account's value takes, followed by zeros.
    #[must_use]
    pub const fn shortened(&self) -> Self {
        let [a, b, c, d, e, _] = self.0;
        Self([a, b, c, d, e & 0x00ff_ffff, 0])
    }

    /// The six little-endian words; the last two bytes are zero.
    #[must_use]
    pub const fn words(&self) -> &[u32; 6] {
        &self.0
    }

    /// The 22 bytes, in place.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 22] {
        // SAFETY: the words have 24 bytes, bytes need no alignment, and the words are their little-endian reading on the
        // targets that `words.rs` admits.
        unsafe { &*self.0.as_ptr().cast::<[u8; 22]>() }
    }

    /// The 22 bytes.
    #[must_use]
    pub const fn to_bytes(&self) -> [u8; 22] {
        *self.as_bytes()
    }
}

/// A stored value that does not decode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ValueError;

impl core::fmt::Display for ValueError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("stored value has the wrong length")
    }
}

fn words8(bytes: &[u8; 32]) -> [u32; 8] {
    core::array::from_fn(|i| {
        u32::from_le_bytes([bytes[4 * i], bytes[4 * i + 1], bytes[4 * i + 2], bytes[4 * i + 3]])
    })
}

/// Value digest of a storage slot: `value32 ‖ salt22`, tag `02`.
#[inline]
#[must_use]
pub fn storage_value(value: &[u8; 32], salt: &Salt) -> Digest {
    Digest::from_hash(&salted_words(&words8(value), &salt.0, 0x02))
}

/// Leaf of a transaction: `txHash32 ‖ salt22`, tag `05`.
#[must_use]
pub fn transaction_leaf(hash: &[u8; 32], salt: &Salt) -> Digest {
    Digest::from_hash(&salted_words(&words8(hash), &salt.0, 0x05))
}

/// Value digest of a policy entry: `entryBytes ‖ salt22`, tag `0c`.
#[must_use]
pub fn policy_value(entry: &[u8], salt: &Salt) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(entry);
    hasher.update(salt.as_bytes());
    hasher.finish_tagged(0x0c)
}

/// A storage slot with its salt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StorageValue {
    /// Big-endian value, not zero.
    pub value: [u8; 32],
    /// Salt of the leaf.
    pub salt: Salt,
}

impl StorageValue {
    /// The value digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        storage_value(&self.value, &self.salt)
    }

    /// Preimage without the tag.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [&self.value[..], &self.salt.to_bytes()].concat()
    }

    /// Inverse of [`StorageValue::encode`].
    ///
    /// # Errors
    /// If the length is not 54 bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, ValueError> {
        let mut reader = Fields(bytes);
        let value = Self { value: reader.take()?, salt: reader.salt()? };
        reader.end(value)
    }
}

/// An account's value; a leaf exists if nonce, balance or history count is non-zero or there is code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccountValue {
    /// Number of transactions sent, or contracts created.
    pub nonce: u64,
    /// Big-endian balance in wei.
    pub balance: [u8; 32],
    /// Keccak-256 of the code.
    pub code_hash: [u8; 32],
    /// Number of transactions that concerned the account.
    pub history_count: u64,
    /// Head of the history chain.
    pub history_head: Digest,
}

/// Keccak-256 of no bytes: the code hash of an account without code.
pub const NO_CODE: [u8; 32] = [
    0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03, 0xc0, 0xe5,
    0x00, 0xb6, 0x53, 0xca, 0x82, 0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70,
];

/// Value digest of an account whose history is known by its digest alone, tag `03`; 19 bytes of the salt enter, so that
/// the message fills two blocks.
#[must_use]
pub fn account_digest(
    nonce: u64,
    balance: &[u8; 32],
    code_hash: &[u8; 32],
    history_digest: &Digest,
    salt: &Salt,
) -> Digest {
    let mut words = [[0u32; 16]; 2];
    let [first, second] = &mut words;
    first[0] = ((nonce >> 32) as u32).swap_bytes();
    first[1] = (nonce as u32).swap_bytes();
    first[2..10].copy_from_slice(&words8(balance));
    let code = words8(code_hash);
    first[10..].copy_from_slice(&code[..6]);
    second[..2].copy_from_slice(&code[6..]);
    let salt = salt.words();
    second[2..9].copy_from_slice(history_digest.words());
    second[8] |= salt[0] << 24;
    for i in 0..4 {
        second[9 + i] = salt[i] >> 8 | salt[i + 1] << 24;
    }
    second[13] = (salt[4] >> 8 & 0xffff) | 0x8003_0000;
    second[15] = (119u32 * 8).swap_bytes();
    Digest::from_hash(&blocks(&words))
}

impl AccountValue {
    /// The value of an account that has no leaf.
    pub const ABSENT: Self = Self {
        nonce: 0,
        balance: [0; 32],
        code_hash: NO_CODE,
        history_count: 0,
        history_head: Digest::EMPTY,
    };

    /// Whether an account with this value has a leaf.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.nonce != 0 || self.history_count != 0 || self.balance != [0; 32] || self.code_hash != NO_CODE
    }

    /// `H(historyCount ‖ historyHead ‖ 0d)`: hides how often an account was used from those who see its value.
    #[must_use]
    pub fn history_digest(&self) -> Digest {
        let mut block = [0; 16];
        block[0] = ((self.history_count >> 32) as u32).swap_bytes();
        block[1] = (self.history_count as u32).swap_bytes();
        block[2..9].copy_from_slice(self.history_head.words());
        block[8] |= 0x0d << 24;
        block[9] = 0x80;
        block[15] = (36u32 * 8).swap_bytes();
        Digest::from_hash(&one_block(&block))
    }

    /// The value digest: nonce, balance, code hash, history digest, tag `03`.
    #[must_use]
    pub fn digest(&self, salt: &Salt) -> Digest {
        account_digest(self.nonce, &self.balance, &self.code_hash, &self.history_digest(), salt)
    }

    /// Form in a value store: nonce, balance, code hash, history count, history head, salt.
    #[must_use]
    pub fn encode(&self, salt: &Salt) -> Vec<u8> {
        [
            &self.nonce.to_be_bytes()[..],
            &self.balance,
            &self.code_hash,
            &self.history_count.to_be_bytes(),
            &self.history_head.to_bytes(),
            &salt.to_bytes(),
        ]
        .concat()
    }

    /// Inverse of [`AccountValue::encode`].
    ///
    /// # Errors
    /// If the length is not 129 bytes.
    pub fn decode(bytes: &[u8]) -> Result<(Self, Salt), ValueError> {
        let mut reader = Fields(bytes);
        let value = Self {
            nonce: reader.u64()?,
            balance: reader.take()?,
            code_hash: reader.take()?,
            history_count: reader.u64()?,
            history_head: reader.digest()?,
        };
        let salt = reader.salt()?;
        reader.end((value, salt))
    }
}

/// The head leaf: the last block of the last batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeadValue {
    /// Number of the batch that wrote this leaf.
    pub batch_number: u64,
    /// Number of its last block.
    pub block_number: u64,
    /// Timestamp of its last block, in seconds.
    pub timestamp: u64,
    /// Hash of its last block.
    pub block_hash: [u8; 32],
    /// List of its blocks.
    pub blocks_digest: Digest,
}

impl HeadValue {
    /// The value digest: fields ‖ salt22, tag `04`.
    #[must_use]
    pub fn digest(&self, salt: &Salt) -> Digest {
        let mut hasher = Sha256::new();
        hasher.update(&self.encode(salt));
        hasher.finish_tagged(0x04)
    }

    /// Preimage without the tag, including the salt.
    #[must_use]
    pub fn encode(&self, salt: &Salt) -> Vec<u8> {
        [
            &self.batch_number.to_be_bytes()[..],
            &self.block_number.to_be_bytes(),
            &self.timestamp.to_be_bytes(),
            &self.block_hash,
            &self.blocks_digest.to_bytes(),
            &salt.to_bytes(),
        ]
        .concat()
    }

    /// Inverse of [`HeadValue::encode`].
    ///
    /// # Errors
    /// If the length is not 105 bytes.
    pub fn decode(bytes: &[u8]) -> Result<(Self, Salt), ValueError> {
        let mut reader = Fields(bytes);
        let value = Self {
            batch_number: reader.u64()?,
            block_number: reader.u64()?,
            timestamp: reader.u64()?,
            block_hash: reader.take()?,
            blocks_digest: reader.digest()?,
        };
        let salt = reader.salt()?;
        reader.end((value, salt))
    }
}

struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], ValueError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(ValueError)?;
        self.0 = rest;
        Ok(*head)
    }

    fn u64(&mut self) -> Result<u64, ValueError> {
        self.take().map(u64::from_be_bytes)
    }

    fn digest(&mut self) -> Result<Digest, ValueError> {
        self.take().map(|bytes| Digest::from_bytes(&bytes))
    }

    fn salt(&mut self) -> Result<Salt, ValueError> {
        self.take().map(|bytes| Salt::from_bytes(&bytes))
    }

    fn end<T>(&self, value: T) -> Result<T, ValueError> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(ValueError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sha256;

    #[test]
    fn an_account_value_hashes_its_encoding_and_tag() {
        let salt = Salt::from_bytes(&core::array::from_fn(|i| i as u8 + 100));
        let value = AccountValue {
            nonce: 0x0102_0304_0506_0708,
            balance: core::array::from_fn(|i| i as u8),
            code_hash: core::array::from_fn(|i| 255 - i as u8),
            history_count: 0x1112_1314_1516_1718,
            history_head: Digest::from_bytes(&core::array::from_fn(|i| i as u8 * 3)),
        };
        let mut history = 0x1112_1314_1516_1718u64.to_be_bytes().to_vec();
        history.extend(value.history_head.to_bytes());
        history.push(0x0d);
        assert_eq!(value.history_digest().to_bytes(), sha256(&history)[..27]);
        let mut preimage = value.nonce.to_be_bytes().to_vec();
        preimage.extend(value.balance);
        preimage.extend(value.code_hash);
        preimage.extend(value.history_digest().to_bytes());
        preimage.extend(&salt.to_bytes()[..19]);
        preimage.push(0x03);
        assert_eq!(preimage.len(), 119);
        assert_eq!(value.digest(&salt).to_bytes(), sha256(&preimage)[..27]);
        let stored = value.encode(&salt);
        assert_eq!(AccountValue::decode(&stored), Ok((value, salt)));
        assert_eq!(AccountValue::decode(&stored[1..]), Err(ValueError));
    }

    #[test]
    fn a_storage_value_hashes_its_encoding_and_tag() {
        let value = StorageValue {
            value: core::array::from_fn(|i| i as u8 + 1),
            salt: Salt::from_bytes(&core::array::from_fn(|i| 200 - i as u8)),
        };
        let mut preimage = value.encode();
        preimage.push(0x02);
        assert_eq!(value.digest().to_bytes(), sha256(&preimage)[..27]);
        assert_eq!(StorageValue::decode(&value.encode()), Ok(value));
    }

    #[test]
    fn only_a_value_with_content_has_a_leaf() {
        assert!(!AccountValue::ABSENT.exists());
        assert!(AccountValue { history_count: 1, ..AccountValue::ABSENT }.exists());
        assert!(AccountValue { nonce: 1, ..AccountValue::ABSENT }.exists());
        assert!(AccountValue { code_hash: [0; 32], ..AccountValue::ABSENT }.exists());
    }
}
