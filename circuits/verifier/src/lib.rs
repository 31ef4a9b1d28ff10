//! Verifies final proofs of the private chain. The protocol is `docs/protocol/proof.md`; each file is one of its sections.
//!
//! Read in the order of a verification: [`key`] and [`program`] say what is proven, [`transcript`] and [`header`] replay
//! the conversation and check the constraints at one point outside the domain, [`query`] with [`deep`], [`fold`] and
//! [`merkle`] check that what was committed has low degree. L1 contracts run the same steps on the same bytes, one
//! transaction for the header and one for each query part; [`header::Context`] is all that passes between them.

#![forbid(unsafe_code)]

pub mod bytes;
pub mod deep;
pub mod error;
pub mod field;
pub mod fold;
pub mod hash;
pub mod header;
pub mod key;
pub mod merkle;
pub mod program;
pub mod proof;
pub mod query;
pub mod transcript;

pub use error::VerifyError;
pub use field::{Ext, Felt};
pub use key::VerifyingKey;
pub use proof::Proof;

/// Verifies a proof file against a key file and the public values that the caller expects.
pub fn verify(key: &[u8], public_values: &[u32], proof: &[u8]) -> Result<(), VerifyError> {
    let key = VerifyingKey::parse(key)?;
    let proof = Proof::parse(proof)?;
    if proof.public_values != public_values {
        return Err(VerifyError::PublicValuesMismatch);
    }
    verify_parts(&key, public_values, &proof.parts)
}

/// Verifies the parts of a proof as L1 receives them.
pub fn verify_parts(key: &VerifyingKey, public_values: &[u32], parts: &[Vec<u8>]) -> Result<(), VerifyError> {
    let public_values = header::canonical_public_values(key, public_values)?;
    let (header, queries) = parts.split_first().ok_or(VerifyError::ProofMalformed)?;
    if queries.len() != key.descriptor.parameters.parts() {
        return Err(VerifyError::ProofMalformed);
    }
    let context = header::verify_header(key, &public_values, header)?;
    for (number, part) in queries.iter().enumerate() {
        query::verify_part(key, &context, number, part)?;
    }
    Ok(())
}
