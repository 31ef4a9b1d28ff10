//! From a circuit to a verifying key, and to what the prover needs to know of its columns.

pub mod constraints;
pub mod graph;
pub mod layout;
pub mod lookups;
pub mod schedule;
pub mod tables;

use prividium_verifier::{
    field::P,
    hash::keccak,
    key::{Descriptor, Parameters, VerifyingKey},
    program::{Opcode, Program},
};

use crate::{circuit::Circuit, error::OuterError};
use constraints::{table_constraints, TableConstraints};
use graph::{Graph, Id, TableSize};
use layout::{Stack, TableColumns};
use tables::{Source, Table};

/// Log of the fewest coefficients of a masked column: a short table needs masks for all queries all the same.
const LOG_MASKED_MIN: usize = 9;
/// Log of the greatest stacking factor: larger ones save few columns and cost much in each query.
const LOG_FACTOR_MAX: usize = 6;
/// Greatest degree of a constraint in columns, for packing lookups.
const DEGREE_MAX: u64 = 8;

/// A table as the prover sees it.
#[derive(Clone, Debug)]
pub struct TableShape {
    /// Log of the height.
    pub log_height: usize,
    /// Log of the number of coefficients of a column with its mask.
    pub log_masked: usize,
    /// Where its trace columns come from; four lookup masks follow.
    pub sources: Vec<Source>,
    /// Number of lookup columns.
    pub lookups: usize,
    /// Number of coefficients of its quotient, at most.
    pub quotient_length: usize,
}

impl TableShape {
    /// Number of trace columns.
    pub fn width(&self) -> usize {
        self.sources.len() + 4
    }
}

/// A compiled circuit.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The verifying key.
    pub key: VerifyingKey,
    /// Tables.
    pub tables: Vec<TableShape>,
    /// Stacked columns, group by group.
    pub stacks: Vec<Stack>,
    /// Computes numerators (negated) and denominators of all lookup columns of each table, on its rows.
    pub lookup_program: Program,
    /// Slots of numerator and denominator of each lookup column of each table.
    pub lookup_outputs: Vec<Vec<u16>>,
    /// Numbers for the security argument.
    pub counts: Counts,
}

/// Numbers that enter the soundness error, and the cost of the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows times messages, over all tables.
    pub messages: u64,
    /// Fields of the longest message.
    pub message_length: usize,
    /// Degree of the polynomial in γ, δ and ε that joins the constraints.
    pub joined: usize,
    /// Greatest degree of a constraint, as a polynomial, that the low-degree test admits.
    pub constraint_degree: u64,
    /// Number of openings that are batched.
    pub openings: usize,
}

/// Compiles a circuit.
pub fn compile(circuit: &Circuit, parameters: Parameters) -> Result<Compiled, OuterError> {
    require_counts_fit(circuit)?;
    let tables = tables::tables(circuit);
    let sizes: Vec<TableSize> =
        tables.iter().map(|table| size(table, parameters)).collect::<Result<_, _>>()?;
    let mut graph = Graph::new(sizes.clone());
    let built: Vec<TableConstraints> = tables
        .iter()
        .zip(&sizes)
        .enumerate()
        .map(|(number, (table, size))| {
            let column = (1u64 << size.log_masked) - 1;
            let degree_max = DEGREE_MAX * column + (1 << size.log_height) - 1;
            table_constraints(&mut graph, circuit, number, table, column, degree_max)
        })
        .collect();
    let shapes = shapes(&tables, &sizes, &built, parameters)?;
    let stacks = stack_columns(&tables, &shapes, parameters);
    let log_heights: Vec<usize> = tables.iter().map(|table| table.log_height).collect();
    let opened = layout::opened_positions(&stacks, &log_heights);
    let opened_values = stacks.iter().map(|s| s.group.slots * s.group.points.count_ones() as usize).sum();
    let inputs = schedule::Inputs {
        tables: tables.len(),
        public_values: circuit.public_values(),
        opened_values,
        opened: &opened,
    };
    let outputs: Vec<Vec<Id>> = built.iter().map(|table| vec![table.output]).collect();
    let (program, _) = schedule::schedule(&graph, &outputs, &inputs);
    let fractions: Vec<Vec<Id>> = built
        .iter()
        .map(|t| t.sums.iter().flat_map(|sum| [sum.negated_numerator, sum.denominator]).collect())
        .collect();
    let (lookup_program, lookup_outputs) = schedule::schedule(&graph, &fractions, &inputs);
    let descriptor = Descriptor {
        parameters,
        public_values: circuit.public_values(),
        log_heights,
        groups: stacks.iter().map(|stack| stack.group).collect(),
        program_hash: keccak(&[&program.encode()]),
    };
    let counts = counts(circuit, &built, &shapes, &descriptor);
    let key = VerifyingKey { hash: keccak(&[&descriptor.encode()]), descriptor, program };
    // What a verifier would refuse is a defect of the compiler; it shows here and not in the first proof.
    let key = VerifyingKey::parse(&key.encode()).map_err(OuterError::Key)?;
    Ok(Compiled { key, tables: shapes, stacks, lookup_program, lookup_outputs, counts })
}

/// A bus whose counts could add up to a multiple of the characteristic would balance without being balanced.
fn require_counts_fit(circuit: &Circuit) -> Result<(), OuterError> {
    let mut bounds = std::collections::BTreeMap::<u32, u64>::new();
    for air in &circuit.airs {
        for interaction in &air.interactions {
            *bounds.entry(interaction.bus).or_default() += u64::from(interaction.weight) << air.log_height;
        }
    }
    match bounds.into_iter().find(|(_, bound)| *bound >= P.into()) {
        Some((bus, _)) => Err(OuterError::CountsOverflow { bus }),
        None => Ok(()),
    }
}

fn size(table: &Table, parameters: Parameters) -> Result<TableSize, OuterError> {
    let log_height = table.log_height;
    let log_masked = (log_height + 1).max(LOG_MASKED_MIN);
    if log_masked > parameters.log_length {
        return Err(OuterError::TableTooTall { log_height });
    }
    Ok(TableSize { log_height, log_masked })
}

fn shapes(
    tables: &[Table],
    sizes: &[TableSize],
    built: &[TableConstraints],
    parameters: Parameters,
) -> Result<Vec<TableShape>, OuterError> {
    let shape = |((table, size), built): ((&Table, &TableSize), &TableConstraints)| {
        let height = 1u64 << size.log_height;
        let quotient_length = built.degree.saturating_sub(height) as usize + 1;
        if quotient_length > 1 << parameters.log_length {
            return Err(OuterError::DegreeTooHigh { log_height: size.log_height, degree: built.degree });
        }
        Ok(TableShape {
            log_height: size.log_height,
            log_masked: size.log_masked,
            sources: table.sources.clone(),
            lookups: built.sums.len(),
            quotient_length,
        })
    };
    tables.iter().zip(sizes).zip(built).map(shape).collect()
}

fn log_factor(log_masked: usize, parameters: Parameters) -> usize {
    (parameters.log_length - log_masked).min(LOG_FACTOR_MAX)
}

fn stack_columns(tables: &[Table], shapes: &[TableShape], parameters: Parameters) -> Vec<Stack> {
    let next: Vec<Vec<bool>> = tables
        .iter()
        .map(|table| (0..table.width()).map(|index| table.next.contains(&index)).collect())
        .collect();
    let columns: Vec<TableColumns<'_>> = shapes
        .iter()
        .zip(&next)
        .map(|(shape, trace_next)| TableColumns {
            log_height: shape.log_height,
            log_factor: log_factor(shape.log_masked, parameters),
            trace_next,
            lookups: shape.lookups,
        })
        .collect();
    layout::stacks(&columns, parameters.queries)
}

fn counts(
    circuit: &Circuit,
    built: &[TableConstraints],
    shapes: &[TableShape],
    descriptor: &Descriptor,
) -> Counts {
    let sent = |air: &crate::circuit::Air| (air.interactions.len() as u64) << air.log_height;
    // The low-degree test admits columns longer than the honest ones where the stacking factor is capped.
    let admitted = |built: &TableConstraints, shape: &TableShape| {
        let log_honest = shape.log_masked + log_factor(shape.log_masked, descriptor.parameters);
        built.degree << (descriptor.parameters.log_length - log_honest)
    };
    let lengths = circuit.airs.iter().flat_map(|air| &air.interactions).map(|i| i.message.len());
    Counts {
        messages: circuit.airs.iter().map(sent).sum(),
        message_length: lengths.max().unwrap_or(0),
        joined: built.iter().map(|table| table.joined).max().unwrap_or(0) + built.len(),
        constraint_degree: built.iter().zip(shapes).map(|(b, s)| admitted(b, s)).max().unwrap_or(0),
        openings: descriptor.groups.iter().map(|group| group.points.count_ones() as usize).sum(),
    }
}

/// Number of instructions of each kind, in the order of [`Opcode::ALL`].
pub fn instruction_counts(program: &Program) -> [usize; 6] {
    let steps = || program.sections.iter().flat_map(|section| &section.instructions);
    Opcode::ALL.map(|opcode| steps().filter(|step| step.opcode == opcode).count())
}
