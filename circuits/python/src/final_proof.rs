//! The verifier of final proofs, and what is needed to send one to L1 in parts.

use prividium_verifier::{header, verify_parts, Proof, VerifyError, VerifyingKey};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::CoreError;

/// Public values and parts of a proof file; whether they prove anything is for the verifier to say.
#[pyfunction]
pub(crate) fn final_proof_parts<'py>(
    py: Python<'py>,
    proof: &[u8],
) -> PyResult<(Vec<u32>, Vec<Bound<'py, PyBytes>>)> {
    let proof = Proof::parse(proof).map_err(|error| refused(py, error))?;
    Ok((proof.public_values, proof.parts.iter().map(|part| PyBytes::new(py, part)).collect()))
}

/// Verify the parts of a final proof; raises `CoreError` with the code of the first check that fails.
#[pyfunction]
pub(crate) fn verify_final_proof(
    py: Python<'_>,
    key: &[u8],
    public_values: Vec<u32>,
    parts: Vec<Vec<u8>>,
) -> PyResult<()> {
    let verified = VerifyingKey::parse(key).and_then(|key| verify_parts(&key, &public_values, &parts));
    verified.map_err(|error| refused(py, error))
}

/// Verify a header and return the context that goes with each query part; raises as `verify_final_proof` does.
#[pyfunction]
pub(crate) fn final_proof_context<'py>(
    py: Python<'py>,
    key: &[u8],
    public_values: Vec<u32>,
    header_part: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    let context = VerifyingKey::parse(key).and_then(|key| {
        let values = header::canonical_public_values(&key, &public_values)?;
        header::verify_header(&key, &values, header_part)
    });
    context.map(|context| PyBytes::new(py, &context.encode())).map_err(|error| refused(py, error))
}

fn refused(py: Python<'_>, error: VerifyError) -> PyErr {
    let raised = CoreError::new_err(error.to_string());
    let value = raised.value(py);
    match value.setattr("code", error.code()).and_then(|()| value.setattr("message", error.to_string())) {
        Ok(()) => raised,
        Err(failure) => failure,
    }
}
