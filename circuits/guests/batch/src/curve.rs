//! secp256k1 in the VM's field and curve instructions.
//!
//! The order of the moduli and curves is the order in the VM's configuration (`circuits/prover/src/vm.rs`): an
//! instruction carries an index into it.

// `sw_declare!` calls `neg` as a method.
use core::ops::Neg as _;

use openvm_algebra_guest::{
    moduli_macros::{moduli_declare, moduli_init},
    IntMod,
};
use openvm_ecc_guest::Group;
use openvm_ecc_sw_macros::{sw_declare, sw_init};

moduli_declare! {
    Coordinate { modulus = "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F" },
    Scalar { modulus = "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141" },
}

/// The constant of y² = x³ + 7.
pub(crate) const CURVE_B: Coordinate = Coordinate::from_const_bytes(little_endian_7());

sw_declare! { Secp256k1Point { mod_type = Coordinate, b = CURVE_B } }

moduli_init! {
    "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F",
    "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141"
}
sw_init! { "Secp256k1Point" }

const fn little_endian_7() -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = 7;
    bytes
}
