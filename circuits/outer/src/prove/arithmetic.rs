//! The prover's fields, which are Plonky3's, and their form in the protocol, which is the verifier's.

use p3_baby_bear::BabyBear;
use p3_field::{
    extension::BinomialExtensionField, BasedVectorSpace, PrimeCharacteristicRing, PrimeField32, TwoAdicField,
};
use prividium_verifier::{Ext, Felt};

/// Base field.
pub(crate) type F = BabyBear;
/// Extension.
pub(crate) type E = BinomialExtensionField<F, 4>;

/// Shift of the evaluation domain.
pub(crate) fn shift() -> F {
    F::from_u32(prividium_verifier::field::SHIFT.value())
}

/// Generator of the subgroup of order `2^log`.
pub(crate) fn root(log: usize) -> F {
    F::two_adic_generator(log)
}

pub(crate) fn from_felt(value: Felt) -> F {
    F::from_u32(value.value())
}

pub(crate) fn from_ext(value: Ext) -> E {
    from_coordinates(value.0.map(from_felt))
}

pub(crate) fn to_ext(value: E) -> Ext {
    Ext(coordinates(value).map(|c| Felt::reduce(c.as_canonical_u32().into())))
}

pub(crate) fn to_exts(values: &[E]) -> Vec<Ext> {
    values.iter().map(|value| to_ext(*value)).collect()
}

pub(crate) fn from_coordinates(coordinates: [F; 4]) -> E {
    E::from_basis_coefficients_fn(|index| coordinates[index])
}

pub(crate) fn coordinates(value: E) -> [F; 4] {
    let slice: &[F] = value.as_basis_coefficients_slice();
    [slice[0], slice[1], slice[2], slice[3]]
}

/// `1, x, x², …`
pub(crate) fn powers(x: E, count: usize) -> Vec<E> {
    std::iter::successors(Some(E::ONE), |power| Some(*power * x)).take(count).collect()
}

/// Row of a bit-reversed matrix with `2^log` rows that holds row `index`.
pub(crate) fn reversed(index: usize, log: usize) -> usize {
    match log {
        0 => 0,
        _ => index.reverse_bits() >> (usize::BITS as usize - log),
    }
}
