//! Which columns are stacked into which polynomial, and at which points it is opened.

use std::collections::{BTreeMap, HashMap};

use prividium_verifier::key::Group;

use crate::compile::graph::Column;

/// A group with its columns.
#[derive(Clone, Debug)]
pub struct Stack {
    /// What the key says about it.
    pub group: Group,
    /// Columns, slot by slot; empty for the quotient.
    pub columns: Vec<Column>,
}

/// What the layout must know of a table.
#[derive(Clone, Copy, Debug)]
pub struct TableColumns<'a> {
    /// Log of the height.
    pub log_height: usize,
    /// Log of the stacking factor.
    pub log_factor: usize,
    /// For each trace column, whether it is read in the next row.
    pub trace_next: &'a [bool],
    /// Number of lookup columns; the last one is read in the next row.
    pub lookups: usize,
}

/// Columns that are opened at one more point each, and those that are not.
#[derive(Default)]
struct Class {
    leading: Vec<(u32, Vec<Column>)>,
    trailing: Vec<Column>,
}

/// All stacks in the order of the key.
pub fn stacks(tables: &[TableColumns<'_>], queries: usize) -> Vec<Stack> {
    let mut stacks = Vec::new();
    for tree in 0..2 {
        let mut classes: BTreeMap<usize, Class> = BTreeMap::new();
        for (number, table) in tables.iter().enumerate() {
            let class = classes.entry(table.log_factor).or_default();
            sort_columns(class, tree, number, table);
        }
        for (log_factor, class) in classes {
            stack_class(&mut stacks, tree, log_factor, class, queries);
        }
    }
    let quotient = Group { tree: 2, extension: true, log_factor: 0, slots: 1, points: 1 };
    stacks.push(Stack { group: quotient, columns: Vec::new() });
    stacks
}

fn sort_columns(class: &mut Class, tree: usize, number: usize, table: &TableColumns<'_>) {
    let column = |index: usize| Column { tree, table: number, index };
    let next_point = match table.log_height {
        0 => 0,
        n => 1 << (n + 1),
    };
    if tree == 0 {
        let (next, others): (Vec<usize>, Vec<usize>) =
            (0..table.trace_next.len()).partition(|index| table.trace_next[*index]);
        class.leading.push((next_point, next.into_iter().map(column).collect()));
        class.trailing.extend(others.into_iter().map(column));
    } else {
        // Running sums of a class share a group: each is opened at some points too many, which costs less than a group
        // for each table.
        let (last, others) = (table.lookups - 1, 0..table.lookups - 1);
        match class.leading.first_mut() {
            Some((points, columns)) => {
                *points |= next_point;
                columns.push(column(last));
            }
            None => class.leading.push((next_point, vec![column(last)])),
        }
        class.trailing.extend(others.map(column));
    }
}

fn stack_class(stacks: &mut Vec<Stack>, tree: usize, log_factor: usize, mut class: Class, queries: usize) {
    let factor = 1usize << log_factor;
    let extension = tree == 1;
    fill(&mut class, factor, if extension { 4 } else { 1 }, queries);
    let mut push = |points: u32, columns: &[Column]| {
        for chunk in columns.chunks(factor) {
            let group = Group { tree, extension, log_factor, slots: chunk.len(), points: points | 1 };
            stacks.push(Stack { group, columns: chunk.to_vec() });
        }
    };
    for (points, columns) in &class.leading {
        push(*points, columns);
    }
    push(0, &class.trailing);
}

/// Moves what would be an almost empty last group into free slots of groups that are opened at more points, if the values
/// opened in vain are fewer bytes than a group in all queries.
fn fill(class: &mut Class, factor: usize, width: usize, queries: usize) {
    let left_over = class.trailing.len() % factor;
    let fits = |(points, columns): &&mut (u32, Vec<Column>)| {
        let free = columns.len().next_multiple_of(factor) - columns.len();
        let more_points = points.count_ones() as usize;
        left_over <= free && 16 * left_over * more_points < 4 * width * queries
    };
    if let Some((_, columns)) = class.leading.iter_mut().find(fits) {
        columns.extend(class.trailing.split_off(class.trailing.len() - left_over));
    }
}

/// Position of each opened value, by column and whether it is the next row's.
pub fn opened_positions(stacks: &[Stack], log_heights: &[usize]) -> HashMap<(Column, bool), usize> {
    let mut positions = HashMap::new();
    let mut position = 0;
    for stack in stacks {
        for bit in stack.group.point_bits() {
            for slot in 0..stack.group.slots {
                if let Some(column) = stack.columns.get(slot) {
                    let is_next = bit > 0 && log_heights[column.table] + 1 == bit as usize;
                    if bit == 0 || is_next {
                        positions.insert((*column, is_next), position);
                    }
                }
                position += 1;
            }
        }
    }
    positions
}
