//! Whole proofs of a small circuit: accepted when honest, refused with the right error when altered.

use prividium_verifier::{header::Header, verify, Proof, VerifyError, VerifyingKey};

use crate::{
    compile, prove,
    sample::{circuit, witness, PARAMETERS},
    Compiled, OuterError, Randomness,
};

fn compiled() -> Compiled {
    compile(&circuit(), PARAMETERS).expect("the sample compiles")
}

fn proof(compiled: &Compiled, seed: u64) -> Proof {
    let witness = witness(3, |row| row as u32);
    prove(&circuit(), compiled, &witness, Randomness::from_seed(seed), &mut |_| {})
        .expect("the sample is satisfied")
}

fn check(key: &VerifyingKey, proof: &Proof) -> Result<(), VerifyError> {
    verify(&key.encode(), &proof.public_values, &proof.encode())
}

#[test]
fn an_honest_proof_is_accepted() {
    let compiled = compiled();
    assert_eq!(check(&compiled.key, &proof(&compiled, 1)), Ok(()));
}

#[test]
fn sizes_are_those_of_the_key() {
    let compiled = compiled();
    let proof = proof(&compiled, 1);
    assert_eq!(proof.parts.len(), 1 + PARAMETERS.parts());
    assert_eq!(proof.parts[0].len(), compiled.key.descriptor.header_bytes());
}

#[test]
fn a_witness_that_breaks_a_constraint_is_refused() {
    let compiled = compiled();
    let mut bad = witness(3, |row| row as u32);
    bad.traces[0][40] += 1;
    let result = prove(&circuit(), &compiled, &bad, Randomness::from_seed(1), &mut |_| {});
    assert!(matches!(result, Err(OuterError::Unsatisfied { log_height: 8 })), "{result:?}");
}

#[test]
fn a_witness_whose_messages_do_not_cancel_is_refused() {
    let compiled = compiled();
    let mut bad = witness(3, |row| row as u32);
    bad.traces[0][2] ^= 1;
    let result = prove(&circuit(), &compiled, &bad, Randomness::from_seed(1), &mut |_| {});
    assert!(matches!(result, Err(OuterError::Unbalanced)), "{result:?}");
}

#[test]
fn two_proofs_of_one_witness_share_no_opened_value() {
    let compiled = compiled();
    let opened = |seed| {
        let proof = proof(&compiled, seed);
        Header::parse(&compiled.key, &proof.parts[0]).expect("an honest header").opened
    };
    let (first, second) = (opened(1), opened(2));
    assert!(first.iter().all(|value| !second.contains(value)));
}

#[test]
fn other_public_values_are_refused() {
    let compiled = compiled();
    let mut proof = proof(&compiled, 1);
    proof.public_values[0] += 1;
    assert!(matches!(
        check(&compiled.key, &proof),
        Err(VerifyError::LookupGrinding | VerifyError::PointGrinding)
    ));
}
