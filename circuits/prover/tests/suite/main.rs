//! Tests of the prover as a whole, in one binary since linking OpenVM is slow. None of them makes a proof: they use the
//! frozen one in `tests/vectors/proofs` (`README.md` there says how to make it again).

mod command_line;
mod differential;
mod final_proof;
mod frozen_proof;
mod progress;
mod segment_store;
mod socket;

use std::{
    fs,
    path::{Path, PathBuf},
};

use prividium_prover::{built_in_guest, guest::BuiltIn};

/// The guest of this repository.
static GUEST: BuiltIn = built_in_guest!();

/// A fresh folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the target folder is writable");
    folder
}

/// A frozen file.
fn vector(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/proofs").join(name)
}
