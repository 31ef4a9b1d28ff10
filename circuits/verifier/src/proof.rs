//! The proof file: public values and parts.

use crate::{bytes::Reader, error::VerifyError};

/// First bytes of a proof file.
pub const MAGIC: &[u8; 4] = b"PVOP";
/// Version of the file format.
pub const VERSION: u16 = 1;
/// A file with more is refused before anything is allocated for its parts.
const PARTS_MAX: u16 = 256;

/// What a proof file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Public values.
    pub public_values: Vec<u32>,
    /// The header, then the query parts: what goes to L1.
    pub parts: Vec<Vec<u8>>,
}

impl Proof {
    /// Decodes a file; whether the parts prove anything is for the verifier to say.
    pub fn parse(bytes: &[u8]) -> Result<Self, VerifyError> {
        Self::read(bytes).ok_or(VerifyError::ProofMalformed)
    }

    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(VERSION.to_be_bytes());
        out.extend((self.public_values.len() as u16).to_be_bytes());
        out.extend(self.public_values.iter().flat_map(|value| value.to_be_bytes()));
        out.extend((self.parts.len() as u16).to_be_bytes());
        for part in &self.parts {
            out.extend((part.len() as u32).to_be_bytes());
            out.extend(part);
        }
        out
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        if reader.version(MAGIC)? != VERSION {
            return None;
        }
        let count = reader.u16()?;
        let public_values = (0..count).map(|_| reader.u32()).collect::<Option<_>>()?;
        let count = reader.u16().filter(|count| *count <= PARTS_MAX)?;
        let parts = (0..count)
            .map(|_| {
                let length = reader.u32()?;
                reader.bytes(length as usize).map(<[u8]>::to_vec)
            })
            .collect::<Option<_>>()?;
        reader.is_empty().then_some(Self { public_values, parts })
    }
}
