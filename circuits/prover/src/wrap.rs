//! The final layer: wraps an aggregated proof into a hiding one for L1, and verifies the result.

use std::path::Path;

use openvm_verify_stark_host::vk::VmStarkVerifyingKey;
use prividium_outer::{
    circuit::Circuit,
    compile::{self, compile},
    parameters::{BLOWUP_16, BLOWUP_32},
    prove, security, Compiled, Randomness,
};
use prividium_verifier::{verify_parts, Proof, VerifyingKey};
use serde_json::{json, Value};

use crate::{
    commitment::Commitment,
    error::ProverError,
    files,
    guest::GuestLock,
    progress::{Stage, Step},
    proof::ProofFile,
    root::Root,
    verify::hexadecimal,
};

/// A final proof has about 230 KB; nothing larger is read.
pub const FINAL_PROOF_BYTES_MAX: u64 = 1 << 20;
/// Blowup of the key that L1 gets unless it is told otherwise.
pub const DEFAULT_BLOWUP: u32 = 16;
/// Seconds on the reference machine from one report of the prover to the next: set-up, root circuit, trace, lookups,
/// quotient, openings, folds, queries, verification.
const PHASE_SECONDS: [f64; 9] = [0.1, 0.3, 9.0, 4.0, 7.0, 0.3, 16.0, 0.6, 0.2];
/// Public values of the root circuit: two commitments, the output, one commitment.
const PUBLIC_VALUES: usize = 8 + 8 + 32 + 8;

/// The plan of a job that wraps.
pub fn steps() -> Vec<Step> {
    PHASE_SECONDS.map(|expected_seconds| Step { stage: Stage::Final, expected_seconds }).to_vec()
}

/// The compiled root circuit.
pub struct Wrapper {
    root: Root,
    circuit: Circuit,
    compiled: Compiled,
}

impl Wrapper {
    /// Derives circuit and key. The blowup is 16 or 32.
    pub fn new(key: &VmStarkVerifyingKey, blowup: u32) -> Result<Self, ProverError> {
        let parameters = match blowup {
            16 => BLOWUP_16,
            32 => BLOWUP_32,
            _ => return Err(ProverError::RequestInvalid(format!("blowup {blowup} is neither 16 nor 32"))),
        };
        let root = Root::new(key);
        let circuit = root.circuit()?;
        let compiled = compile(&circuit, parameters).map_err(ProverError::internal)?;
        Ok(Self { root, circuit, compiled })
    }

    /// The verifying key that L1 pins.
    pub fn key(&self) -> &VerifyingKey {
        &self.compiled.key
    }

    /// The compiled circuit.
    pub fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// Makes the final proof of a valid aggregated proof.
    pub fn wrap(
        &self,
        proof: &ProofFile,
        observer: &mut dyn FnMut(&'static str),
    ) -> Result<Proof, ProverError> {
        let witness = self.root.witness(&proof.stark)?;
        observer("root circuit");
        let randomness = Randomness::from_system().map_err(ProverError::internal)?;
        prove(&self.circuit, &self.compiled, &witness, randomness, observer).map_err(ProverError::internal)
    }

    /// Size of the constraint program, by instruction.
    pub fn instruction_counts(&self) -> Value {
        let program = &self.compiled.key.program;
        let [add, sub, mul, mul_add, scale, scale_add] = compile::instruction_counts(program);
        json!({"add": add, "sub": sub, "mul": mul, "mul_add": mul_add, "scale": scale, "scale_add": scale_add,
            "slots": program.slots, "opened_values": program.layout.opened_values})
    }

    /// Bits of every round, weakest theorem first, and what the constraint program costs.
    pub fn security(&self) -> Value {
        let bounds = [security::ProximityBound::Bchks25, security::ProximityBound::Dkt26];
        let reports = bounds.map(|bound| security::report(&self.compiled, bound));
        let rounds = |report: &security::Report| -> Value {
            report
                .terms
                .iter()
                .map(|t| (t.round.to_string(), json!((t.bits * 10.0).floor() / 10.0)))
                .collect()
        };
        json!({
            "provable_bits": reports[0].bits().floor(),
            "rounds": {"bchks25": rounds(&reports[0]), "dkt26": rounds(&reports[1])},
        })
    }
}

/// Checks a final proof and what it says; returns the output that it proves.
pub fn verify_final(
    key: &[u8],
    lock: &GuestLock,
    bytes: &[u8],
    expected: Option<[u8; 32]>,
) -> Result<[u8; 32], ProverError> {
    let invalid = |why: &dyn std::fmt::Display| ProverError::ProofInvalid(why.to_string());
    let key = VerifyingKey::parse(key).map_err(ProverError::internal)?;
    let proof = Proof::parse(bytes).map_err(|e| invalid(&e))?;
    let values: &[u32; PUBLIC_VALUES] =
        proof.public_values.as_slice().try_into().map_err(|_| invalid(&"another number of public values"))?;
    let pinned = [(0, lock.app_exe_commit), (8, lock.app_vm_commit), (48, lock.dag_commit)];
    for (start, expected) in pinned {
        let found = commitment_at(values, start);
        if found != expected {
            return Err(ProverError::ProofVersion(format!(
                "it names the commitment {found}, not {expected}"
            )));
        }
    }
    let output: Option<Vec<u8>> = values[16..48].iter().map(|value| u8::try_from(*value).ok()).collect();
    let output: [u8; 32] = output
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| invalid(&"the output is not 32 bytes"))?;
    verify_parts(&key, values, &proof.parts).map_err(|e| invalid(&e))?;
    match expected {
        Some(expected) if expected != output => {
            Err(ProverError::OutputMismatch { expected: hexadecimal(expected), actual: hexadecimal(output) })
        }
        _ => Ok(output),
    }
}

/// Reads a final proof.
pub fn read_final(path: &Path) -> Result<Vec<u8>, ProverError> {
    files::read_bounded(path, FINAL_PROOF_BYTES_MAX)?
        .ok_or_else(|| ProverError::ProofInvalid(format!("larger than {FINAL_PROOF_BYTES_MAX} bytes")))
}

fn commitment_at(values: &[u32; PUBLIC_VALUES], start: usize) -> Commitment {
    let mut bytes = [0; 32];
    for (chunk, value) in bytes.chunks_exact_mut(4).zip(&values[start..]) {
        chunk.copy_from_slice(&value.to_be_bytes());
    }
    Commitment(bytes)
}
