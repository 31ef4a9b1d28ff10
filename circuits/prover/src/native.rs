//! The state transition outside of the virtual machine: milliseconds, and it names what is wrong with a witness.

use std::path::Path;

use prividium_stf::StfError;

use crate::{error::ProverError, files};

/// Witnesses are bounded so that a wrong path cannot fill the memory; a batch of 16 transfers has about 40 KB.
pub const WITNESS_BYTES_MAX: u64 = 256 << 20;

/// Reads a witness file.
pub fn read_witness(path: &Path) -> Result<Vec<u8>, ProverError> {
    files::read_bounded(path, WITNESS_BYTES_MAX)?.ok_or_else(|| {
        ProverError::WitnessInvalid(format!("the file is larger than {WITNESS_BYTES_MAX} bytes"))
    })
}

/// Runs the state transition natively and returns the batch output.
pub fn output_of(witness: &[u8]) -> Result<[u8; 32], ProverError> {
    match prividium_stf::run(witness) {
        Ok(output) => Ok(output.digest().0),
        Err(error @ StfError::Version(_)) => Err(ProverError::WitnessVersion(error.to_string())),
        Err(error) => Err(ProverError::WitnessInvalid(error.to_string())),
    }
}
