//! The proof file: `"PVPF" ‖ version u32 ‖ app_exe_commit 32 ‖ app_vm_commit 32 ‖ output 32 ‖ length u64 ‖ STARK`.
//! Integers are big-endian; the STARK is in OpenVM's encoding.

use std::path::Path;

use openvm_stark_backend::codec::{Decode, Encode};
use openvm_verify_stark_host::VmStarkProof;

use crate::{commitment::Commitment, error::ProverError, files};

/// First four bytes of a proof file.
pub const MAGIC: [u8; 4] = *b"PVPF";
/// Version of this format.
pub const VERSION: u32 = 1;
/// Bytes before the STARK.
pub const HEADER_BYTES: usize = 4 + 4 + 32 + 32 + 32 + 8;
/// An aggregated proof has a fixed shape and about 267 KB; nothing larger is read.
pub const PROOF_BYTES_MAX: u64 = 1 << 20;

/// A decoded proof file.
#[derive(Clone, Debug)]
pub struct ProofFile {
    /// Commitment to the guest program.
    pub app_exe_commit: Commitment,
    /// Commitment to the virtual machine.
    pub app_vm_commit: Commitment,
    /// The batch output that is proven.
    pub output: [u8; 32],
    /// The aggregated STARK.
    pub stark: VmStarkProof,
}

impl ProofFile {
    /// Serialises the file.
    pub fn encode(&self) -> Result<Vec<u8>, ProverError> {
        let stark = self.stark.encode_to_vec().map_err(ProverError::internal)?;
        let mut bytes = Vec::with_capacity(HEADER_BYTES + stark.len());
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        bytes.extend_from_slice(&self.app_exe_commit.0);
        bytes.extend_from_slice(&self.app_vm_commit.0);
        bytes.extend_from_slice(&self.output);
        bytes.extend_from_slice(&(stark.len() as u64).to_be_bytes());
        bytes.extend_from_slice(&stark);
        Ok(bytes)
    }

    /// Parses a file. Only the canonical encoding is accepted, so a proof has one file.
    pub fn decode(bytes: &[u8]) -> Result<Self, ProverError> {
        let invalid = |why: &str| ProverError::ProofInvalid(why.into());
        let mut rest = bytes;
        let magic: [u8; 4] = take(&mut rest).ok_or_else(|| invalid("the file is truncated"))?;
        if magic != MAGIC {
            return Err(invalid("the file is not a proof"));
        }
        let version = u32::from_be_bytes(take(&mut rest).ok_or_else(|| invalid("the file is truncated"))?);
        if version != VERSION {
            return Err(ProverError::ProofVersion(format!("{version}, this prover reads {VERSION}")));
        }
        let mut field = || take::<32>(&mut rest).ok_or_else(|| invalid("the file is truncated"));
        let (exe, vm, output) = (field()?, field()?, field()?);
        let length = u64::from_be_bytes(take(&mut rest).ok_or_else(|| invalid("the file is truncated"))?);
        if length != rest.len() as u64 {
            return Err(invalid("the length field does not match the file"));
        }
        let stark = VmStarkProof::decode_from_bytes(rest)
            .map_err(|e| ProverError::ProofInvalid(format!("the STARK does not decode: {e}")))?;
        if stark.encode_to_vec().map_err(ProverError::internal)? != rest {
            return Err(invalid("the STARK is not canonically encoded"));
        }
        Ok(Self { app_exe_commit: Commitment(exe), app_vm_commit: Commitment(vm), output, stark })
    }

    /// Reads and parses a file.
    pub fn read(path: &Path) -> Result<Self, ProverError> {
        let bytes = files::read_bounded(path, PROOF_BYTES_MAX)?.ok_or_else(|| {
            ProverError::ProofInvalid(format!("the file is larger than {PROOF_BYTES_MAX} bytes"))
        })?;
        Self::decode(&bytes)
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}
