//! Verification: needs the verifying key alone, no keys of the prover, and about 15 ms.

use std::panic::{catch_unwind, AssertUnwindSafe};

use openvm_stark_backend::p3_field::PrimeField32;
use openvm_verify_stark_host::{verify_vm_stark_proof_decoded, vk::VmStarkVerifyingKey};

use crate::{commitment::Commitment, error::ProverError, proof::ProofFile};

/// Checks the file against the pinned commitments and returns the output that it proves.
///
/// `expected` is the output that the caller knows, if any: a valid proof of another output is a mismatch.
pub fn verify(
    key: &VmStarkVerifyingKey,
    app_vm_commit: Commitment,
    proof: &ProofFile,
    expected: Option<[u8; 32]>,
) -> Result<[u8; 32], ProverError> {
    let app_exe_commit = Commitment::from(key.baseline.app_exe_commit);
    if proof.app_exe_commit != app_exe_commit || proof.app_vm_commit != app_vm_commit {
        return Err(ProverError::ProofVersion(format!(
            "it is for the program {} on the machine {}; pinned are {app_exe_commit} on {app_vm_commit}",
            proof.app_exe_commit, proof.app_vm_commit
        )));
    }
    verify_stark(key, proof)?;
    let output = revealed(proof)?;
    if output != proof.output {
        return Err(ProverError::ProofInvalid("the header names another output than the STARK".into()));
    }
    match expected {
        Some(expected) if expected != output => {
            Err(ProverError::OutputMismatch { expected: hexadecimal(expected), actual: hexadecimal(output) })
        }
        _ => Ok(output),
    }
}

/// An output as people read it.
pub fn hexadecimal(output: [u8; 32]) -> String {
    format!("0x{}", hex::encode(output))
}

/// OpenVM's verifier indexes into parts of the proof before it has checked all their lengths, so an altered proof may
/// make it panic; to the caller that is one more way to be invalid.
fn verify_stark(key: &VmStarkVerifyingKey, proof: &ProofFile) -> Result<(), ProverError> {
    let verified = catch_unwind(AssertUnwindSafe(|| verify_vm_stark_proof_decoded(key, &proof.stark)));
    match verified {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(ProverError::ProofInvalid(error.to_string())),
        Err(_) => Err(ProverError::ProofInvalid("the STARK is malformed".into())),
    }
}

fn revealed(proof: &ProofFile) -> Result<[u8; 32], ProverError> {
    let values = &proof.stark.user_pvs_proof.public_values;
    let bytes: Option<Vec<u8>> = values.iter().map(|v| u8::try_from(v.as_canonical_u32()).ok()).collect();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| ProverError::ProofInvalid("the public values are not 32 bytes".into()))
}
