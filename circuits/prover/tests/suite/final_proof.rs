//! The hiding final layer over the real root circuit. The frozen final proof stands in `tests/vectors/outer`.

use std::{fs, path::PathBuf};

use prividium_outer::security::{report, ProximityBound};
use prividium_prover::{
    commands::verify_final_file,
    commitment::Commitment,
    error::ProverError,
    native,
    proof::ProofFile,
    wrap::{verify_final, Wrapper},
};
use prividium_verifier::Proof;

use crate::{folder, vector, GUEST};

/// Bytes of all parts that go to L1: more would need another transaction or a larger budget of gas.
const PARTS_BYTES_MAX: usize = 215_000;
/// Bytes of one part: geth's pool refuses larger transactions.
const PART_BYTES_MAX: usize = 120_000;

fn frozen_path() -> PathBuf {
    vector("../outer/batch.final")
}

fn frozen() -> Vec<u8> {
    fs::read(frozen_path()).expect("the frozen final proof is there")
}

fn check(bytes: &[u8], expected: Option<[u8; 32]>) -> Result<[u8; 32], ProverError> {
    verify_final(GUEST.final_key, &GUEST.lock()?, bytes, expected)
}

fn wrapper(blowup: u32) -> Wrapper {
    Wrapper::new(&GUEST.verifying_key().expect("the built-in key is valid"), blowup)
        .expect("the circuit compiles")
}

#[test]
fn the_frozen_final_proof_proves_the_output_of_its_witness() {
    let witness = fs::read(vector("batch.witness")).expect("the frozen witness is there");
    let output = native::output_of(&witness).expect("the frozen witness is valid");
    assert_eq!(check(&frozen(), Some(output)).expect("the frozen proof is valid"), output);
    assert!(verify_final_file(&GUEST, &frozen_path(), None, None).is_ok());
}

#[test]
fn a_final_proof_of_another_output_is_a_mismatch() {
    assert_eq!(check(&frozen(), Some([7; 32])).expect_err("another output").code(), "output_mismatch");
}

#[test]
fn the_built_in_key_is_the_one_that_the_root_circuit_gives() {
    assert!(
        wrapper(16).key().encode() == GUEST.final_key,
        "prividium-prover wrap --key-out writes the new one"
    );
}

#[test]
fn both_blowups_have_a_hundred_provable_bits() {
    for blowup in [16, 32] {
        let wrapper = wrapper(blowup);
        for bound in [ProximityBound::Bchks25, ProximityBound::Dkt26] {
            let report = report(wrapper.compiled(), bound);
            assert!(report.bits() >= 100.0, "blowup {blowup}: {report:?}");
        }
    }
}

#[test]
fn parts_fit_their_transactions() {
    let proof = Proof::parse(&frozen()).expect("the frozen proof decodes");
    assert!(proof.parts.iter().all(|part| part.len() <= PART_BYTES_MAX));
    assert!(proof.parts.iter().map(Vec::len).sum::<usize>() <= PARTS_BYTES_MAX);
}

#[test]
fn commitments_and_output_are_compared_with_what_is_pinned() {
    let proof = Proof::parse(&frozen()).expect("the frozen proof decodes");
    let with = |index: usize, value: u32| {
        let mut altered = proof.clone();
        altered.public_values[index] = value;
        check(&altered.encode(), None).expect_err("an altered public value").code()
    };
    for pinned in [0, 7, 8, 15, 48, 55] {
        assert_eq!(with(pinned, 5), "proof_version", "public value {pinned}");
    }
    assert_eq!(with(16, 256), "proof_invalid", "no byte");
    assert_eq!(with(16, proof.public_values[16] ^ 1), "proof_invalid", "another output");
    let mut lock = GUEST.lock().expect("the lock file is valid");
    lock.dag_commit = Commitment([1; 32]);
    let error = verify_final(GUEST.final_key, &lock, &frozen(), None).expect_err("another recursion circuit");
    assert_eq!(error.code(), "proof_version");
}

#[test]
fn other_blowups_are_refused() {
    let key = GUEST.verifying_key().expect("the built-in key is valid");
    assert_eq!(Wrapper::new(&key, 8).err().expect("no such blowup").code(), "request_invalid");
}

/// Makes the frozen final proof again: `cargo test --release -p prividium-prover -- --ignored wrap`.
#[test]
#[ignore = "takes about a minute and writes the frozen final proof"]
fn wrap_the_frozen_proof() {
    let aggregated = ProofFile::read(&vector("batch.proof")).expect("the frozen proof is there");
    let wrapper = wrapper(16);
    let proof = wrapper.wrap(&aggregated, &mut |_| {}).expect("a valid proof can be wrapped");
    let bytes = proof.encode();
    assert!(check(&bytes, Some(aggregated.output)).is_ok());
    let made = folder("final").join("batch.final");
    fs::write(&made, &bytes).expect("the folder is writable");
    fs::copy(&made, frozen_path()).expect("the vectors are writable");
}
