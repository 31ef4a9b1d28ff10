//! The low-degree test: commits to a codeword, folds it, and again, until a short polynomial is left.

use p3_dft::TwoAdicSubgroupDft;
use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use p3_matrix::{dense::RowMajorMatrix, Matrix};
use prividium_verifier::{hash::Hash, key::Parameters, transcript::Transcript};
use rayon::prelude::*;

use crate::prove::{
    arithmetic::{coordinates, from_ext, root, shift, E, F},
    columns::{interpolate, unflatten, Dft},
    grind::grind,
    tree::{leaf_digests, Tree},
};

/// One committed layer.
pub(crate) struct Layer {
    values: Vec<E>,
    log_arity: usize,
    /// Its tree.
    pub tree: Tree,
    /// Nonce before its challenge.
    pub nonce: [u8; 8],
}

impl Layer {
    /// Root and nonce, as the header holds them.
    pub(crate) fn header(&self) -> (Hash, [u8; 8]) {
        (self.tree.root(), self.nonce)
    }

    /// The other values of the leaf of an index, with its path; and the index in the next layer.
    pub(crate) fn open(&self, index: usize) -> (Vec<u8>, usize) {
        let leaves = self.values.len() >> self.log_arity;
        let (position, leaf) = (index / leaves, index % leaves);
        let mut bytes = Vec::new();
        for other in (0..1 << self.log_arity).filter(|other| *other != position) {
            bytes.extend(element_bytes(self.values[leaf + other * leaves]));
        }
        bytes.extend(self.tree.path(leaf));
        (bytes, leaf)
    }
}

/// All layers, and the coefficients of what is left: those from `2^f` on are zero if the degree was low.
pub(crate) fn fold_down(
    polynomial: &[E],
    parameters: &Parameters,
    transcript: &mut Transcript,
) -> (Vec<Layer>, Vec<E>) {
    let mut values = codeword(polynomial, parameters.log_domain());
    let mut layers = Vec::with_capacity(parameters.folds());
    for _ in 0..parameters.folds() {
        let tree = commit(&values, parameters);
        transcript.absorb(&tree.root());
        let nonce = grind(transcript, parameters.grinding.fold);
        let challenge = from_ext(transcript.challenge());
        let folded = fold(&values, parameters.log_arity, challenge);
        layers.push(Layer { values, log_arity: parameters.log_arity, tree, nonce });
        values = folded;
    }
    (layers, interpolate(&values, F::ONE))
}

/// Values at `S·ω^i`.
fn codeword(polynomial: &[E], log_domain: usize) -> Vec<E> {
    let mut flat: Vec<F> = Vec::with_capacity(4 << log_domain);
    flat.extend(polynomial.iter().flat_map(|c| coordinates(*c)));
    flat.resize(4 << log_domain, F::ZERO);
    let values = Dft::default().coset_dft_batch(RowMajorMatrix::new(flat, 4), shift());
    unflatten(&values.to_row_major_matrix())
}

fn commit(values: &[E], parameters: &Parameters) -> Tree {
    let arity = 1 << parameters.log_arity;
    let leaves = values.len() / arity;
    let digests = leaf_digests(leaves, 16 * arity, |first, leaf_bytes| {
        for (leaf, bytes) in (first..).zip(leaf_bytes) {
            for (position, chunk) in bytes.chunks_exact_mut(16).enumerate() {
                chunk.copy_from_slice(&element_bytes(values[leaf + position * leaves]));
            }
        }
    });
    Tree::new(digests, parameters.log_cap)
}

fn element_bytes(value: E) -> [u8; 16] {
    let mut bytes = [0; 16];
    for (chunk, coordinate) in bytes.chunks_exact_mut(4).zip(coordinates(value)) {
        chunk.copy_from_slice(&coordinate.as_canonical_u32().to_be_bytes());
    }
    bytes
}

fn fold(values: &[E], log_arity: usize, mut challenge: E) -> Vec<E> {
    let mut values = values.to_vec();
    for _ in 0..log_arity {
        let half = values.len() / 2;
        let inverse_root = root(values.len().ilog2() as usize).inverse();
        let (low, high) = values.split_at(half);
        const BLOCK: usize = 1 << 12;
        let folded = low.par_chunks(BLOCK).zip(high.par_chunks(BLOCK)).enumerate().flat_map_iter(
            |(block, (low, high))| {
                let start = inverse_root.exp_u64((block * BLOCK) as u64);
                let points = inverse_root.shifted_powers(start);
                let pair = move |((low, high), point): ((&E, &E), F)| {
                    *low + *high + challenge * ((*low - *high) * point)
                };
                low.iter().zip(high).zip(points).map(pair)
            },
        );
        values = folded.collect();
        challenge = challenge.square();
    }
    values
}
