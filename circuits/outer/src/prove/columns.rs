//! Columns of a table: their values on the rows, their masked polynomials, and their place in the stacked ones.

use p3_dft::{Radix2DitParallel, TwoAdicSubgroupDft};
use p3_field::PrimeCharacteristicRing;
use p3_matrix::{dense::RowMajorMatrix, Matrix};
use rayon::prelude::*;

use crate::{
    circuit::{Circuit, Witness},
    compile::{layout::Stack, TableShape},
    error::OuterError,
    prove::{
        arithmetic::{E, F},
        random::Randomness,
    },
};

pub(crate) type Dft = Radix2DitParallel<F>;

/// Trace columns of all tables. The lookup masks are random and add up to zero over all rows of all tables.
pub(crate) fn traces(
    circuit: &Circuit,
    tables: &[TableShape],
    witness: &Witness,
    randomness: &mut Randomness,
) -> Result<Vec<RowMajorMatrix<F>>, OuterError> {
    let sizes = circuit.airs.iter().map(|air| air.width << air.log_height);
    if witness.traces.len() != circuit.airs.len() || !witness.traces.iter().map(Vec::len).eq(sizes) {
        return Err(OuterError::WitnessShape("sizes of the traces"));
    }
    let mut traces: Vec<_> = tables.iter().map(|table| trace(circuit, table, witness, randomness)).collect();
    balance_masks(&mut traces);
    Ok(traces)
}

fn trace(
    circuit: &Circuit,
    table: &TableShape,
    witness: &Witness,
    randomness: &mut Randomness,
) -> RowMajorMatrix<F> {
    let (width, height) = (table.width(), 1 << table.log_height);
    let mut values = F::zero_vec(width * height);
    for (row, cells) in values.chunks_exact_mut(width).enumerate() {
        let (sources, masks) = cells.split_at_mut(table.sources.len());
        for (cell, source) in sources.iter_mut().zip(&table.sources) {
            let air_width = circuit.airs[source.air].width;
            *cell = F::from_u32(witness.traces[source.air][row * air_width + source.column]);
        }
        masks.iter_mut().for_each(|mask| *mask = randomness.felt());
    }
    RowMajorMatrix::new(values, width)
}

fn balance_masks(traces: &mut [RowMajorMatrix<F>]) {
    let mut sum = [F::ZERO; 4];
    for trace in traces.iter() {
        for row in trace.values.chunks_exact(trace.width) {
            sum.iter_mut().zip(&row[trace.width - 4..]).for_each(|(sum, mask)| *sum += *mask);
        }
    }
    if let Some(trace) = traces.last_mut() {
        let end = trace.values.len();
        trace.values[end - 4..].iter_mut().zip(sum).for_each(|(mask, sum)| *mask -= sum);
    }
}

/// Coefficients of the polynomials that take the given values on the rows and are uniformly random elsewhere: the
/// interpolants, plus multiples of the polynomial that vanishes on the rows.
pub(crate) fn masked(
    values: RowMajorMatrix<F>,
    log_masked: usize,
    randomness: &mut Randomness,
) -> RowMajorMatrix<F> {
    let (width, height) = (values.width, values.height());
    let masks = (1 << log_masked) - height;
    let mut coefficients = Dft::default().idft_batch(values).values;
    coefficients.resize(width << log_masked, F::ZERO);
    for row in 0..masks {
        for column in 0..width {
            let mask = randomness.felt();
            coefficients[row * width + column] -= mask;
            coefficients[(height + row) * width + column] += mask;
        }
    }
    RowMajorMatrix::new(coefficients, width)
}

/// Coefficients of the stacked polynomials of a tree, from those of each table's columns in it, and some columns more.
pub(crate) fn stacked(
    stacks: &[Stack],
    tree: usize,
    columns: &[RowMajorMatrix<F>],
    log_length: usize,
    more_columns: &[F],
) -> RowMajorMatrix<F> {
    let stacks: Vec<&Stack> = stacks.iter().filter(|stack| stack.group.tree == tree).collect();
    let more = more_columns.len() >> log_length;
    let width = stacks.iter().map(|stack| stack.group.width()).sum::<usize>() + more;
    let mut values = F::zero_vec(width << log_length);
    values.par_chunks_exact_mut(width).enumerate().for_each(|(row, cells)| {
        let mut rest = cells;
        for stack in &stacks {
            let (own, others) = rest.split_at_mut(stack.group.width());
            rest = others;
            let (slot, index) = (row & ((1 << stack.group.log_factor) - 1), row >> stack.group.log_factor);
            let Some(column) = stack.columns.get(slot) else { continue };
            let matrix = &columns[column.table];
            if index < matrix.height() {
                let start = index * matrix.width + column.index * own.len();
                own.copy_from_slice(&matrix.values[start..start + own.len()]);
            }
        }
        rest.copy_from_slice(&more_columns[row * more..(row + 1) * more]);
    });
    RowMajorMatrix::new(values, width)
}

/// Values of polynomials at `shift·ω^r`, row `r` standing at its bit-reversed place.
pub(crate) fn on_coset(coefficients: RowMajorMatrix<F>, shift: F) -> RowMajorMatrix<F> {
    use p3_matrix::bitrev::BitReversibleMatrix;
    Dft::default().coset_dft_batch(coefficients, shift).bit_reverse_rows()
}

/// Coordinates of extension elements as a matrix of four columns.
pub(crate) fn flatten(values: &[E]) -> RowMajorMatrix<F> {
    let flat = values.iter().flat_map(|value| super::arithmetic::coordinates(*value)).collect();
    RowMajorMatrix::new(flat, 4)
}

/// Coefficients from values at `shift·ω^i`, coordinate by coordinate.
pub(crate) fn interpolate(values: &[E], shift: F) -> Vec<E> {
    let coefficients = Dft::default().coset_idft_batch(flatten(values), shift);
    unflatten(&coefficients)
}

pub(crate) fn unflatten(matrix: &RowMajorMatrix<F>) -> Vec<E> {
    let element = |c: &[F]| super::arithmetic::from_coordinates([c[0], c[1], c[2], c[3]]);
    matrix.values.chunks_exact(4).map(element).collect()
}
