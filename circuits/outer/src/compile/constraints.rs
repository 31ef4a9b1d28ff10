//! Constraints of a table, joined into one expression.

use std::collections::HashMap;

use prividium_verifier::Felt;

use crate::{
    circuit::{Air, Circuit, Node},
    compile::{
        graph::{Column, Expression, Graph, Id, Input},
        lookups::{self, Sum},
        tables::{Source, Table},
    },
};

/// Sharing a factor saves a product for each constraint and costs two.
const SHARED_MIN: usize = 3;

/// A table's expressions.
#[derive(Clone, Debug)]
pub struct TableConstraints {
    /// Everything that vanishes on the rows.
    pub constraints: Vec<Id>,
    /// Sums of fractions, one for each lookup column; the last is held by the running sum.
    pub sums: Vec<Sum>,
    /// The constraints, joined by γ and δ.
    pub output: Id,
    /// Greatest degree of a constraint.
    pub degree: u64,
    /// Degree of the joining polynomial in γ and δ: of the soundness error.
    pub joined: usize,
}

/// Builds the expressions of a table.
pub fn table_constraints(
    graph: &mut Graph,
    circuit: &Circuit,
    number: usize,
    table: &Table,
    column_degree: u64,
    degree_max: u64,
) -> TableConstraints {
    let mut constraints = Vec::new();
    let mut fractions = Vec::new();
    for &index in &table.airs {
        let air = &circuit.airs[index];
        let scope = Scope { number, table, index, first_public_value: circuit.first_public_value(index) };
        let nodes = scope.translate(graph, air);
        constraints.extend(air.constraints.iter().map(|id| nodes[*id]));
        let sent = air.interactions.iter().map(|interaction| lookups::fraction(graph, interaction, &nodes));
        fractions.extend(sent);
    }
    let zero = graph.integer(0);
    constraints.retain(|id| *id != zero);
    let sets = lookups::pack(graph, &fractions, column_degree, degree_max);
    let mut sums: Vec<Sum> = sets.iter().map(|set| lookups::sum(graph, set)).collect();
    if sums.is_empty() {
        sums.push(lookups::sum(graph, &[]));
    }
    constraints.extend(lookup_constraints(graph, number, table, &sums));
    let degree = constraints.iter().map(|id| graph.degree(*id)).max().unwrap_or(0);
    let (output, joined) = join(graph, &constraints);
    TableConstraints { constraints, sums, output, degree, joined }
}

struct Scope<'a> {
    number: usize,
    table: &'a Table,
    index: usize,
    first_public_value: usize,
}

impl Scope<'_> {
    fn translate(&self, graph: &mut Graph, air: &Air) -> Vec<Id> {
        let mut ids: Vec<Id> = Vec::with_capacity(air.nodes.len());
        for node in &air.nodes {
            let id = match *node {
                Node::Column { column, next } => self.column(graph, column, next),
                Node::PublicValue(index) => graph.input(Input::PublicValue(self.first_public_value + index)),
                Node::FirstRow => self.selector(graph, Input::First(self.number)),
                Node::LastRow => self.selector(graph, Input::Last(self.number)),
                Node::Transition => {
                    let (one, last) = (graph.integer(1), self.selector(graph, Input::Last(self.number)));
                    graph.sub(one, last)
                }
                Node::Constant(value) => graph.constant(Felt::reduce(value.into())),
                Node::Add(x, y) => graph.add(ids[x], ids[y]),
                Node::Sub(x, y) => graph.sub(ids[x], ids[y]),
                Node::Neg(x) => graph.neg(ids[x]),
                Node::Mul(x, y) => graph.mul(ids[x], ids[y]),
            };
            ids.push(id);
        }
        ids
    }

    /// A node that nothing needs may read a column that is not committed; any value will do.
    fn column(&self, graph: &mut Graph, column: usize, next: bool) -> Id {
        match self.table.column_of(Source { air: self.index, column }) {
            Some(index) => {
                let column = Column { tree: 0, table: self.number, index };
                let next = next && self.table.next.contains(&index);
                graph.input(Input::Opened(column, next))
            }
            None => graph.integer(0),
        }
    }

    fn selector(&self, graph: &mut Graph, selector: Input) -> Id {
        match self.table.log_height {
            0 => graph.integer(1),
            _ => graph.input(selector),
        }
    }
}

/// Each lookup column holds its sum; the running sum takes them all, with the mask, and ends at the terminal.
fn lookup_constraints(graph: &mut Graph, number: usize, table: &Table, sums: &[Sum]) -> Vec<Id> {
    let lookup = |index: usize| Column { tree: 1, table: number, index };
    let running = lookup(sums.len() - 1);
    let current = graph.input(Input::Opened(running, false));
    let next = graph.input(Input::Opened(running, table.log_height > 0));
    let mut step = graph.sub(next, current);
    for index in 0..sums.len() - 1 {
        let held = graph.input(Input::Opened(lookup(index), false));
        step = graph.sub(step, held);
    }
    for coordinate in 0..4 {
        let column = Column { tree: 0, table: number, index: table.sources.len() + coordinate };
        let mask = graph.input(Input::Opened(column, false));
        let basis = lookups::power_of_beta(graph, coordinate);
        let term = graph.mul(basis, mask);
        step = graph.sub(step, term);
    }
    let terminal = graph.input(Input::Terminal(number));
    let height_inverse = graph.constant(Felt::reduce(1 << table.log_height).inverse());
    let share = graph.mul(terminal, height_inverse);
    step = graph.add(step, share);
    let mut constraints = Vec::with_capacity(sums.len());
    for (index, sum) in sums.iter().enumerate() {
        let held = match index + 1 == sums.len() {
            true => step,
            false => graph.input(Input::Opened(lookup(index), false)),
        };
        let product = graph.mul(held, sum.denominator);
        constraints.push(graph.add(product, sum.negated_numerator));
    }
    constraints
}

/// `Σ_G δ^G s_G Σ_i γ^i C_i`, and its degree in γ and δ.
fn join(graph: &mut Graph, constraints: &[Id]) -> (Id, usize) {
    let sets = by_shared_factor(graph, constraints);
    let gamma = graph.input(Input::Challenge(2));
    let delta = graph.input(Input::Challenge(3));
    let longest = sets.iter().map(|(_, cofactors)| cofactors.len()).max().unwrap_or(0);
    let degree = longest + sets.len();
    let mut total = graph.integer(0);
    for (factor, cofactors) in sets {
        let mut sum = graph.integer(0);
        for cofactor in cofactors {
            let scaled = graph.mul(sum, gamma);
            sum = graph.add(scaled, cofactor);
        }
        let scaled = graph.mul(total, delta);
        let product = graph.mul(factor, sum);
        total = graph.add(scaled, product);
    }
    (total, degree)
}

/// Constraints that are products with a common factor, without it; the factor is 1 for all others.
fn by_shared_factor(graph: &mut Graph, constraints: &[Id]) -> Vec<(Id, Vec<Id>)> {
    let one = graph.integer(1);
    let factors = |graph: &Graph, id: Id| match graph.node(id) {
        Expression::Mul(x, y) if graph.as_constant(y).is_none() => [Some((x, y)), Some((y, x))],
        _ => [None, None],
    };
    let mut rest = constraints.to_vec();
    let mut sets = Vec::new();
    loop {
        let mut shared: HashMap<Id, usize> = HashMap::new();
        for (factor, _) in rest.iter().flat_map(|id| factors(graph, *id)).flatten() {
            *shared.entry(factor).or_default() += 1;
        }
        let most = shared.into_iter().max_by_key(|(factor, count)| (*count, std::cmp::Reverse(*factor)));
        let Some((factor, count)) = most.filter(|(_, count)| *count >= SHARED_MIN) else { break };
        let cofactor =
            |id: &Id| factors(graph, *id).into_iter().flatten().find(|(f, _)| *f == factor).map(|(_, c)| c);
        let cofactors: Vec<Id> = rest.iter().filter_map(cofactor).collect();
        rest.retain(|id| cofactor(id).is_none());
        debug_assert!(cofactors.len() == count || cofactors.contains(&factor));
        sets.push((factor, cofactors));
    }
    if !rest.is_empty() {
        sets.push((one, rest));
    }
    sets
}
