//! One error type. Every variant has a stable `code` (for programs) and an exit status (for shells).

use std::{io, path::Path};

/// Everything that can stop the prover.
#[derive(Debug, thiserror::Error)]
pub enum ProverError {
    /// The witness does not decode, or the state transition refuses it.
    #[error("the witness is invalid: {0}")]
    WitnessInvalid(String),
    /// The witness was written for another version of the format.
    #[error("the witness has an unsupported version: {0}")]
    WitnessVersion(String),
    /// The guest stopped without an output, or with another one than the native run.
    #[error("the guest did not produce an output: {0}")]
    ExecutionFailed(String),
    /// The file is no proof, or its proof does not verify.
    #[error("the proof is invalid: {0}")]
    ProofInvalid(String),
    /// The proof was made by another version of the format or of the guest.
    #[error("the proof has an unsupported version: {0}")]
    ProofVersion(String),
    /// The proof is valid and says something else than expected.
    #[error("the proof commits to output {actual}, not to {expected}")]
    OutputMismatch {
        /// Output asked for, hexadecimal.
        expected: String,
        /// Output of the proof, hexadecimal.
        actual: String,
    },
    /// The machine has too little memory left for the next step.
    #[error(
        "the next step needs about {needed_mib} MiB of memory and {available_mib} MiB are available: \
         free some, or lower --segment-memory-max; finished segments are kept"
    )]
    OutOfMemory {
        /// Estimate for the next step.
        needed_mib: u64,
        /// What the system reports as available.
        available_mib: u64,
    },
    /// No space left where the prover writes.
    #[error(
        "no space left on device while writing {0}: free some and run again; finished segments are kept"
    )]
    DiskFull(String),
    /// Another job is running.
    #[error("the prover is busy with another job")]
    Busy,
    /// The job was cancelled, or the process was asked to stop.
    #[error("cancelled; finished segments are kept")]
    Cancelled,
    /// A file or socket could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// File or socket concerned.
        path: String,
        /// Cause given by the system.
        source: io::Error,
    },
    /// A request on the socket that cannot be understood.
    #[error("the request is invalid: {0}")]
    RequestInvalid(String),
    /// The built-in guest is not the one that its lock file describes.
    #[error("the guest does not match its lock file: {0}")]
    GuestMismatch(String),
    /// A defect of the prover itself.
    #[error("internal error: {0}")]
    Internal(String),
}

impl ProverError {
    /// Stable identifier, part of the socket protocol.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WitnessInvalid(_) => "witness_invalid",
            Self::WitnessVersion(_) => "witness_version",
            Self::ExecutionFailed(_) => "execution_failed",
            Self::ProofInvalid(_) => "proof_invalid",
            Self::ProofVersion(_) => "proof_version",
            Self::OutputMismatch { .. } => "output_mismatch",
            Self::OutOfMemory { .. } => "out_of_memory",
            Self::DiskFull(_) => "disk_full",
            Self::Busy => "busy",
            Self::Cancelled => "cancelled",
            Self::Io { .. } => "io",
            Self::RequestInvalid(_) => "request_invalid",
            Self::GuestMismatch(_) => "guest_mismatch",
            Self::Internal(_) => "internal",
        }
    }

    /// Exit status of the command line; 0 is success and 2 a wrong command line.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::WitnessInvalid(_) => 10,
            Self::WitnessVersion(_) => 11,
            Self::ExecutionFailed(_) => 12,
            Self::ProofInvalid(_) => 13,
            Self::ProofVersion(_) => 14,
            Self::OutputMismatch { .. } => 15,
            Self::OutOfMemory { .. } => 16,
            Self::DiskFull(_) => 17,
            Self::Busy => 18,
            Self::Cancelled => 19,
            Self::Io { .. } => 20,
            Self::RequestInvalid(_) => 21,
            Self::GuestMismatch(_) => 22,
            Self::Internal(_) => 70,
        }
    }

    /// An input/output failure at `path`; a full disk has its own code since its remedy differs.
    pub fn io(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull(path.display().to_string())
            }
            io::ErrorKind::OutOfMemory => Self::OutOfMemory { needed_mib: 0, available_mib: 0 },
            _ => Self::Io { path: path.display().to_string(), source },
        }
    }

    /// A failure inside OpenVM that no input should be able to cause.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }
}
