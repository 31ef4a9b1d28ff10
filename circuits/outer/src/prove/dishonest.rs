//! Provers that know the code and cheat. Each does all the work that an honest one does, except in one place.

use p3_field::PrimeCharacteristicRing;
use prividium_verifier::{header::Header, verify_parts, VerifyError};

use super::{
    arithmetic::{from_ext, E},
    columns, fold, public_values,
    random::Randomness,
    Session,
};
use crate::{
    circuit::Witness,
    compile,
    sample::{circuit, witness, PARAMETERS},
    Compiled, OuterError,
};

fn compiled() -> Compiled {
    compile(&circuit(), PARAMETERS).expect("the sample compiles")
}

fn honest() -> Witness {
    witness(3, |row| row as u32)
}

/// A session that has committed to a witness and drawn the lookup challenges.
struct Cheat<'a> {
    session: Session<'a>,
    lookups: Vec<p3_matrix::dense::RowMajorMatrix<super::F>>,
    terminals: Vec<E>,
}

impl<'a> Cheat<'a> {
    fn new(compiled: &'a Compiled, witness: &Witness) -> Self {
        let values = public_values(compiled, witness).expect("as many as the circuit has");
        let mut session = Session::new(compiled, values, Randomness::from_seed(9));
        session.commit_trace(&circuit(), witness).expect("the shape is right");
        let (lookups, terminals) = session.lookup_columns().expect("no fingerprint is zero");
        Self { session, lookups, terminals }
    }

    fn commit_lookups(mut self) -> Session<'a> {
        self.session.commit_lookup_columns(self.lookups, &self.terminals);
        self.session
    }
}

/// Goes on from an honest commitment to the quotient.
fn finish(mut session: Session<'_>) -> Result<(), VerifyError> {
    session.open();
    let (layers, indices) = session.test_degree().expect("the openings are right");
    let proof = session.assemble(&layers, &indices);
    verify_parts(&session.compiled.key, &proof.public_values, &proof.parts)
}

/// There is no quotient: commits to some polynomial in its place, and finishes.
fn finish_with_any_quotient(mut session: Session<'_>) -> Result<(), VerifyError> {
    (0..3).for_each(|_| {
        session.transcript.challenge();
    });
    session.quotient = (0..1 << PARAMETERS.log_length).map(|i| E::from_u32(i + 5)).collect();
    session.push_commitment(2, columns::flatten(&session.quotient.clone()));
    session.transcript.absorb(&session.header.roots[2]);
    finish(session)
}

fn quotient_of_an_honest_witness(compiled: &Compiled) -> Session<'_> {
    let mut session = Cheat::new(compiled, &honest()).commit_lookups();
    session.commit_quotient().expect("the constraints hold");
    session
}

#[test]
fn a_wrong_witness_with_honest_commitments_breaks_the_constraints() {
    let compiled = compiled();
    for cell in [160, 161, 163, 4 * 255 + 1] {
        let mut wrong = honest();
        wrong.traces[0][cell] += 1;
        let session = Cheat::new(&compiled, &wrong).commit_lookups();
        assert_eq!(finish_with_any_quotient(session), Err(VerifyError::ConstraintsUnsatisfied));
    }
}

#[test]
fn a_wrong_step_around_the_end_breaks_the_constraints() {
    let compiled = compiled();
    let mut wrong = honest();
    // Every step holds but the one from the last row to the first.
    let mut power = 1;
    for row in wrong.traces[0].chunks_exact_mut(4) {
        row[3] = power;
        power = (u64::from(power) * 2 % u64::from(prividium_verifier::field::P)) as u32;
    }
    let session = Cheat::new(&compiled, &wrong).commit_lookups();
    assert_eq!(finish_with_any_quotient(session), Err(VerifyError::ConstraintsUnsatisfied));
}

#[test]
fn changed_public_values_break_the_constraints() {
    let compiled = compiled();
    for index in 0..3 {
        let mut wrong = honest();
        wrong.public_values[index] += 1;
        let mut session = Cheat::new(&compiled, &wrong).commit_lookups();
        assert!(matches!(session.commit_quotient(), Err(OuterError::Unsatisfied { .. })));
        let session = Cheat::new(&compiled, &wrong).commit_lookups();
        assert_eq!(finish_with_any_quotient(session), Err(VerifyError::ConstraintsUnsatisfied));
    }
}

#[test]
fn messages_that_do_not_cancel_leave_the_terminals_unbalanced() {
    let compiled = compiled();
    let mut wrong = honest();
    wrong.traces[0][2] ^= 1;
    let mut session = Cheat::new(&compiled, &wrong).commit_lookups();
    session.commit_quotient().expect("each table is satisfied on its own");
    assert_eq!(finish(session), Err(VerifyError::TerminalsUnbalanced));
}

#[test]
fn terminals_forged_to_balance_break_the_constraints() {
    let compiled = compiled();
    let mut wrong = honest();
    wrong.traces[0][2] ^= 1;
    let mut cheat = Cheat::new(&compiled, &wrong);
    let surplus: E = cheat.terminals.iter().copied().sum();
    cheat.terminals[0] -= surplus;
    assert_eq!(finish_with_any_quotient(cheat.commit_lookups()), Err(VerifyError::ConstraintsUnsatisfied));
}

#[test]
fn masks_that_do_not_cancel_leave_the_terminals_unbalanced() {
    let compiled = compiled();
    let mut cheat = Cheat::new(&compiled, &honest());
    // Masks are bound before the challenges: a surplus in one table cannot be moved to another one later.
    cheat.terminals.swap(0, 1);
    assert_eq!(finish_with_any_quotient(cheat.commit_lookups()), Err(VerifyError::ConstraintsUnsatisfied));
}

#[test]
fn an_opened_value_made_to_suit_the_constraints_does_not_fit_the_committed_rows() {
    let compiled = compiled();
    let mut wrong = honest();
    wrong.traces[0][160] += 1;
    let mut session = Cheat::new(&compiled, &wrong).commit_lookups();
    (0..3).for_each(|_| {
        session.transcript.challenge();
    });
    session.quotient = vec![E::ONE; 1 << PARAMETERS.log_length];
    session.push_commitment(2, columns::flatten(&session.quotient.clone()));
    session.transcript.absorb(&session.header.roots[2]);
    let before_opening = session.transcript.clone();
    session.open();
    // What the verifier will compute from the opened values is opened as the quotient.
    let implied = implied_quotient(&compiled, &session);
    if let Some(last) = session.header.opened.last_mut() {
        *last = implied;
    }
    session.transcript = before_opening;
    assert!(session.transcript.grind(session.header.point_nonce, PARAMETERS.grinding.point));
    session.transcript.challenge();
    session.transcript.absorb(&prividium_verifier::header::ext_bytes(&session.header.opened));
    let combined = session.combine();
    assert!(!combined.is_exact);
    let (layers, coefficients) = fold::fold_down(&combined.polynomial, &PARAMETERS, &mut session.transcript);
    let indices = session.draw_queries(&layers, &coefficients[..1 << PARAMETERS.log_final]);
    let proof = session.assemble(&layers, &indices);
    let result = verify_parts(&compiled.key, &proof.public_values, &proof.parts);
    assert_eq!(result, Err(VerifyError::PathMismatch { query: 0, tree: 3 }));
}

/// The value that satisfies the last check of the header: found by asking the verifier's own arithmetic.
fn implied_quotient(compiled: &Compiled, session: &Session<'_>) -> prividium_verifier::Ext {
    let mut challenges = session.challenges;
    let mut transcript = prividium_verifier::transcript::Transcript::new(&compiled.key.hash);
    transcript.absorb(&prividium_verifier::header::felt_bytes(&session.public_values));
    let header = &session.header;
    transcript.absorb(&header.roots[0]);
    assert!(transcript.grind(header.lookup_nonce, PARAMETERS.grinding.lookup));
    let _ = [transcript.challenge(), transcript.challenge()];
    let terminals = prividium_verifier::header::ext_bytes(&header.terminals);
    transcript.absorb(&[&header.roots[1][..], &terminals].concat());
    challenges[2] = from_ext(transcript.challenge());
    challenges[3] = from_ext(transcript.challenge());
    let joins_tables = transcript.challenge();
    prividium_verifier::header::quotient_at(
        &compiled.key,
        &session.public_values,
        header,
        &prividium_verifier::header::Challenges {
            program: challenges.map(super::arithmetic::to_ext),
            tables: joins_tables,
            point: super::arithmetic::to_ext(session.point),
            batch: Default::default(),
            folds: Vec::new(),
            indices: Vec::new(),
        },
    )
}

#[test]
fn a_codeword_of_too_high_degree_does_not_end_in_the_final_polynomial() {
    let compiled = compiled();
    let mut session = quotient_of_an_honest_witness(&compiled);
    session.open();
    let mut combined = session.combine();
    assert!(combined.is_exact);
    combined.polynomial.resize(2 << PARAMETERS.log_length, E::ONE);
    let (layers, coefficients) = fold::fold_down(&combined.polynomial, &PARAMETERS, &mut session.transcript);
    let (last, rest) = coefficients.split_at(1 << PARAMETERS.log_final);
    assert!(rest.iter().any(|coefficient| *coefficient != E::ZERO));
    let indices = session.draw_queries(&layers, last);
    let proof = session.assemble(&layers, &indices);
    let result = verify_parts(&compiled.key, &proof.public_values, &proof.parts);
    assert_eq!(result, Err(VerifyError::PathMismatch { query: 0, tree: 3 }));
}

#[test]
fn another_final_polynomial_is_noticed_in_the_first_query() {
    let compiled = compiled();
    let mut session = quotient_of_an_honest_witness(&compiled);
    session.open();
    let combined = session.combine();
    let (layers, mut coefficients) =
        fold::fold_down(&combined.polynomial, &PARAMETERS, &mut session.transcript);
    coefficients[1] += E::ONE;
    let indices = session.draw_queries(&layers, &coefficients[..1 << PARAMETERS.log_final]);
    let proof = session.assemble(&layers, &indices);
    let result = verify_parts(&compiled.key, &proof.public_values, &proof.parts);
    assert_eq!(result, Err(VerifyError::FinalPolynomial { query: 0 }));
}

#[test]
fn skipped_work_is_noticed_at_its_place() {
    let compiled = compiled();
    let mut session = quotient_of_an_honest_witness(&compiled);
    session.open();
    let (layers, indices) = session.test_degree().expect("the openings are right");
    let proof = session.assemble(&layers, &indices);
    // Of 64 nonces tried without work, one at least proves too little.
    let errors = |set: &dyn Fn(&mut Header, [u8; 8])| -> Vec<VerifyError> {
        let refused = |nonce: u64| {
            let mut header = session.header.clone();
            set(&mut header, nonce.to_be_bytes());
            let mut parts = proof.parts.clone();
            parts[0] = header.encode();
            verify_parts(&compiled.key, &proof.public_values, &parts).err()
        };
        (0..64).filter_map(refused).collect()
    };
    assert!(errors(&|h, n| h.lookup_nonce = n).contains(&VerifyError::LookupGrinding));
    assert!(errors(&|h, n| h.point_nonce = n).contains(&VerifyError::PointGrinding));
    assert!(errors(&|h, n| h.batch_nonce = n).contains(&VerifyError::BatchGrinding));
    assert!(errors(&|h, n| h.folds[1].1 = n).contains(&VerifyError::FoldGrinding { fold: 1 }));
    assert!(errors(&|h, n| h.query_nonce = n).contains(&VerifyError::QueryGrinding));
}
