//! The joined polynomial of all openings, in coefficients.

use std::collections::BTreeMap;

use p3_field::PrimeCharacteristicRing;
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;

use crate::{
    compile::Compiled,
    prove::{
        arithmetic::{from_coordinates, powers, E, F},
        open::point_of,
    },
};

/// An opening: where its group's columns start, how many there are, and its weight.
struct Opening {
    tree: usize,
    start: usize,
    width: usize,
    weight: E,
}

/// The joined polynomial, and whether all divisions were exact: they are if every opened value is right.
pub(crate) struct Combined {
    /// Coefficients.
    pub polynomial: Vec<E>,
    /// Whether no division left a remainder.
    pub is_exact: bool,
}

/// `P(X) = R(X) + Σ_J (Σ_j λ^j F_j(X) − U_J(X)) / (X^k − pt)`, from the stacked coefficients of the trees.
pub(crate) fn combine(
    compiled: &Compiled,
    trees: [&RowMajorMatrix<F>; 3],
    interpolants: &[Vec<E>],
    z: E,
    lambda: E,
) -> Combined {
    let width = trees[0].width;
    let mask = |row: &[F]| from_coordinates([row[width - 4], row[width - 3], row[width - 2], row[width - 1]]);
    let mut is_exact = true;
    let mut polynomial: Vec<E> = trees[0].values.par_chunks_exact(width).map(mask).collect();
    for (((log_factor, bit), openings), interpolant) in sets(compiled, lambda).iter().zip(interpolants) {
        let mut numerator = numerator(trees, openings);
        numerator.iter_mut().zip(interpolant).for_each(|(c, value)| *c -= *value);
        let factor = 1 << log_factor;
        is_exact &= add_quotient(&mut polynomial, numerator, factor, point_of(*bit, z));
    }
    Combined { polynomial, is_exact }
}

fn sets(compiled: &Compiled, lambda: E) -> BTreeMap<(usize, u32), Vec<Opening>> {
    let mut sets: BTreeMap<(usize, u32), Vec<Opening>> = BTreeMap::new();
    let (mut starts, mut weight) = ([0; 3], E::ONE);
    for group in &compiled.key.descriptor.groups {
        let (tree, width) = (group.tree, group.width());
        for bit in group.point_bits() {
            weight *= lambda;
            let opening = Opening { tree, start: starts[tree], width, weight };
            sets.entry((group.log_factor, bit)).or_default().push(opening);
        }
        starts[tree] += width;
    }
    sets
}

fn numerator(trees: [&RowMajorMatrix<F>; 3], openings: &[Opening]) -> Vec<E> {
    let theta = from_coordinates([F::ZERO, F::ONE, F::ZERO, F::ZERO]);
    let basis = powers(theta, 4);
    let terms: Vec<(usize, usize, E)> = openings
        .iter()
        .flat_map(|o| (0..o.width).map(|b| (o.tree, o.start + b, o.weight * basis[b])).collect::<Vec<_>>())
        .collect();
    let rows = trees[0].values.len() / trees[0].width;
    let coefficient = |row: usize| -> E {
        terms
            .iter()
            .map(|(tree, column, weight)| *weight * trees[*tree].values[row * trees[*tree].width + column])
            .sum()
    };
    (0..rows).into_par_iter().map(coefficient).collect()
}

/// Adds `numerator / (X^factor − point)`; false if the division leaves a remainder.
fn add_quotient(combined: &mut [E], mut numerator: Vec<E>, factor: usize, point: E) -> bool {
    for index in (factor..numerator.len()).rev() {
        let leading = numerator[index];
        numerator[index - factor] += point * leading;
        combined[index - factor] += leading;
    }
    numerator[..factor].iter().all(|remainder| *remainder == E::ZERO)
}
