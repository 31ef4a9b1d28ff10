//! Finished segments are found again, and nothing else is taken for one.

use std::fs;

use openvm_circuit::arch::execution_mode::Segment;
use prividium_prover::{
    commitment::Commitment,
    proof::ProofFile,
    store::{ProvenSegment, SegmentStore},
};

use crate::{folder, vector};

const EXE: Commitment = Commitment([1; 32]);
const VM: Commitment = Commitment([2; 32]);

fn segments() -> Vec<Segment> {
    vec![Segment::new(0, 1000, vec![1, 2]), Segment::new(1000, 500, vec![1, 2])]
}

/// The final proof has the type of a segment proof, which is all that matters to a store.
fn proven() -> ProvenSegment {
    let proof = ProofFile::read(&vector("batch.proof")).expect("the frozen proof is there");
    ProvenSegment { proof: proof.stark.inner, public_values: Some(proof.stark.user_pvs_proof) }
}

#[test]
fn a_saved_segment_is_found_by_the_same_job_only() {
    let folder = folder("same-job");
    let store =
        SegmentStore::open(&folder, b"witness", EXE, VM, &segments()).expect("the folder is writable");
    store.save(1, &proven()).expect("the folder is writable");
    assert!(store.load(0).is_none());
    assert!(store.load(1).expect("saved").public_values.is_some());

    let other = |witness: &[u8], exe, vm, segments: &[Segment]| {
        SegmentStore::open(&folder, witness, exe, vm, segments).expect("the folder is writable").load(1)
    };
    assert!(other(b"witness", EXE, VM, &segments()).is_some());
    assert!(other(b"another", EXE, VM, &segments()).is_none());
    assert!(other(b"witness", VM, VM, &segments()).is_none());
    assert!(other(b"witness", EXE, EXE, &segments()).is_none());
    assert!(other(b"witness", EXE, VM, &segments()[..1]).is_none());
}

#[test]
fn a_damaged_segment_file_counts_as_absent() {
    let folder = folder("damaged");
    let store =
        SegmentStore::open(&folder, b"witness", EXE, VM, &segments()).expect("the folder is writable");
    store.save(0, &proven()).expect("the folder is writable");
    let path = folder.join("segment-0000.bin");
    let bytes = fs::read(&path).expect("just written");
    for length in [0, 3, 40, 76, bytes.len() - 1] {
        fs::write(&path, &bytes[..length]).expect("the folder is writable");
        assert!(store.load(0).is_none(), "{length} bytes");
    }
    for at in (0..bytes.len()).step_by(bytes.len() / 100) {
        let mut copy = bytes.clone();
        copy[at] ^= 1;
        fs::write(&path, &copy).expect("the folder is writable");
        assert!(store.load(0).is_none(), "byte {at}");
    }
    fs::write(&path, &bytes).expect("the folder is writable");
    assert!(store.load(0).is_some());
}

#[test]
fn a_finished_job_leaves_nothing_behind() {
    let folder = folder("clear");
    let store =
        SegmentStore::open(&folder, b"witness", EXE, VM, &segments()).expect("the folder is writable");
    store.save(0, &proven()).expect("the folder is writable");
    store.clear(2);
    assert!(!folder.exists());
}
