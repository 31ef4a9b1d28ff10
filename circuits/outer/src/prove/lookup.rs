//! Lookup columns: each holds the sum of some messages' fractions, the last one their running sum over the rows.

use std::collections::HashMap;

use p3_field::{batch_multiplicative_inverse, Field, PrimeCharacteristicRing};
use p3_matrix::{dense::RowMajorMatrix, Matrix};
use rayon::prelude::*;

use crate::{
    compile::{graph::Column, Compiled},
    error::OuterError,
    prove::{
        arithmetic::{coordinates, from_coordinates, powers, E, F},
        columns::flatten,
        evaluate::{Register, Scalars, Source, TypedSection, ROWS},
    },
};

/// Lookup columns of a table, coordinate by coordinate, and their sum over all rows.
pub(crate) fn lookup_columns(
    compiled: &Compiled,
    number: usize,
    trace: &RowMajorMatrix<F>,
    columns: &HashMap<usize, (Column, bool)>,
    scalars: &Scalars<'_>,
) -> Result<(RowMajorMatrix<F>, E), OuterError> {
    let outputs = &compiled.lookup_outputs[number];
    let (section, registers) = TypedSection::new(&compiled.lookup_program, number, columns, scalars, outputs);
    let lookups = compiled.tables[number].lookups;
    let mut values = vec![E::ZERO; lookups * trace.height()];
    values
        .par_chunks_mut(lookups * ROWS)
        .enumerate()
        .try_for_each(|(block, values)| sums_of_rows(&section, &registers, trace, block * ROWS, values))?;
    let beta = powers(scalars.challenges[1], 4);
    let mask = |row: usize| -> E {
        let cells = &trace.values[(row + 1) * trace.width - 4..(row + 1) * trace.width];
        cells.iter().zip(&beta).map(|(cell, power)| *power * *cell).sum()
    };
    let steps: Vec<E> = values
        .chunks(lookups)
        .enumerate()
        .map(|(row, sums)| sums.iter().copied().sum::<E>() + mask(row))
        .collect();
    let terminal: E = steps.iter().copied().sum();
    let share = terminal * F::from_usize(trace.height()).inverse();
    let mut running = E::ZERO;
    for (sums, step) in values.chunks_mut(lookups).zip(steps) {
        sums[lookups - 1] = running;
        running += step - share;
    }
    let width = 4 * lookups;
    Ok((RowMajorMatrix::new(flatten(&values).values, width), terminal))
}

/// The fractions' sums on up to [`ROWS`] rows.
fn sums_of_rows(
    section: &TypedSection,
    outputs: &[Register],
    trace: &RowMajorMatrix<F>,
    first: usize,
    values: &mut [E],
) -> Result<(), OuterError> {
    let height = trace.height();
    let mut registers = section.registers();
    for (source, register) in &section.loads {
        let lane =
            registers.base_mut(*register).ok_or(OuterError::Internal("a message reads a lookup column"))?;
        for (offset, cell) in lane.iter_mut().enumerate() {
            let row = (first + offset) % height;
            *cell = match source {
                Source::First => F::from_bool(row == 0),
                Source::Last => F::from_bool(row + 1 == height),
                Source::Opened(column, next) => {
                    trace.values[((row + usize::from(*next)) % height) * trace.width + column.index]
                }
            };
        }
    }
    section.run(&mut registers);
    let lookups = outputs.len() / 2;
    let read = |register: Register, row: usize| from_coordinates(registers.value(register, row));
    let pairs = || (0..values.len()).map(|i| (i / lookups, &outputs[2 * (i % lookups)..]));
    let denominators: Vec<E> = pairs().map(|(row, pair)| read(pair[1], row)).collect();
    if denominators.iter().any(|d| coordinates(*d).iter().all(|c| c.is_zero())) {
        return Err(OuterError::Internal("a message's fingerprint is zero"));
    }
    let inverses = batch_multiplicative_inverse(&denominators);
    let numerators: Vec<E> = pairs().map(|(row, pair)| read(pair[0], row)).collect();
    for ((value, numerator), inverse) in values.iter_mut().zip(numerators).zip(inverses) {
        *value = -numerator * inverse;
    }
    Ok(())
}
