//! Messages as fractions, packed into as few columns as the degree allows.

use std::collections::BTreeMap;

use crate::{
    circuit::Interaction,
    compile::graph::{Graph, Id, Input},
};
use prividium_verifier::Felt;

/// A message: `count / fingerprint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    /// Count without its sign.
    pub count: Id,
    /// Whether the count is negated.
    pub negative: bool,
    /// Fingerprint.
    pub denominator: Id,
}

/// The sum of some fractions, as one fraction.
#[derive(Clone, Copy, Debug)]
pub struct Sum {
    /// Numerator, negated: so it can be added to a product.
    pub negated_numerator: Id,
    /// Denominator.
    pub denominator: Id,
}

/// The fraction of an interaction whose nodes have the given numbers in the graph.
pub fn fraction(graph: &mut Graph, interaction: &Interaction, nodes: &[Id]) -> Fraction {
    let count = nodes[interaction.count];
    let (count, negative) = match graph.as_negation(count) {
        Some(negated) => (negated, true),
        None if graph.as_constant(count) == Some(-Felt::ONE) => (graph.integer(1), true),
        None => (count, false),
    };
    let message: Vec<Id> = interaction.message.iter().map(|id| nodes[*id]).collect();
    let denominator = fingerprint(graph, interaction.bus, &message);
    Fraction { count, negative, denominator }
}

/// `α + β^w (bus + 1) + Σ β^j m_j`. What does not depend on a row is summed first, so that it can be shared.
fn fingerprint(graph: &mut Graph, bus: u32, message: &[Id]) -> Id {
    let tag = graph.integer(bus + 1);
    let beta = power_of_beta(graph, message.len());
    let tagged = graph.mul(beta, tag);
    let alpha = graph.input(Input::Challenge(0));
    let mut sum = graph.add(alpha, tagged);
    let is_constant = |graph: &Graph, id: Id| graph.as_constant(id).is_some();
    let (constant, variable): (Vec<_>, Vec<_>) =
        message.iter().enumerate().partition(|(_, id)| is_constant(graph, **id));
    for (position, id) in constant.into_iter().chain(variable) {
        let beta = power_of_beta(graph, position);
        let term = graph.mul(beta, *id);
        sum = graph.add(sum, term);
    }
    sum
}

/// `β^exponent`.
pub fn power_of_beta(graph: &mut Graph, exponent: usize) -> Id {
    let beta = graph.input(Input::Challenge(1));
    let mut power = graph.integer(1);
    for _ in 0..exponent {
        power = graph.mul(power, beta);
    }
    power
}

/// Packs fractions into sets so that `h·Q − A` has at most the given degree, `h` being a column.
pub fn pack(
    graph: &Graph,
    fractions: &[Fraction],
    column_degree: u64,
    degree_max: u64,
) -> Vec<Vec<Fraction>> {
    let mut order: Vec<&Fraction> = fractions.iter().collect();
    let size = |f: &Fraction| (graph.degree(f.denominator), graph.degree(f.count));
    order.sort_by_key(|f| (std::cmp::Reverse(size(f)), f.count, f.denominator));
    let mut sets: Vec<Vec<Fraction>> = Vec::new();
    for fraction in order {
        let fits = |set: &&mut Vec<Fraction>| {
            let with = || set.iter().chain([fraction]);
            let denominators: u64 = with().map(|f| graph.degree(f.denominator)).sum();
            let numerator = |f: &Fraction| denominators - graph.degree(f.denominator) + graph.degree(f.count);
            column_degree + denominators <= degree_max && with().all(|f| numerator(f) <= degree_max)
        };
        match sets.iter_mut().find(fits) {
            Some(set) => set.push(*fraction),
            None => sets.push(vec![*fraction]),
        }
    }
    sets
}

/// Adds up a set. Fractions with one count are added before they are multiplied by it.
pub fn sum(graph: &mut Graph, set: &[Fraction]) -> Sum {
    let mut by_count: BTreeMap<Id, Vec<&Fraction>> = BTreeMap::new();
    for fraction in set {
        by_count.entry(fraction.count).or_default().push(fraction);
    }
    let mut total: Option<Sum> = None;
    for (count, fractions) in by_count {
        let part = sum_of_units(graph, &fractions);
        let scaled = graph.mul(count, part.negated_numerator);
        let part = Sum { negated_numerator: scaled, ..part };
        total = Some(match total {
            None => part,
            Some(so_far) => {
                let left = graph.mul(so_far.negated_numerator, part.denominator);
                let right = graph.mul(part.negated_numerator, so_far.denominator);
                Sum {
                    negated_numerator: graph.add(left, right),
                    denominator: graph.mul(so_far.denominator, part.denominator),
                }
            }
        });
    }
    total.unwrap_or(Sum { negated_numerator: graph.integer(0), denominator: graph.integer(1) })
}

/// `Σ ±1 / D`.
fn sum_of_units(graph: &mut Graph, fractions: &[&Fraction]) -> Sum {
    let mut numerator = graph.integer(0);
    let mut denominator = graph.integer(1);
    for fraction in fractions {
        let product = graph.mul(numerator, fraction.denominator);
        numerator = match fraction.negative {
            true => graph.add(product, denominator),
            false => graph.sub(product, denominator),
        };
        denominator = graph.mul(denominator, fraction.denominator);
    }
    Sum { negated_numerator: numerator, denominator }
}
