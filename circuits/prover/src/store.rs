//! Finished segment proofs on disk, so that a killed prover goes on where it was.
//!
//! File `segment-NNNN.bin`: `"PVSG" ‖ version u32 ‖ binding 32 ‖ index u32 ‖ SHA-256(body) 32 ‖ body`. The binding is a
//! hash of the witness, the program, the machine and the cut into segments; a file that does not match is proven anew.

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

use openvm_circuit::{
    arch::execution_mode::Segment, system::memory::merkle::public_values::UserPublicValuesProof,
};
use openvm_sdk::{F, SC};
use openvm_stark_backend::{
    codec::{Decode, Encode},
    proof::Proof,
};
use sha2::{Digest, Sha256};

use crate::{commitment::Commitment, error::ProverError, files};

const MAGIC: [u8; 4] = *b"PVSG";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 4 + 4 + 32 + 4 + 32;
const SEGMENT_BYTES_MAX: u64 = 64 << 20;
const DIGEST_ELEMENTS: usize = 8;

/// Opening of the public values in the final memory; belongs to the last segment.
pub type PublicValuesProof = UserPublicValuesProof<DIGEST_ELEMENTS, F>;

/// A proven segment.
#[derive(Clone)]
pub struct ProvenSegment {
    /// Proof of the segment.
    pub proof: Proof<SC>,
    /// Present for the last segment only.
    pub public_values: Option<PublicValuesProof>,
}

/// A folder of segment files of one job.
#[derive(Debug)]
pub struct SegmentStore {
    folder: PathBuf,
    binding: [u8; 32],
}

impl SegmentStore {
    /// Opens or creates the folder.
    pub fn open(
        folder: &Path,
        witness: &[u8],
        app_exe_commit: Commitment,
        app_vm_commit: Commitment,
        segments: &[Segment],
    ) -> Result<Self, ProverError> {
        files::create_folder(folder)?;
        let mut hash = Sha256::new();
        hash.update(Sha256::digest(witness));
        hash.update(app_exe_commit.0);
        hash.update(app_vm_commit.0);
        for segment in segments {
            hash.update(segment.num_insns.to_be_bytes());
        }
        Ok(Self { folder: folder.to_path_buf(), binding: hash.finalize().into() })
    }

    /// The segment if it was proven before; `None` if there is no file or one of another job.
    pub fn load(&self, index: usize) -> Option<ProvenSegment> {
        let bytes = files::read_bounded(&self.path(index), SEGMENT_BYTES_MAX).ok()??;
        let (header, body) = bytes.split_at_checked(HEADER_BYTES)?;
        if header != self.header(index, body) {
            return None;
        }
        let mut reader = Cursor::new(body);
        let proof = Proof::<SC>::decode(&mut reader).ok()?;
        let public_values = match bool::decode(&mut reader).ok()? {
            true => Some(PublicValuesProof::decode::<SC, _>(&mut reader).ok()?),
            false => None,
        };
        Some(ProvenSegment { proof, public_values })
    }

    /// Writes a segment; after a crash the file is whole or absent.
    pub fn save(&self, index: usize, segment: &ProvenSegment) -> Result<(), ProverError> {
        let mut body = segment.proof.encode_to_vec().map_err(ProverError::internal)?;
        segment.public_values.is_some().encode(&mut body).map_err(ProverError::internal)?;
        if let Some(values) = &segment.public_values {
            values.encode::<SC, _>(&mut body).map_err(ProverError::internal)?;
        }
        files::write_atomically(&self.path(index), &[&self.header(index, &body), &body])
    }

    /// Removes the segment files of a finished job. Failure leaves files that the next run ignores.
    pub fn clear(&self, segments: usize) {
        for index in 0..segments {
            let _ = fs::remove_file(self.path(index));
        }
        let _ = fs::remove_dir(&self.folder);
    }

    fn path(&self, index: usize) -> PathBuf {
        self.folder.join(format!("segment-{index:04}.bin"))
    }

    fn header(&self, index: usize, body: &[u8]) -> Vec<u8> {
        let mut header = Vec::with_capacity(HEADER_BYTES);
        header.extend_from_slice(&MAGIC);
        header.extend_from_slice(&VERSION.to_be_bytes());
        header.extend_from_slice(&self.binding);
        header.extend_from_slice(&(index as u32).to_be_bytes());
        header.extend_from_slice(&Sha256::digest(body));
        header
    }
}
