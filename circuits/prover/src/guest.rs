//! The guest program that is built in, its lock file and its verifying key.

use std::{borrow::Cow, fs, path::Path};

use openvm_circuit::arch::instructions::exe::VmExe;
use openvm_sdk::{Sdk, F};
use openvm_transpiler::{elf::Elf, openvm_platform::memory::MEM_SIZE};
use openvm_verify_stark_host::vk::VmStarkVerifyingKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

use crate::{commitment::Commitment, error::ProverError, vm};

/// The files of a built-in guest, as [`built_in_guest!`](crate::built_in_guest) embeds them.
///
/// They are embedded by the program, not by this library: a new guest does not recompile the library, which takes
/// minutes.
#[derive(Debug)]
pub struct BuiltIn {
    /// ELF image.
    pub elf: &'static [u8],
    /// Lock file, JSON.
    pub lock: &'static str,
    /// Verifying key of aggregated proofs, in `bitcode`.
    pub verifying_key: &'static [u8],
    /// Verifying key of final proofs, as L1 knows it.
    pub final_key: &'static [u8],
}

/// Embeds the batch guest of this repository.
#[macro_export]
macro_rules! built_in_guest {
    () => {
        $crate::guest::BuiltIn {
            elf: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../guests/batch/batch.elf")),
            lock: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../guests/batch/batch.lock.json")),
            verifying_key: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../guests/batch/batch.vk")),
            final_key: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../guests/batch/final.vk")),
        }
    };
}

/// What L1 pins, and what the guest was built from. Committed beside the ELF as `batch.lock.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestLock {
    /// SHA-256 of the ELF.
    pub elf_sha256: String,
    /// SHA-256 over sources, lock file and build flags; see `circuits/guests/build.sh`.
    pub source_sha256: String,
    /// Commitment to the program, its initial memory and its entry point.
    pub app_exe_commit: Commitment,
    /// Commitment to the virtual machine and the aggregation circuits below the last.
    pub app_vm_commit: Commitment,
    /// Commitment to the constraints of the last aggregation circuit, as the root circuit publishes it.
    pub dag_commit: Commitment,
}

/// A guest program.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Name shown to people.
    pub name: &'static str,
    /// SHA-256 of the ELF, hexadecimal.
    pub elf_sha256: String,
    elf: Cow<'static, [u8]>,
}

impl Guest {
    /// A guest under development. Its proofs are not accepted by anything that pins the built-in guest.
    pub fn from_file(path: &Path) -> Result<Self, ProverError> {
        let elf = fs::read(path).map_err(|e| ProverError::io(path, e))?;
        Ok(Self::new("file", Cow::Owned(elf)))
    }

    fn new(name: &'static str, elf: Cow<'static, [u8]>) -> Self {
        Self { name, elf_sha256: hex::encode(Sha256::digest(&elf)), elf }
    }

    /// The ELF image.
    pub fn elf(&self) -> &[u8] {
        &self.elf
    }

    /// Translates the ELF to instructions of the virtual machine.
    pub fn transpile(&self) -> Result<Arc<VmExe<F>>, ProverError> {
        let mismatch =
            |e: String| ProverError::GuestMismatch(format!("{} is not a guest program: {e}", self.name));
        let elf = Elf::decode(&self.elf, MEM_SIZE as u32).map_err(|e| mismatch(e.to_string()))?;
        let sdk = Sdk::new(vm::app_config()?, Default::default()).map_err(ProverError::internal)?;
        sdk.convert_to_exe(elf).map_err(|e| mismatch(e.to_string()))
    }
}

impl BuiltIn {
    /// The guest.
    pub fn guest(&self) -> Guest {
        Guest::new("batch", Cow::Borrowed(self.elf))
    }

    /// The lock file.
    pub fn lock(&self) -> Result<GuestLock, ProverError> {
        serde_json::from_str(self.lock).map_err(|e| ProverError::GuestMismatch(e.to_string()))
    }

    /// The verifying key, checked against the lock file.
    pub fn verifying_key(&self) -> Result<VmStarkVerifyingKey, ProverError> {
        let key: VmStarkVerifyingKey = bitcode::deserialize(self.verifying_key)
            .map_err(|e| ProverError::GuestMismatch(e.to_string()))?;
        let lock = self.lock()?;
        let found = Commitment::from(key.baseline.app_exe_commit);
        if found != lock.app_exe_commit || self.guest().elf_sha256 != lock.elf_sha256 {
            let expected = lock.app_exe_commit;
            let why = format!("the verifying key is for {found}, the lock file names {expected}");
            return Err(ProverError::GuestMismatch(why));
        }
        Ok(key)
    }

    /// Fails unless lock file and verifying key are what this program derives from the guest.
    pub fn require_derived(&self, derived: &GuestLock, verifying_key: &[u8]) -> Result<(), ProverError> {
        let lock = self.lock()?;
        let expected = GuestLock { source_sha256: lock.source_sha256.clone(), ..derived.clone() };
        if lock != expected || verifying_key != self.verifying_key {
            return Err(ProverError::GuestMismatch(format!("derived {derived:?}, recorded {lock:?}")));
        }
        Ok(())
    }
}
