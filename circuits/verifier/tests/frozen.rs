//! The frozen final proof of a real batch: accepted as it is, refused with the right error when anything is altered.

use std::{
    fs,
    hash::{BuildHasher, RandomState},
    num::NonZero,
    path::Path,
    sync::{
        atomic::{AtomicUsize, Ordering},
        LazyLock,
    },
    thread,
};

use prividium_verifier::{
    field::P, header::canonical_public_values, verify, verify_parts, Proof, VerifyError, VerifyingKey,
};
use proptest::prelude::*;

struct Frozen {
    key_bytes: Vec<u8>,
    key: VerifyingKey,
    proof_bytes: Vec<u8>,
    proof: Proof,
}

static FROZEN: LazyLock<Frozen> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |name: &str| fs::read(root.join(name)).expect("the frozen files are there");
    let key_bytes = read("circuits/guests/batch/final.vk");
    let proof_bytes = read("tests/vectors/outer/batch.final");
    let key = VerifyingKey::parse(&key_bytes).expect("the frozen key is valid");
    let proof = Proof::parse(&proof_bytes).expect("the frozen proof decodes");
    Frozen { key_bytes, key, proof_bytes, proof }
});

fn check(parts: &[Vec<u8>]) -> Result<(), VerifyError> {
    verify_parts(&FROZEN.key, &FROZEN.proof.public_values, parts)
}

/// The result after one byte of a part was changed.
fn flipped(part: usize, offset: usize) -> VerifyError {
    let mut parts = FROZEN.proof.parts.clone();
    parts[part][offset] ^= 1;
    check(&parts).expect_err("an altered proof verifies")
}

/// The result after an element of a part was replaced by one that is not canonical.
fn not_canonical(part: usize, offset: usize) -> VerifyError {
    let mut parts = FROZEN.proof.parts.clone();
    parts[part][offset..offset + 4].copy_from_slice(&P.to_be_bytes());
    check(&parts).expect_err("a proof that is not canonical verifies")
}

#[test]
fn the_frozen_proof_is_accepted() {
    let frozen = &*FROZEN;
    assert_eq!(verify(&frozen.key_bytes, &frozen.proof.public_values, &frozen.proof_bytes), Ok(()));
}

#[test]
fn files_encode_as_they_were_read() {
    let frozen = &*FROZEN;
    assert_eq!(frozen.key.encode(), frozen.key_bytes);
    assert_eq!(frozen.proof.encode(), frozen.proof_bytes);
}

#[test]
fn every_section_of_the_header_has_its_error() {
    let tables = FROZEN.key.descriptor.log_heights.len();
    let opened = FROZEN.key.descriptor.opened_values();
    let folds = FROZEN.key.descriptor.parameters.folds();
    let mut offset = 0;
    let mut section = |length: usize| {
        offset += length;
        offset - length
    };
    use VerifyError::*;
    assert_eq!(flipped(0, section(32)), LookupGrinding, "root of the trace");
    assert_eq!(flipped(0, section(8) + 7), LookupGrinding, "lookup nonce");
    assert_eq!(flipped(0, section(32)), PointGrinding, "root of the lookups");
    let terminals = section(16 * tables);
    assert_eq!(flipped(0, terminals + 3), PointGrinding, "terminals");
    assert_eq!(not_canonical(0, terminals), HeaderNotCanonical, "terminals");
    assert_eq!(flipped(0, section(32)), PointGrinding, "root of the quotient");
    assert_eq!(flipped(0, section(8) + 7), PointGrinding, "point nonce");
    let values = section(16 * opened);
    assert_eq!(flipped(0, values + 16 * opened - 1), BatchGrinding, "opened values");
    assert_eq!(not_canonical(0, values + 4), HeaderNotCanonical, "opened values");
    assert_eq!(flipped(0, section(8) + 7), BatchGrinding, "batch nonce");
    for fold in 0..folds {
        assert_eq!(flipped(0, section(32)), FoldGrinding { fold }, "root of fold {fold}");
        assert_eq!(flipped(0, section(8) + 7), FoldGrinding { fold }, "nonce of fold {fold}");
    }
    let last = section(16 << FROZEN.key.descriptor.parameters.log_final);
    assert_eq!(flipped(0, last + 3), QueryGrinding, "final polynomial");
    assert_eq!(not_canonical(0, last), HeaderNotCanonical, "final polynomial");
    assert_eq!(flipped(0, section(8) + 7), QueryGrinding, "query nonce");
    assert_eq!(section(0), FROZEN.proof.parts[0].len());
}

#[test]
fn every_section_of_a_query_has_its_error() {
    let descriptor = &FROZEN.key.descriptor;
    let parameters = &descriptor.parameters;
    let trees = 3 + parameters.folds();
    for (part, bytes) in FROZEN.proof.parts.iter().enumerate().skip(1) {
        let number = part - 1;
        for tree in 0..trees {
            let error = VerifyError::CapMismatch { part: number, tree };
            assert_eq!(flipped(part, tree * parameters.cap_bytes()), error);
        }
        let first = number * parameters.queries_per_part;
        let count = (parameters.queries - first).min(parameters.queries_per_part);
        for query in [first, first + count - 1] {
            let mut offset = trees * parameters.cap_bytes() + (query - first) * descriptor.query_bytes();
            for tree in 0..trees {
                let (row, salt) = match tree {
                    0..3 => (4 * descriptor.width(tree), 16),
                    _ => (16 * ((1 << parameters.log_arity) - 1), 0),
                };
                let path = parameters.path_bytes(tree);
                let mismatch = VerifyError::PathMismatch { query, tree };
                assert_eq!(not_canonical(part, offset), VerifyError::RowNotCanonical { query, tree });
                for inside in [3, row + salt - 1, row + salt, row + salt + path - 1] {
                    assert_eq!(flipped(part, offset + inside), mismatch, "query {query}, tree {tree}");
                }
                offset += row + salt + path;
            }
            assert!(offset <= bytes.len());
        }
    }
}

#[test]
fn lengths_and_order_of_parts_are_fixed() {
    let mut shorter = FROZEN.proof.parts.clone();
    shorter[0].pop();
    assert_eq!(check(&shorter), Err(VerifyError::HeaderLength));
    let mut longer = FROZEN.proof.parts.clone();
    longer[2].push(0);
    assert_eq!(check(&longer), Err(VerifyError::PartLength { part: 1 }));
    let mut swapped = FROZEN.proof.parts.clone();
    swapped.swap(1, 2);
    assert_eq!(check(&swapped), Err(VerifyError::PathMismatch { query: 0, tree: 0 }));
    let mut duplicated = FROZEN.proof.parts.clone();
    duplicated[2] = duplicated[1].clone();
    assert!(matches!(check(&duplicated), Err(VerifyError::PathMismatch { tree: 0, .. })));
    assert_eq!(check(&FROZEN.proof.parts[..2]), Err(VerifyError::ProofMalformed));
    assert_eq!(check(&[]), Err(VerifyError::ProofMalformed));
}

#[test]
fn public_values_are_bound() {
    let frozen = &*FROZEN;
    for index in 0..frozen.proof.public_values.len() {
        let mut values = frozen.proof.public_values.clone();
        values[index] ^= 1;
        assert_eq!(
            verify(&frozen.key_bytes, &values, &frozen.proof_bytes),
            Err(VerifyError::PublicValuesMismatch)
        );
        let result = verify_parts(&frozen.key, &values, &frozen.proof.parts);
        assert_eq!(result, Err(VerifyError::LookupGrinding), "public value {index}");
    }
    let error = |values: &[u32]| canonical_public_values(&frozen.key, values).expect_err("wrong values");
    assert_eq!(error(&frozen.proof.public_values[1..]), VerifyError::PublicValuesLength);
    let mut values = frozen.proof.public_values.clone();
    values[0] = P;
    assert_eq!(error(&values), VerifyError::PublicValueNotCanonical);
}

#[test]
fn an_altered_key_is_refused() {
    let frozen = &*FROZEN;
    let with = |offset: usize| {
        let mut key = frozen.key_bytes.clone();
        key[offset] ^= 1;
        verify(&key, &frozen.proof.public_values, &frozen.proof_bytes).expect_err("an altered key")
    };
    let descriptor_end = 4 + frozen.key.descriptor.encode().len();
    assert_eq!(with(4), VerifyError::KeyMalformed, "magic");
    assert_eq!(with(9), VerifyError::KeyVersion, "version");
    assert_eq!(with(descriptor_end - 1), VerifyError::KeyProgramMismatch, "hash of the program");
    let constants = descriptor_end + 4 + 2 + 2 + 1 + 6;
    assert_eq!(with(constants + 3), VerifyError::KeyProgramMismatch, "a constant");
    // An altered instruction may break the form of the program before its hash is looked at.
    let instruction = with(frozen.key_bytes.len() - 40);
    assert!(matches!(instruction, VerifyError::KeyProgramMismatch | VerifyError::KeyMalformed));
}

fn mutated(changes: &[(usize, u8)], length: Option<usize>) -> Vec<u8> {
    let mut bytes = FROZEN.proof_bytes.clone();
    for (offset, value) in changes {
        let offset = offset % bytes.len();
        bytes[offset] ^= value;
    }
    if let Some(length) = length {
        bytes.truncate(length % bytes.len());
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn mutated_proofs_are_refused_without_a_panic(
        changes in prop::collection::vec((any::<usize>(), 1u8..), 1..4),
        length in prop::option::weighted(0.1, any::<usize>()),
    ) {
        let bytes = mutated(&changes, length);
        prop_assume!(bytes != FROZEN.proof_bytes);
        prop_assert!(verify(&FROZEN.key_bytes, &FROZEN.proof.public_values, &bytes).is_err());
    }

    #[test]
    fn random_bytes_are_refused_without_a_panic(key in prop::collection::vec(any::<u8>(), 0..600), proof in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(verify(&key, &[], &proof).is_err());
    }

    #[test]
    fn mutated_keys_do_not_panic(changes in prop::collection::vec((any::<usize>(), 1u8..), 1..4), near in any::<bool>()) {
        let mut key = FROZEN.key_bytes.clone();
        for (offset, value) in changes {
            let range = if near { 600 } else { key.len() };
            key[offset % range] ^= value;
        }
        prop_assert!(verify(&key, &FROZEN.proof.public_values, &FROZEN.proof_bytes).is_err());
    }
}

const MUTATIONS: usize = 1 << 20;
const MUTATIONS_PER_LINE: usize = 1 << 15;

/// `cargo test --release -p prividium-verifier -- --ignored --nocapture`.
#[test]
#[ignore = "a million mutated proofs take half an hour"]
fn a_million_mutated_proofs_are_refused_without_a_panic() {
    let seed = RandomState::new().hash_one(MUTATIONS);
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let tried = AtomicUsize::new(0);
    thread::scope(|scope| {
        for worker in 0..workers {
            let tried = &tried;
            scope.spawn(move || refuse_mutations(seed.wrapping_add(worker as u64), tried));
        }
    });
}

/// Until all workers together have tried MUTATIONS. The key is read once: reading it costs more than most refusals.
fn refuse_mutations(seed: u64, tried: &AtomicUsize) {
    let mut state = seed;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 16) as usize
    };
    loop {
        let number = tried.fetch_add(1, Ordering::Relaxed);
        if number >= MUTATIONS {
            return;
        }
        if number % MUTATIONS_PER_LINE == 0 {
            eprintln!("{number} mutated proofs refused");
        }
        let changes: Vec<(usize, u8)> =
            (0..1 + draw() % 3).map(|_| (draw(), 1 + (draw() % 255) as u8)).collect();
        let bytes = mutated(&changes, (draw() % 16 == 0).then(&mut draw));
        let accepted = Proof::parse(&bytes).is_ok_and(|proof| {
            let values = &FROZEN.proof.public_values;
            proof.public_values == *values && verify_parts(&FROZEN.key, values, &proof.parts).is_ok()
        });
        assert!(!accepted || bytes == FROZEN.proof_bytes, "seed {seed}: {changes:?} are accepted");
    }
}
