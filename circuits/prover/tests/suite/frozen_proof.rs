//! Verification of the frozen proof, and of everything that it must not be confused with.

use std::fs;

use prividium_prover::{
    commands::verify_file,
    error::ProverError,
    native,
    proof::{ProofFile, HEADER_BYTES},
    root::Root,
    verify::verify,
};

use crate::{folder, vector, GUEST};

fn frozen() -> Vec<u8> {
    fs::read(vector("batch.proof")).expect("the frozen proof is there")
}

fn check(bytes: &[u8], expected: Option<[u8; 32]>) -> Result<[u8; 32], ProverError> {
    let key = GUEST.verifying_key()?;
    verify(&key, GUEST.lock()?.app_vm_commit, &ProofFile::decode(bytes)?, expected)
}

fn code_of(bytes: &[u8]) -> &'static str {
    check(bytes, None).expect_err("an altered proof verifies").code()
}

#[test]
fn the_frozen_proof_proves_the_output_of_its_witness() {
    let witness = fs::read(vector("batch.witness")).expect("the frozen witness is there");
    let output = native::output_of(&witness).expect("the frozen witness is valid");
    assert_eq!(check(&frozen(), Some(output)).expect("the frozen proof is valid"), output);
}

#[test]
fn a_valid_proof_of_another_output_is_a_mismatch() {
    let error = check(&frozen(), Some([7; 32])).expect_err("another output");
    assert_eq!(error.code(), "output_mismatch");
}

#[test]
fn a_header_that_lies_is_refused() {
    let proof = frozen();
    let flipped = |at: usize| {
        let mut copy = proof.clone();
        copy[at] ^= 1;
        code_of(&copy)
    };
    assert_eq!(flipped(0), "proof_invalid", "magic");
    assert_eq!(flipped(7), "proof_version", "version");
    assert_eq!(flipped(8), "proof_version", "app_exe_commit");
    assert_eq!(flipped(8 + 32), "proof_version", "app_vm_commit");
    assert_eq!(flipped(8 + 64), "proof_invalid", "output");
    assert_eq!(flipped(HEADER_BYTES - 1), "proof_invalid", "length");
}

#[test]
fn a_flipped_bit_anywhere_in_the_stark_is_refused() {
    let proof = frozen();
    let step = (proof.len() - HEADER_BYTES) / 150;
    for at in (HEADER_BYTES..proof.len()).step_by(step) {
        let mut copy = proof.clone();
        copy[at] ^= 1 << (at % 8);
        assert_eq!(code_of(&copy), "proof_invalid", "byte {at}");
    }
}

#[test]
fn a_truncated_or_extended_proof_is_refused() {
    let proof = frozen();
    let mut lengths: Vec<usize> = (0..=HEADER_BYTES).collect();
    lengths.extend((HEADER_BYTES..proof.len()).step_by(proof.len() / 50));
    for length in lengths {
        assert_eq!(code_of(&proof[..length]), "proof_invalid", "{length} bytes");
        if length > HEADER_BYTES {
            let mut copy = proof[..length].to_vec();
            let stark_length = (length - HEADER_BYTES) as u64;
            copy[HEADER_BYTES - 8..HEADER_BYTES].copy_from_slice(&stark_length.to_be_bytes());
            assert_eq!(code_of(&copy), "proof_invalid", "{length} bytes with a fitting length field");
        }
    }
    let mut longer = proof.clone();
    longer.push(0);
    assert_eq!(code_of(&longer), "proof_invalid");
}

#[test]
fn an_output_swapped_in_both_places_is_refused() {
    let mut proof = ProofFile::decode(&frozen()).expect("the frozen proof decodes");
    proof.stark.user_pvs_proof.public_values.reverse();
    proof.output.reverse();
    assert_eq!(code_of(&proof.encode().expect("it encodes")), "proof_invalid");
}

#[test]
fn the_lock_file_describes_the_embedded_guest() {
    let lock = GUEST.lock().expect("the lock file is valid");
    let key = GUEST.verifying_key().expect("the key fits the lock file");
    assert_eq!(lock.elf_sha256, GUEST.guest().elf_sha256);
    assert_eq!(lock.dag_commit, Root::new(&key).dag_commit().expect("the root circuit is derived"));
}

#[test]
fn a_missing_or_huge_file_is_a_clear_error() {
    let folder = folder("files");
    let missing = folder.join("none.proof");
    assert_eq!(verify_file(&GUEST, &missing, None).expect_err("no file").code(), "io");
    let huge = folder.join("huge.proof");
    fs::write(&huge, vec![0; 2 << 20]).expect("the folder is writable");
    assert_eq!(verify_file(&GUEST, &huge, None).expect_err("too large").code(), "proof_invalid");
    let bad_output = verify_file(&GUEST, &vector("batch.proof"), Some("0x12")).expect_err("too short");
    assert_eq!(bad_output.code(), "request_invalid");
}
