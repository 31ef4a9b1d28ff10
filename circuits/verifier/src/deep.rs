//! Joins all openings into one polynomial, whose degree is low only if every opened value is right.

use std::collections::BTreeMap;

use crate::{
    field::{evaluate, Ext, Felt},
    key::{Descriptor, Group, ROW_TREES},
};

/// Openings with one denominator, by group number, with their numbers.
type Sets = BTreeMap<(usize, u32), Vec<(usize, usize)>>;

/// A committed row at one point of the domain, by tree.
pub type Rows = [Vec<Felt>; ROW_TREES];

fn sets(descriptor: &Descriptor) -> Sets {
    let mut sets = Sets::new();
    let mut number = 0;
    for (index, group) in descriptor.groups.iter().enumerate() {
        for bit in group.point_bits() {
            number += 1;
            sets.entry((group.log_factor, bit)).or_default().push((index, number));
        }
    }
    sets
}

/// `U_J` of each set.
pub fn interpolants(descriptor: &Descriptor, opened: &[Ext], batch: Ext) -> Vec<Vec<Ext>> {
    let mut by_set: BTreeMap<(usize, u32), Vec<Ext>> = BTreeMap::new();
    let (mut weight, mut rest) = (Ext::ONE, opened);
    for group in &descriptor.groups {
        for bit in group.point_bits() {
            weight = weight * batch;
            let (values, others) = rest.split_at(group.slots.min(rest.len()));
            rest = others;
            let interpolant = by_set.entry((group.log_factor, bit)).or_default();
            if interpolant.len() < values.len() {
                interpolant.resize(values.len(), Ext::ZERO);
            }
            for (coefficient, value) in interpolant.iter_mut().zip(values) {
                *coefficient += weight * *value;
            }
        }
    }
    by_set.into_values().collect()
}

/// The joined polynomial at points of the domain.
pub struct Combination<'a> {
    descriptor: &'a Descriptor,
    interpolants: &'a [Vec<Ext>],
    sets: Sets,
    powers: Vec<Ext>,
    point: Ext,
}

impl<'a> Combination<'a> {
    /// Prepares what does not depend on the query.
    pub fn new(descriptor: &'a Descriptor, interpolants: &'a [Vec<Ext>], point: Ext, batch: Ext) -> Self {
        let sets = sets(descriptor);
        let openings: usize = sets.values().map(Vec::len).sum();
        let powers = std::iter::successors(Some(Ext::ONE), |power| Some(*power * batch));
        Self { descriptor, interpolants, sets, powers: powers.take(openings + 1).collect(), point }
    }

    /// `P(x)`, from the rows at `x`.
    pub fn at(&self, x: Felt, rows: &Rows) -> Ext {
        let values = self.group_values(rows);
        let mask_at = rows[0].len() - 4;
        let mut sum = stacked(&rows[0][mask_at..]);
        for ((&(log_factor, bit), openings), interpolant) in self.sets.iter().zip(self.interpolants) {
            let mut numerator = Ext::ZERO - evaluate(interpolant, x);
            for (group, number) in openings {
                numerator += self.powers[*number] * values[*group];
            }
            let factor_power = x.pow(1 << log_factor);
            sum += numerator * (Ext::from(factor_power) - self.point_of(bit)).inverse();
        }
        sum
    }

    fn point_of(&self, bit: u32) -> Ext {
        match bit.checked_sub(1) {
            None => self.point,
            Some(log_height) => self.point.scale(Felt::root_of_unity(log_height as usize)),
        }
    }

    fn group_values(&self, rows: &Rows) -> Vec<Ext> {
        let mut next = [0; ROW_TREES];
        let value = |group: &Group| {
            let start = next[group.tree];
            next[group.tree] += group.width();
            stacked(&rows[group.tree][start..next[group.tree]])
        };
        self.descriptor.groups.iter().map(value).collect()
    }
}

/// One column, or the coordinates of an extension element.
fn stacked(columns: &[Felt]) -> Ext {
    let mut value = Ext::ZERO;
    for (coordinate, column) in value.0.iter_mut().zip(columns) {
        *coordinate = *column;
    }
    value
}
