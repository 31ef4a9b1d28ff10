//! One fold of the low-degree test.

use crate::field::{Ext, Felt};

/// Folds the values of a leaf into one. `inverse` is the inverse of the first value's domain point; the points of the
/// others are its products with the powers of a primitive root of unity of order `values.len()`.
pub fn fold(mut values: Vec<Ext>, inverse: Felt, mut challenge: Ext) -> Ext {
    let mut inverse = inverse;
    while values.len() > 1 {
        let half = values.len() / 2;
        let step = Felt::root_of_unity(values.len().trailing_zeros() as usize).inverse();
        let mut point = inverse;
        for j in 0..half {
            let (low, high) = (values[j], values[j + half]);
            values[j] = low + high + challenge * (low - high).scale(point);
            point = point * step;
        }
        values.truncate(half);
        inverse = inverse * inverse;
        challenge = challenge * challenge;
    }
    values.first().copied().unwrap_or_default()
}
