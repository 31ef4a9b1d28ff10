//! Values of the columns at the out-of-domain points.

use std::collections::BTreeMap;

use p3_field::PrimeCharacteristicRing;
use p3_matrix::{dense::RowMajorMatrix, Matrix};
use rayon::prelude::*;

use crate::{
    compile::Compiled,
    prove::arithmetic::{powers, root, E, F},
};

/// The point that a bit of a group's points stands for.
pub(crate) fn point_of(bit: u32, z: E) -> E {
    match bit.checked_sub(1) {
        None => z,
        Some(log_height) => z * root(log_height as usize),
    }
}

/// All opened values in the order of the key. `columns` are the coefficients by tree and table.
pub(crate) fn opened_values(
    compiled: &Compiled,
    columns: [&[RowMajorMatrix<F>]; 2],
    quotient: &[E],
    z: E,
) -> Vec<E> {
    let mut evaluated: BTreeMap<(usize, usize, u32), Vec<E>> = BTreeMap::new();
    let mut opened = Vec::with_capacity(compiled.key.descriptor.opened_values());
    for stack in &compiled.stacks {
        let tree = stack.group.tree;
        for bit in stack.group.point_bits() {
            let point = point_of(bit, z);
            if stack.columns.is_empty() {
                opened.push(evaluate(quotient, point));
            }
            for column in &stack.columns {
                let values = evaluated
                    .entry((tree, column.table, bit))
                    .or_insert_with(|| column_values(&columns[tree][column.table], point));
                let width = stack.group.width();
                let coordinates = &values[column.index * width..(column.index + 1) * width];
                opened.push(join(coordinates));
            }
        }
    }
    opened
}

/// `Σ θ^b v_b`
fn join(coordinates: &[E]) -> E {
    let theta = super::arithmetic::from_coordinates([F::ZERO, F::ONE, F::ZERO, F::ZERO]);
    coordinates.iter().rev().fold(E::ZERO, |sum, value| sum * theta + *value)
}

fn evaluate(coefficients: &[E], point: E) -> E {
    coefficients.iter().rev().fold(E::ZERO, |sum, c| sum * point + *c)
}

/// Values of all columns' polynomials at one point.
fn column_values(coefficients: &RowMajorMatrix<F>, point: E) -> Vec<E> {
    const BLOCK: usize = 1 << 9;
    let width = coefficients.width;
    let scales = powers(point, coefficients.height());
    let add = |mut left: Vec<E>, right: Vec<E>| {
        left.iter_mut().zip(right).for_each(|(left, right)| *left += right);
        left
    };
    let block_sum = |(rows, scales): (&[F], &[E])| {
        let mut sums = vec![E::ZERO; width];
        for (row, scale) in rows.chunks_exact(width).zip(scales) {
            sums.iter_mut().zip(row).for_each(|(sum, c)| *sum += *scale * *c);
        }
        sums
    };
    let blocks = coefficients.values.par_chunks(BLOCK * width).zip(scales.par_chunks(BLOCK));
    blocks.map(block_sum).reduce(|| vec![E::ZERO; width], add)
}
