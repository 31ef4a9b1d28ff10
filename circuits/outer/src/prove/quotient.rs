//! The quotient: constraints evaluated on cosets where they do not vanish, divided by what vanishes on the rows.

use std::collections::HashMap;

use p3_field::{batch_multiplicative_inverse, Field, PrimeCharacteristicRing};
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;

use crate::{
    compile::{graph::Column, Compiled, TableShape},
    error::OuterError,
    prove::{
        arithmetic::{from_coordinates, reversed, root, shift, E, F},
        columns::{interpolate, on_coset},
        evaluate::{Register, Scalars, Source, TypedSection, ROWS},
    },
};

/// Coefficients of a table's quotient `out_t / Z_t`.
pub(crate) fn table_quotient(
    compiled: &Compiled,
    number: usize,
    [trace, lookups]: [&RowMajorMatrix<F>; 2],
    columns: &HashMap<usize, (Column, bool)>,
    scalars: &Scalars<'_>,
) -> Result<Vec<E>, OuterError> {
    let table = &compiled.tables[number];
    let program = &compiled.key.program;
    let output = program.sections[number + 1].output;
    let (section, registers) = TypedSection::new(program, number, columns, scalars, &[output]);
    let log_size = table.quotient_length.next_power_of_two().ilog2() as usize;
    let log_cosets = log_size.saturating_sub(table.log_masked);
    let mut values = vec![E::ZERO; 1 << (table.log_masked + log_cosets)];
    for coset in 0..1usize << log_cosets {
        let first = shift() * root(table.log_masked + log_cosets).exp_u64(coset as u64);
        let rows = CosetRows {
            table,
            values: [on_coset(trace.clone(), first), on_coset(lookups.clone(), first)],
            selectors: selectors(table, first),
        };
        let quotients = rows.quotients(&section, registers[0], first);
        values.par_chunks_exact_mut(1 << log_cosets).zip(quotients).for_each(|(v, q)| v[coset] = q);
    }
    let coefficients = interpolate(&values, shift());
    let (used, rest) = coefficients.split_at(table.quotient_length.min(coefficients.len()));
    match rest.iter().all(|coefficient| coefficient.is_zero()) {
        true => Ok(used.to_vec()),
        false => Err(OuterError::Unsatisfied { log_height: table.log_height }),
    }
}

/// Columns and selectors of a table on one coset, columns in bit-reversed order.
struct CosetRows<'a> {
    table: &'a TableShape,
    values: [RowMajorMatrix<F>; 2],
    selectors: [Vec<F>; 2],
}

impl CosetRows<'_> {
    fn quotients(&self, section: &TypedSection, output: Register, first: F) -> Vec<E> {
        let size = 1 << self.table.log_masked;
        let inverse_vanishing = self.inverse_vanishing(first);
        let mut quotients = vec![E::ZERO; size];
        quotients.par_chunks_exact_mut(ROWS).enumerate().for_each_init(
            || section.registers(),
            |registers, (block, quotients)| {
                self.load(section, registers, block * ROWS);
                section.run(registers);
                for (offset, quotient) in quotients.iter_mut().enumerate() {
                    let row = block * ROWS + offset;
                    let out = from_coordinates(registers.value(output, offset));
                    *quotient = out * inverse_vanishing[row % inverse_vanishing.len()];
                }
            },
        );
        quotients
    }

    fn load(&self, section: &TypedSection, registers: &mut crate::prove::evaluate::Registers, first: usize) {
        let (log, size) = (self.table.log_masked, 1usize << self.table.log_masked);
        let next_row = size >> self.table.log_height;
        for offset in 0..ROWS {
            let places = [0, next_row].map(|step| reversed((first + offset + step) % size, log));
            for (source, register) in &section.loads {
                match source {
                    Source::First => {
                        write(registers, *register, offset, &[self.selectors[0][first + offset]])
                    }
                    Source::Last => write(registers, *register, offset, &[self.selectors[1][first + offset]]),
                    Source::Opened(column, next) => {
                        let matrix = &self.values[column.tree];
                        let width = if column.tree == 0 { 1 } else { 4 };
                        let start = places[usize::from(*next)] * matrix.width + column.index * width;
                        write(registers, *register, offset, &matrix.values[start..start + width]);
                    }
                }
            }
        }
    }

    /// `1/(x^N − 1)`, which repeats along the coset.
    fn inverse_vanishing(&self, first: F) -> Vec<F> {
        let step = root(self.table.log_masked).exp_power_of_2(self.table.log_height);
        let period = 1 << (self.table.log_masked - self.table.log_height);
        let start = first.exp_power_of_2(self.table.log_height);
        let values: Vec<F> = step.shifted_powers(start).take(period).map(|power| power - F::ONE).collect();
        batch_multiplicative_inverse(&values)
    }
}

fn write(registers: &mut crate::prove::evaluate::Registers, register: Register, row: usize, value: &[F]) {
    if let Some(lane) = registers.base_mut(register) {
        lane[row] = value[0];
    } else if let Some(lanes) = registers.ext_mut(register) {
        lanes.iter_mut().zip(value).for_each(|(lane, coordinate)| lane[row] = *coordinate);
    }
}

/// First-row and last-row selectors on a coset: `Z(x)·g / (N (x − g))` with `g` the row's point.
fn selectors(table: &TableShape, first: F) -> [Vec<F>; 2] {
    let points: Vec<F> = root(table.log_masked).shifted_powers(first).take(1 << table.log_masked).collect();
    let last = root(table.log_height).inverse();
    let height_inverse = F::from_usize(1 << table.log_height).inverse();
    [F::ONE, last].map(|row| {
        let differences: Vec<F> = points.iter().map(|x| *x - row).collect();
        let inverses = batch_multiplicative_inverse(&differences);
        let value = |(x, inverse): (&F, F)| {
            (x.exp_power_of_2(table.log_height) - F::ONE) * inverse * row * height_inverse
        };
        points.iter().zip(inverses).map(value).collect()
    })
}

// The shortest masked columns fill whole chunks of rows.
const _: () = assert!(ROWS <= 512);
