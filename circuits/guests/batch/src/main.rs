//! The program that is proven. Its input is one witness (`docs/protocol/witness.md`), its public value the batch output.
//!
//! It talks to OpenVM in instructions rather than through OpenVM's guest libraries: those fix an allocator that never
//! reuses memory, and touched memory is the largest cost of a proof.
#![no_main]
#![no_std]

extern crate alloc;

mod compare;
mod curve;
mod field;
mod generator;
mod hashes;
mod heap;
mod memory;
mod recover;
mod runtime;

use runtime::{read_input, reveal, terminate};

/// Exit code for a witness that the state transition refuses. The host finds out why by running it natively.
const REFUSED: u8 = 3;

fn main() {
    field::set_up();
    curve::set_up();
    let witness = read_input();
    match prividium_stf::run(witness) {
        Ok(output) => reveal(&output.digest().0),
        Err(_) => terminate::<REFUSED>(),
    }
}
