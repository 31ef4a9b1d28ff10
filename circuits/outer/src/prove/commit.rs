//! Commits to stacked polynomials. Their values are computed coset by coset, hashed and dropped; the few rows that
//! queries open are computed again from the coefficients.

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_matrix::{dense::RowMajorMatrix, Matrix};
use prividium_verifier::{
    hash::{Digest, DIGEST_BYTES, SALT_BYTES},
    key::Parameters,
};
use rayon::prelude::*;

use crate::prove::{
    arithmetic::{reversed, root, shift, F},
    columns::on_coset,
    random::Salts,
    tree::{leaf_digests, Tree},
};

/// A committed tree of rows.
pub(crate) struct Commitment {
    coefficients: RowMajorMatrix<F>,
    salts: Salts,
    parameters: Parameters,
    /// The tree.
    pub tree: Tree,
}

impl Commitment {
    /// Commits.
    pub(crate) fn new(coefficients: RowMajorMatrix<F>, salts: Salts, parameters: Parameters) -> Self {
        let Parameters { log_length, log_blowup, .. } = parameters;
        let width = coefficients.width;
        let row_bytes = 4 * width;
        let mut leaves: Vec<Digest> = vec![[0; DIGEST_BYTES]; 1 << parameters.log_domain()];
        for coset in 0..1usize << log_blowup {
            let coset_shift = shift() * root(parameters.log_domain()).exp_u64(coset as u64);
            let values = on_coset(coefficients.clone(), coset_shift);
            let digests = leaf_digests(values.height(), row_bytes + SALT_BYTES, |first, leaves| {
                let mut salt = salts.from((coset << log_length) + first);
                for (row, leaf) in values.values[first * width..].chunks_exact(width).zip(leaves) {
                    write_row(row, &mut leaf[..row_bytes]);
                    leaf[row_bytes..].copy_from_slice(&salt());
                }
            });
            leaves.par_chunks_exact_mut(1 << log_blowup).enumerate().for_each(|(index, leaves)| {
                leaves[coset] = digests[reversed(index, log_length)];
            });
        }
        let tree = Tree::new(leaves, parameters.log_cap);
        Self { coefficients, salts, parameters, tree }
    }

    /// Coefficients of the stacked polynomials.
    pub(crate) fn coefficients(&self) -> &RowMajorMatrix<F> {
        &self.coefficients
    }

    /// Rows at the given indices, each followed by its salt.
    pub(crate) fn rows(&self, indices: &[usize]) -> Vec<Vec<u8>> {
        let Parameters { log_length, log_blowup, .. } = self.parameters;
        let points: Vec<F> = indices
            .iter()
            .map(|index| shift() * root(self.parameters.log_domain()).exp_u64(*index as u64))
            .collect();
        let rows = evaluate_at(&self.coefficients, &points);
        let opened = indices.iter().zip(rows).map(|(index, row)| {
            let mut bytes = vec![0; 4 * row.len()];
            write_row(&row, &mut bytes);
            let (coset, position) = (index & ((1 << log_blowup) - 1), index >> log_blowup);
            let number = (coset << log_length) + reversed(position, log_length);
            bytes.extend(self.salts.from(number)());
            bytes
        });
        opened.collect()
    }
}

fn write_row(row: &[F], bytes: &mut [u8]) {
    for (chunk, value) in bytes.chunks_exact_mut(4).zip(row) {
        chunk.copy_from_slice(&value.as_canonical_u32().to_be_bytes());
    }
}

/// Values of all columns' polynomials at some points.
fn evaluate_at(coefficients: &RowMajorMatrix<F>, points: &[F]) -> Vec<Vec<F>> {
    const BLOCK: usize = 1 << 10;
    let width = coefficients.width;
    let zero = || vec![vec![F::ZERO; width]; points.len()];
    let add = |mut left: Vec<Vec<F>>, right: Vec<Vec<F>>| {
        for (left, right) in left.iter_mut().flatten().zip(right.into_iter().flatten()) {
            *left += right;
        }
        left
    };
    let blocks = coefficients.values.par_chunks(BLOCK * width).enumerate();
    let evaluated = blocks.fold(zero, |mut sums, (block, rows)| {
        for (sum, point) in sums.iter_mut().zip(points) {
            let mut value = vec![F::ZERO; width];
            for row in rows.chunks_exact(width).rev() {
                value.iter_mut().zip(row).for_each(|(value, c)| *value = *value * *point + *c);
            }
            let scale = point.exp_u64((block * BLOCK) as u64);
            sum.iter_mut().zip(value).for_each(|(sum, value)| *sum += value * scale);
        }
        sums
    });
    evaluated.reduce(zero, add)
}
