//! The program that is proven. Its input is one witness (`docs/protocol/witness.md`), its public value the batch output.
#![no_main]
#![no_std]

extern crate alloc;

mod curve;
mod keccak;
mod recover;

use openvm_platform::rust_rt::terminate;
// Links the SHA-256 instruction that `prividium-state` calls.
use openvm_sha2_guest as _;

openvm::entry!(main);

/// Exit code for a witness that the state transition refuses. The host finds out why by running it natively.
const REFUSED: u8 = 3;

fn main() {
    let witness = openvm::io::read_vec();
    match prividium_stf::run(&witness) {
        Ok(output) => openvm::io::reveal_bytes32(output.digest().0),
        Err(_) => terminate::<REFUSED>(),
    }
}
