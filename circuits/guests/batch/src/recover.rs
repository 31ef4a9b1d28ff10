//! Recovery of the signer of a hash (SEC 1, 4.1.6; Ethereum yellow paper, appendix F).

use alloy_primitives::keccak256;
use openvm_algebra_guest::{DivUnsafe, ExpBytes, IntMod};
use openvm_ecc_guest::{
    weierstrass::{CachedMulTable, IntrinsicCurve, WeierstrassPoint},
    Group,
};

use crate::curve::{Coordinate, Scalar, Secp256k1Point, CURVE_B};

const WINDOW_BITS: usize = 4;
/// (p + 1) / 4, big-endian: p = 3 (mod 4), so this power of a square is its root.
const ROOT_EXPONENT: [u8; 32] = hex(b"3FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFBFFFFF0C");
const GENERATOR_X: [u8; 32] = reversed(hex(b"79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798"));
/// Ordinate of −G.
const MINUS_GENERATOR_Y: [u8; 32] = reversed(hex(b"B7C52588D95C3B9AA25B0403F1EEF75702E84BB7597AABE663B82F6F04EF2777"));

struct Secp256k1;

impl IntrinsicCurve for Secp256k1 {
    type Scalar = Scalar;
    type Point = Secp256k1Point;

    fn msm(scalars: &[Scalar], points: &[Secp256k1Point]) -> Secp256k1Point {
        CachedMulTable::<Self>::new_with_prime_order(points, WINDOW_BITS).windowed_mul(scalars)
    }
}

/// Writes the address that signed `hash` and returns true, or returns false if there is none. A high `s` is accepted.
#[no_mangle]
#[inline(never)]
fn prividium_recover(hash: &[u8; 32], signature: &[u8; 64], parity: u8, address: &mut [u8; 20]) -> bool {
    match recover(hash, signature, parity) {
        Some(found) => {
            *address = found;
            true
        }
        None => false,
    }
}

fn recover(hash: &[u8; 32], signature: &[u8; 64], parity: u8) -> Option<[u8; 20]> {
    let (r, s) = signature.split_at(32);
    let x = Coordinate::from_be_bytes(r)?;
    let (r, s) = (Scalar::from_be_bytes(r)?, Scalar::from_be_bytes(s)?);
    if r == <Scalar as IntMod>::ZERO || s == <Scalar as IntMod>::ZERO {
        return None;
    }
    let commitment = lift(x, parity)?;
    let z = Scalar::from_be_bytes_unchecked(hash);
    // SAFETY: the constants are the coordinates of −G.
    let minus_generator = unsafe {
        Secp256k1Point::from_xy_unchecked(
            Coordinate::from_const_bytes(GENERATOR_X),
            Coordinate::from_const_bytes(MINUS_GENERATOR_Y),
        )
    };
    // Q = (s R − z G) / r
    let scalars = [z.div_unsafe(&r), s.div_unsafe(&r)];
    let key = Secp256k1::msm(&scalars, &[minus_generator, commitment]);
    if key.is_identity() {
        return None;
    }
    let (x, y) = key.into_coords();
    Some(address_of(&x, &y))
}

/// The point with abscissa `x` whose ordinate has the given parity, if `x` is on the curve.
fn lift(x: Coordinate, parity: u8) -> Option<Secp256k1Point> {
    let square = &x * &x * &x + &CURVE_B;
    let mut y = square.exp_bytes(true, &ROOT_EXPONENT);
    if &y * &y != square {
        return None;
    }
    y.assert_reduced();
    if y.as_le_bytes()[0] & 1 != parity {
        y.neg_assign();
        y.assert_reduced();
    }
    // SAFETY: y² = x³ + 7 was just checked; no point has y = 0, so one of ±y has the parity.
    Some(unsafe { Secp256k1Point::from_xy_unchecked(x, y) })
}

fn address_of(x: &Coordinate, y: &Coordinate) -> [u8; 20] {
    // Coordinates are defined modulo p only, until they are asserted to be below it.
    x.assert_reduced();
    y.assert_reduced();
    let mut key = [0; 64];
    for i in 0..32 {
        key[i] = x.as_le_bytes()[31 - i];
        key[32 + i] = y.as_le_bytes()[31 - i];
    }
    let mut address = [0; 20];
    address.copy_from_slice(&keccak256(key)[12..]);
    address
}

const fn reversed(bytes: [u8; 32]) -> [u8; 32] {
    let mut result = [0; 32];
    let mut i = 0;
    while i < 32 {
        result[i] = bytes[31 - i];
        i += 1;
    }
    result
}

const fn hex(digits: &[u8; 64]) -> [u8; 32] {
    let mut result = [0; 32];
    let mut i = 0;
    while i < 64 {
        let digit = digits[i];
        let value = if digit <= b'9' { digit - b'0' } else { digit - b'A' + 10 };
        result[i / 2] = result[i / 2] << 4 | value;
        i += 1;
    }
    result
}
