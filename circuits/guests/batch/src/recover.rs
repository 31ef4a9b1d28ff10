//! Recovery of the signer of a hash (SEC 1, 4.1.6; Ethereum yellow paper, appendix F).

use alloy_primitives::keccak256;

use crate::{
    curve::{combine, Point},
    field::{Coordinate, Residue, Scalar},
};

const CURVE_B: Coordinate = Residue([7, 0, 0, 0, 0, 0, 0, 0]);

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
    let (r_bytes, s_bytes) = (signature.first_chunk::<32>()?, signature.last_chunk::<32>()?);
    let (r, s) = (Scalar::from_bytes(r_bytes)?, Scalar::from_bytes(s_bytes)?);
    if r.0 == [0; 8] || s.0 == [0; 8] {
        return None;
    }
    // r < n < p; an abscissa of r + n is never meant by a parity of 0 or 1.
    let commitment = lift(Residue(r.0), parity)?;
    let z = Scalar::from_bytes_unreduced(hash);
    // Q = (s R − z G) / r. The scalars' bits are used below, so they must be the canonical ones or at least right
    // modulo n: the division's result is right modulo n whatever its representation.
    let g = Scalar::ZERO.sub(&z).div(&r);
    let key = combine(&g, &s.div(&r), &commitment)?;
    Some(address_of(&key))
}

/// The point with abscissa `x` whose ordinate has the given parity, if `x` is on the curve.
fn lift(x: Coordinate, parity: u8) -> Option<Point> {
    let mut y = x.square(1).mul(&x).add(&CURVE_B).square_root()?;
    y.assert_reduced();
    if y.0[0] & 1 != u32::from(parity) {
        y = Coordinate::ZERO.sub(&y);
        y.assert_reduced();
    }
    // No point has y = 0, so one of ±y has the parity.
    Some(Point { x, y })
}

fn address_of(key: &Point) -> [u8; 20] {
    // The prover may represent coordinates by other integers until they are asserted to be below p.
    key.x.assert_reduced();
    key.y.assert_reduced();
    let mut bytes = [[0; 32]; 2];
    key.x.write_bytes(&mut bytes[0]);
    key.y.write_bytes(&mut bytes[1]);
    let mut address = [0; 20];
    address.copy_from_slice(&keccak256(bytes.as_flattened())[12..]);
    address
}
