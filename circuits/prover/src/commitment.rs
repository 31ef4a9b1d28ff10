//! A Poseidon2 digest: eight BabyBear elements, written as canonical big-endian `u32` (the form that L1 compares).

use std::fmt;

use openvm_stark_backend::p3_field::PrimeField32;
use openvm_stark_sdk::config::baby_bear_poseidon2::Digest;
use serde::{de::Error, Deserialize, Deserializer, Serialize, Serializer};

/// 32 bytes: eight field elements of four bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Commitment(pub [u8; 32]);

impl From<Digest> for Commitment {
    fn from(digest: Digest) -> Self {
        let mut bytes = [0; 32];
        for (chunk, element) in bytes.chunks_exact_mut(4).zip(digest) {
            chunk.copy_from_slice(&element.as_canonical_u32().to_be_bytes());
        }
        Self(bytes)
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Commitment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Commitment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_hex32(&text)
            .map(Self)
            .ok_or_else(|| D::Error::custom("expected 32 bytes as 0x and hexadecimal digits"))
    }
}

/// Reads 32 bytes written as `0x` and 64 hexadecimal digits.
pub fn parse_hex32(text: &str) -> Option<[u8; 32]> {
    hex::decode(text.strip_prefix("0x")?).ok()?.try_into().ok()
}
