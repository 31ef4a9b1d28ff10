//! Provers that know the code and cheat. Each does all the work that an honest one does, except in one place.

use p3_field::PrimeCharacteristicRing;
use prividium_verifier::{header::Header, verify_parts, VerifyError};

use super::{
    arithmetic::{from_ext, to_exts, E, F},
    columns, Session,
};
use crate::{
    compile,
    prove::{public_values, random::Randomness},
    sample::{circuit, witness, PARAMETERS},
    Compiled, OuterError,
};

fn compiled() -> Compiled {
    compile(&circuit(), PARAMETERS).expect("the sample compiles")
}

fn session(compiled: &Compiled) -> Session<'_> {
    let witness = witness(3, |row| row as u32);
    let values = public_values(compiled, &witness).expect("as many as the circuit has");
    Session::new(compiled, values, Randomness::from_seed(9))
}

/// Commits to the honest witness after it was altered.
fn commit_trace(session: &mut Session<'_>, alter: impl FnOnce(&mut crate::circuit::Witness)) {
    let mut witness = witness(3, |row| row as u32);
    alter(&mut witness);
    session.commit_trace(&circuit(), &witness).expect("the shape is right");
}

fn finish(mut session: Session<'_>) -> Result<(), VerifyError> {
    let (layers, indices) = session.test_degree().expect("the openings are right");
    let proof = session.assemble(&layers, &indices);
    verify_parts(&session.compiled.key, &proof.public_values, &proof.parts)
}

/// Commits to any polynomial as the quotient, at the place of the right one.
fn commit_false_quotient(session: &mut Session<'_>) {
    session.challenges[2] = from_ext(session.transcript.challenge());
    session.challenges[3] = from_ext(session.transcript.challenge());
    let _ = session.transcript.challenge();
    session.quotient = (0..1 << PARAMETERS.log_length).map(|i| E::from_u32(i + 5)).collect();
    session.push_commitment(2, columns::flatten(&session.quotient.clone()));
    session.transcript.absorb(&session.header.roots[2]);
}

#[test]
fn a_wrong_witness_with_honest_commitments_breaks_the_constraints() {
    let compiled = compiled();
    let mut session = session(&compiled);
    commit_trace(&mut session, |witness| witness.traces[0][40] += 1);
    session.commit_lookups().expect("the messages cancel");
    commit_false_quotient(&mut session);
    session.open();
    assert_eq!(finish(session), Err(VerifyError::ConstraintsUnsatisfied));
}

#[test]
fn a_wrong_wrap_row_breaks_the_constraints() {
    let compiled = compiled();
    let mut session = session(&compiled);
    // The step from the last row of the range table to its first one.
    commit_trace(&mut session, |witness| witness.traces[1][0] = 1);
    assert!(matches!(session.commit_lookups(), Err(OuterError::Unbalanced)));
}

#[test]
fn messages_that_do_not_cancel_leave_the_terminals_unbalanced() {
    let compiled = compiled();
    let mut session = session(&compiled);
    commit_trace(&mut session, |witness| witness.traces[0][2] ^= 1);
    assert!(matches!(session.commit_lookups(), Err(OuterError::Unbalanced)));
    commit_lookups_without_balance(&mut session);
    session.commit_quotient().expect("each table is satisfied on its own");
    session.open();
    assert_eq!(finish(session), Err(VerifyError::TerminalsUnbalanced));
}

#[test]
fn terminals_forged_to_balance_break_the_constraints() {
    let compiled = compiled();
    let mut session = session(&compiled);
    commit_trace(&mut session, |witness| witness.traces[0][2] ^= 1);
    let _ = session.commit_lookups();
    let sum = commit_lookups_without_balance(&mut session);
    let forged = from_ext(session.header.terminals[0]) - sum;
    session.header.terminals[0] = to_exts(&[forged])[0];
    assert!(matches!(session.commit_quotient(), Err(OuterError::Unsatisfied { .. })));
    commit_false_quotient(&mut session);
    session.open();
    assert_eq!(finish(session), Err(VerifyError::ConstraintsUnsatisfied));
}

/// What `commit_lookups` does after its check, which failed.
fn commit_lookups_without_balance(session: &mut Session<'_>) -> E {
    let (terminals, sum) = session.finish_lookups();
    session.header.terminals = to_exts(&terminals);
    session.absorb_lookups();
    sum
}

#[test]
fn an_opened_value_shifted_to_suit_the_constraints_fails_the_degree_test() {
    let compiled = compiled();
    let mut session = session(&compiled);
    commit_trace(&mut session, |_| {});
    session.commit_lookups().expect("the messages cancel");
    session.commit_quotient().expect("the constraints hold");
    session.open();
    let last = session.header.opened.len() - 1;
    session.header.opened[last].0 = session.header.opened[0].0;
    assert!(matches!(session.test_degree(), Err(OuterError::Internal("an opened value is wrong"))));
}

#[test]
fn skipped_work_is_noticed_at_its_place() {
    let compiled = compiled();
    let mut session = session(&compiled);
    commit_trace(&mut session, |_| {});
    session.commit_lookups().expect("the messages cancel");
    session.commit_quotient().expect("the constraints hold");
    session.open();
    let (layers, indices) = session.test_degree().expect("the openings are right");
    let proof = session.assemble(&layers, &indices);
    let refused = |alter: &dyn Fn(&mut Header)| {
        let mut header = session.header.clone();
        alter(&mut header);
        let mut parts = proof.parts.clone();
        parts[0] = header.encode();
        verify_parts(&compiled.key, &proof.public_values, &parts).expect_err("skipped work")
    };
    // A nonce that proves nothing: the first one whose state starts with a set bit.
    let nonces = |set: &dyn Fn(&mut Header, [u8; 8])| {
        (0u64..64).map(|nonce| refused(&|header| set(header, nonce.to_be_bytes()))).collect::<Vec<_>>()
    };
    assert!(nonces(&|h, n| h.lookup_nonce = n).contains(&VerifyError::LookupGrinding));
    assert!(nonces(&|h, n| h.point_nonce = n).contains(&VerifyError::PointGrinding));
    assert!(nonces(&|h, n| h.batch_nonce = n).contains(&VerifyError::BatchGrinding));
    assert!(nonces(&|h, n| h.folds[1].1 = n).contains(&VerifyError::FoldGrinding { fold: 1 }));
    assert!(nonces(&|h, n| h.query_nonce = n).contains(&VerifyError::QueryGrinding));
}

const _: F = F::ZERO;
