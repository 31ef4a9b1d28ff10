//! AIRs of one height side by side in one table, and the columns that are committed.

use std::collections::{BTreeMap, BTreeSet};

use crate::circuit::{Air, Circuit, Node};

/// A column of an AIR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source {
    /// Number of the AIR.
    pub air: usize,
    /// Number of its column.
    pub column: usize,
}

/// AIRs of one height.
#[derive(Clone, Debug)]
pub struct Table {
    /// Log of the height.
    pub log_height: usize,
    /// Numbers of the AIRs.
    pub airs: Vec<usize>,
    /// Committed columns of the AIRs; four columns of lookup masks follow.
    pub sources: Vec<Source>,
    /// Which of them are read in the next row.
    pub next: BTreeSet<usize>,
}

impl Table {
    /// Number of trace columns with the lookup masks.
    pub fn width(&self) -> usize {
        self.sources.len() + 4
    }

    /// Column of the table that holds a column of an AIR.
    pub fn column_of(&self, source: Source) -> Option<usize> {
        self.sources.binary_search(&source).ok()
    }
}

/// Tables by falling height.
pub fn tables(circuit: &Circuit) -> Vec<Table> {
    let mut by_height: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, air) in circuit.airs.iter().enumerate() {
        by_height.entry(air.log_height).or_default().push(index);
    }
    by_height.into_iter().rev().map(|(log_height, airs)| table(circuit, log_height, airs)).collect()
}

fn table(circuit: &Circuit, log_height: usize, airs: Vec<usize>) -> Table {
    let mut current = BTreeSet::new();
    let mut next = BTreeSet::new();
    for &index in &airs {
        for (column, is_next) in columns_read(&circuit.airs[index]) {
            let source = Source { air: index, column };
            current.insert(source);
            // In a table of one row the next row is the row itself.
            if is_next && log_height > 0 {
                next.insert(source);
            }
        }
    }
    let sources: Vec<Source> = current.into_iter().collect();
    let next = (0..sources.len()).filter(|index| next.contains(&sources[*index])).collect();
    Table { log_height, airs, sources, next }
}

/// Columns that a constraint or a message depends on.
fn columns_read(air: &Air) -> BTreeSet<(usize, bool)> {
    let mut needed = vec![false; air.nodes.len()];
    air.constraints.iter().for_each(|id| needed[*id] = true);
    for interaction in &air.interactions {
        needed[interaction.count] = true;
        interaction.message.iter().for_each(|id| needed[*id] = true);
    }
    let mut read = BTreeSet::new();
    for (id, node) in air.nodes.iter().enumerate().rev() {
        if !needed[id] {
            continue;
        }
        match *node {
            Node::Column { column, next } => {
                read.insert((column, next));
            }
            Node::Add(x, y) | Node::Sub(x, y) | Node::Mul(x, y) => (needed[x], needed[y]) = (true, true),
            Node::Neg(x) => needed[x] = true,
            _ => {}
        }
    }
    read
}
