//! Makes a proof. The order is that of `docs/protocol/proof.md`, section 5.

pub(crate) mod arithmetic;
mod columns;
mod commit;
mod deep;
#[cfg(test)]
mod dishonest;
mod evaluate;
mod fold;
mod grind;
#[cfg(test)]
mod hiding;
mod keccak;
mod lookup;
mod open;
mod quotient;
pub mod random;
mod tree;

use std::collections::HashMap;

use p3_field::PrimeCharacteristicRing;
use p3_matrix::dense::RowMajorMatrix;
use prividium_verifier::{
    deep::interpolants,
    header::{ext_bytes, felt_bytes, Header},
    key::{Parameters, ROW_TREES},
    transcript::Transcript,
    Felt, Proof,
};

use crate::{
    circuit::{Circuit, Witness},
    compile::{graph::Column, layout, Compiled},
    error::OuterError,
};
use arithmetic::{from_ext, from_felt, to_exts, E, F};
use commit::Commitment;
use deep::Combined;
use evaluate::Scalars;
use fold::Layer;
use random::Randomness;

/// Called when a phase of the work is done.
pub type Observer<'a> = &'a mut dyn FnMut(&'static str);

/// Proves that the witness satisfies the circuit.
pub fn prove(
    circuit: &Circuit,
    compiled: &Compiled,
    witness: &Witness,
    randomness: Randomness,
    observer: Observer<'_>,
) -> Result<Proof, OuterError> {
    require_masks(compiled)?;
    let public_values = public_values(compiled, witness)?;
    let mut session = Session::new(compiled, public_values, randomness);
    session.commit_trace(circuit, witness)?;
    observer("trace");
    session.commit_lookups()?;
    observer("lookups");
    session.commit_quotient()?;
    observer("quotient");
    session.open();
    observer("openings");
    let (layers, indices) = session.test_degree()?;
    observer("folds");
    let proof = session.assemble(&layers, &indices);
    observer("queries");
    Ok(proof)
}

/// Every value that is published and depends on a column needs a random coefficient of its own: a query shows a row at
/// three points (stacked, and in the quotient this row and the next), an opening four coordinates.
fn require_masks(compiled: &Compiled) -> Result<(), OuterError> {
    let points = compiled.stacks.iter().map(|stack| stack.group.points.count_ones() as usize);
    let needed = 3 * compiled.key.descriptor.parameters.queries + 4 * points.max().unwrap_or(0);
    let short =
        |table: &&crate::compile::TableShape| (1usize << table.log_masked) < needed + (1 << table.log_height);
    match compiled.tables.iter().find(short) {
        Some(table) => Err(OuterError::TooFewMasks { log_height: table.log_height, needed }),
        None => Ok(()),
    }
}

fn public_values(compiled: &Compiled, witness: &Witness) -> Result<Vec<Felt>, OuterError> {
    if witness.public_values.len() != compiled.key.descriptor.public_values {
        return Err(OuterError::WitnessShape("number of public values"));
    }
    let canonical: Option<_> = witness.public_values.iter().map(|value| Felt::new(*value)).collect();
    canonical.ok_or(OuterError::WitnessShape("a public value is not canonical"))
}

/// The state of a proof in the making.
struct Session<'a> {
    compiled: &'a Compiled,
    parameters: Parameters,
    public_values: Vec<Felt>,
    randomness: Randomness,
    transcript: Transcript,
    positions: HashMap<usize, (Column, bool)>,
    traces: Vec<RowMajorMatrix<F>>,
    /// Coefficients of the masked columns, by tree and table.
    columns: [Vec<RowMajorMatrix<F>>; 2],
    commitments: Vec<Commitment>,
    quotient: Vec<E>,
    challenges: [E; 4],
    point: E,
    header: Header,
}

impl<'a> Session<'a> {
    fn new(compiled: &'a Compiled, public_values: Vec<Felt>, randomness: Randomness) -> Self {
        let descriptor = &compiled.key.descriptor;
        let mut transcript = Transcript::new(&compiled.key.hash);
        if !public_values.is_empty() {
            transcript.absorb(&felt_bytes(&public_values));
        }
        let opened = layout::opened_positions(&compiled.stacks, &descriptor.log_heights);
        let header = Header {
            roots: [[0; 32]; ROW_TREES],
            lookup_nonce: [0; 8],
            terminals: Vec::new(),
            point_nonce: [0; 8],
            opened: Vec::new(),
            batch_nonce: [0; 8],
            folds: Vec::new(),
            final_polynomial: Vec::new(),
            query_nonce: [0; 8],
        };
        Self {
            compiled,
            parameters: descriptor.parameters,
            public_values,
            randomness,
            transcript,
            positions: opened.into_iter().map(|(column, position)| (position, column)).collect(),
            traces: Vec::new(),
            columns: [Vec::new(), Vec::new()],
            commitments: Vec::new(),
            quotient: Vec::new(),
            challenges: [E::ZERO; 4],
            point: E::ZERO,
            header,
        }
    }

    fn commit_trace(&mut self, circuit: &Circuit, witness: &Witness) -> Result<(), OuterError> {
        self.traces = columns::traces(circuit, &self.compiled.tables, witness, &mut self.randomness)?;
        self.columns[0] = self.masked(self.traces.clone());
        let mask = self.randomness.felts(4 << self.parameters.log_length);
        self.commit_tree(0, &mask);
        self.transcript.absorb(&self.header.roots[0]);
        Ok(())
    }

    fn masked(&mut self, tables: Vec<RowMajorMatrix<F>>) -> Vec<RowMajorMatrix<F>> {
        let shapes = &self.compiled.tables;
        let mask = |(values, shape): (RowMajorMatrix<F>, &crate::compile::TableShape)| {
            columns::masked(values, shape.log_masked, &mut self.randomness)
        };
        tables.into_iter().zip(shapes).map(mask).collect()
    }

    fn commit_tree(&mut self, tree: usize, more_columns: &[F]) {
        let log_length = self.parameters.log_length;
        let stacked =
            columns::stacked(&self.compiled.stacks, tree, &self.columns[tree], log_length, more_columns);
        self.push_commitment(tree, stacked);
    }

    fn push_commitment(&mut self, tree: usize, coefficients: RowMajorMatrix<F>) {
        let commitment = Commitment::new(coefficients, self.randomness.salts(), self.parameters);
        self.header.roots[tree] = commitment.tree.root();
        self.commitments.push(commitment);
    }

    fn commit_lookups(&mut self) -> Result<(), OuterError> {
        let (lookups, terminals) = self.lookup_columns()?;
        if terminals.iter().copied().sum::<E>() != E::ZERO {
            return Err(OuterError::Unbalanced);
        }
        self.commit_lookup_columns(lookups, &terminals);
        Ok(())
    }

    fn lookup_columns(&mut self) -> Result<(Vec<RowMajorMatrix<F>>, Vec<E>), OuterError> {
        self.header.lookup_nonce = grind::grind(&mut self.transcript, self.parameters.grinding.lookup);
        let [alpha, beta] = [self.transcript.challenge(), self.transcript.challenge()];
        if beta.0[1] == Felt::ZERO && beta.0[3] == Felt::ZERO {
            return Err(OuterError::Internal("the lookup challenge lies in a subfield; prove again"));
        }
        self.challenges = [from_ext(alpha), from_ext(beta), E::ZERO, E::ZERO];
        let public_values = self.public_felts();
        let scalars = self.scalars(E::ZERO, &public_values);
        let columns_of =
            |(number, trace)| lookup::lookup_columns(self.compiled, number, trace, &self.positions, &scalars);
        let columns: Result<Vec<_>, _> = self.traces.iter().enumerate().map(columns_of).collect();
        Ok(columns?.into_iter().unzip())
    }

    fn commit_lookup_columns(&mut self, lookups: Vec<RowMajorMatrix<F>>, terminals: &[E]) {
        self.traces = Vec::new();
        self.columns[1] = self.masked(lookups);
        self.commit_tree(1, &[]);
        self.header.terminals = to_exts(terminals);
        let message = [&self.header.roots[1][..], &ext_bytes(&self.header.terminals)].concat();
        self.transcript.absorb(&message);
    }

    fn commit_quotient(&mut self) -> Result<(), OuterError> {
        self.challenges[2] = from_ext(self.transcript.challenge());
        self.challenges[3] = from_ext(self.transcript.challenge());
        let joins_tables = from_ext(self.transcript.challenge());
        let mut weight = E::ONE;
        let mut sum = vec![E::ZERO; 1 << self.parameters.log_length];
        let public_values = self.public_felts();
        for number in 0..self.compiled.tables.len() {
            let scalars = self.scalars(from_ext(self.header.terminals[number]), &public_values);
            let columns = [&self.columns[0][number], &self.columns[1][number]];
            let quotient =
                quotient::table_quotient(self.compiled, number, columns, &self.positions, &scalars)?;
            sum.iter_mut().zip(quotient).for_each(|(sum, c)| *sum += weight * c);
            weight *= joins_tables;
        }
        self.push_commitment(2, columns::flatten(&sum));
        self.quotient = sum;
        self.transcript.absorb(&self.header.roots[2]);
        Ok(())
    }

    fn open(&mut self) {
        self.header.point_nonce = grind::grind(&mut self.transcript, self.parameters.grinding.point);
        self.point = from_ext(self.transcript.challenge());
        let columns = [&self.columns[0][..], &self.columns[1][..]];
        let opened = open::opened_values(self.compiled, columns, &self.quotient, self.point);
        self.header.opened = to_exts(&opened);
        self.columns = [Vec::new(), Vec::new()];
        self.transcript.absorb(&ext_bytes(&self.header.opened));
    }

    fn test_degree(&mut self) -> Result<(Vec<Layer>, Vec<usize>), OuterError> {
        let combined = self.combine();
        if !combined.is_exact {
            return Err(OuterError::Internal("an opened value is wrong"));
        }
        let (layers, coefficients) =
            fold::fold_down(&combined.polynomial, &self.parameters, &mut self.transcript);
        let (last, rest) = coefficients.split_at(1 << self.parameters.log_final);
        if rest.iter().any(|coefficient| *coefficient != E::ZERO) {
            return Err(OuterError::Internal("the folded polynomial has a too high degree"));
        }
        let indices = self.draw_queries(&layers, last);
        Ok((layers, indices))
    }

    fn combine(&mut self) -> Combined {
        self.header.batch_nonce = grind::grind(&mut self.transcript, self.parameters.grinding.batch);
        let lambda = self.transcript.challenge();
        let descriptor = &self.compiled.key.descriptor;
        let interpolants: Vec<Vec<E>> = interpolants(descriptor, &self.header.opened, lambda)
            .into_iter()
            .map(|interpolant| interpolant.into_iter().map(from_ext).collect())
            .collect();
        let trees = [0, 1, 2].map(|tree| self.commitments[tree].coefficients());
        deep::combine(self.compiled, trees, &interpolants, self.point, from_ext(lambda))
    }

    fn draw_queries(&mut self, layers: &[Layer], last: &[E]) -> Vec<usize> {
        self.header.folds = layers.iter().map(Layer::header).collect();
        self.header.final_polynomial = to_exts(last);
        self.transcript.absorb(&ext_bytes(&self.header.final_polynomial));
        self.header.query_nonce = grind::grind(&mut self.transcript, self.parameters.grinding.query);
        self.transcript.indices(self.parameters.queries, self.parameters.log_domain())
    }

    fn assemble(&self, layers: &[Layer], indices: &[usize]) -> Proof {
        let rows: Vec<Vec<Vec<u8>>> = self.commitments.iter().map(|c| c.rows(indices)).collect();
        let mut parts = vec![self.header.encode()];
        for (number, chunk) in indices.chunks(self.parameters.queries_per_part).enumerate() {
            let mut part: Vec<u8> = Vec::new();
            let trees = self.commitments.iter().map(|c| &c.tree).chain(layers.iter().map(|l| &l.tree));
            trees.for_each(|tree| part.extend(tree.cap()));
            for (offset, index) in chunk.iter().enumerate() {
                let query = number * self.parameters.queries_per_part + offset;
                for (commitment, rows) in self.commitments.iter().zip(&rows) {
                    part.extend(&rows[query]);
                    part.extend(commitment.tree.path(*index));
                }
                let mut index = *index;
                for layer in layers {
                    let (bytes, next) = layer.open(index);
                    part.extend(bytes);
                    index = next;
                }
            }
            parts.push(part);
        }
        Proof { public_values: self.public_values.iter().map(|value| value.value()).collect(), parts }
    }

    fn public_felts(&self) -> Vec<F> {
        self.public_values.iter().map(|value| from_felt(*value)).collect()
    }

    fn scalars<'b>(&self, terminal: E, public_values: &'b [F]) -> Scalars<'b> {
        Scalars { challenges: self.challenges, terminal, public_values }
    }
}
