//! A small circuit that uses everything: three heights, selectors, the next row, public values and two buses.

use prividium_verifier::key::{Grinding, Parameters};

use crate::circuit::{Air, Circuit, Interaction, Node, Witness};

/// Parameters that prove nothing to anybody, in milliseconds.
pub(crate) const PARAMETERS: Parameters = Parameters {
    log_length: 12,
    log_blowup: 2,
    queries: 6,
    queries_per_part: 4,
    log_cap: 2,
    log_arity: 3,
    log_final: 3,
    grinding: Grinding { lookup: 3, point: 4, batch: 5, fold: 6, query: 7 },
};

const ROWS: usize = 256;
const RANGE: usize = 16;
const P: u64 = prividium_verifier::field::P as u64;

struct Builder(Vec<Node>);

impl Builder {
    fn push(&mut self, node: Node) -> usize {
        self.0.push(node);
        self.0.len() - 1
    }

    fn column(&mut self, column: usize, next: bool) -> usize {
        self.push(Node::Column { column, next })
    }

    fn gated(&mut self, selector: Node, difference: [usize; 2]) -> usize {
        let selector = self.push(selector);
        let difference = self.push(Node::Sub(difference[0], difference[1]));
        self.push(Node::Mul(selector, difference))
    }
}

/// Fibonacci numbers from a public start to a public end, with a digit in range 16 in every row, and powers of two that
/// start again with the first row after the last: they are all zero.
fn sequence() -> Air {
    let mut b = Builder(Vec::new());
    let [x, y, digit] = [0, 1, 2].map(|column| b.column(column, false));
    let [next_x, next_y] = [0, 1].map(|column| b.column(column, true));
    let (start, end) = (b.push(Node::PublicValue(0)), b.push(Node::PublicValue(1)));
    let sum = b.push(Node::Add(x, y));
    let [power, next_power] = [false, true].map(|next| b.column(3, next));
    let doubled = b.push(Node::Add(power, power));
    let constraints = vec![
        b.gated(Node::FirstRow, [x, start]),
        b.gated(Node::Transition, [next_x, y]),
        b.gated(Node::Transition, [next_y, sum]),
        b.gated(Node::LastRow, [y, end]),
        b.push(Node::Sub(next_power, doubled)),
    ];
    let one = b.push(Node::Constant(1));
    let first = b.push(Node::FirstRow);
    let received = b.push(Node::Neg(first));
    let seven = b.push(Node::Constant(7));
    let interactions = vec![
        Interaction { bus: 0, count: one, weight: 1, message: vec![digit] },
        Interaction { bus: 1, count: received, weight: 1, message: vec![x, seven] },
    ];
    Air {
        name: "sequence".into(),
        log_height: 8,
        width: 4,
        public_values: 2,
        nodes: b.0,
        constraints,
        interactions,
    }
}

/// The numbers below 16, each received as often as it is sent. The cyclic step from the last row is constrained too.
fn range() -> Air {
    let mut b = Builder(Vec::new());
    let [value, count] = [0, 1].map(|column| b.column(column, false));
    let next = b.column(0, true);
    let one = b.push(Node::Constant(1));
    let sum = b.push(Node::Add(value, one));
    let wrapped = b.push(Node::Constant(RANGE as u32));
    let last = b.push(Node::LastRow);
    let wrap = b.push(Node::Mul(last, wrapped));
    let expected = b.push(Node::Sub(sum, wrap));
    let step = b.push(Node::Sub(next, expected));
    let zero = b.push(Node::Constant(0));
    let start = b.gated(Node::FirstRow, [value, zero]);
    let received = b.push(Node::Neg(count));
    let interactions =
        vec![Interaction { bus: 0, count: received, weight: ROWS as u32, message: vec![value] }];
    Air {
        name: "range".into(),
        log_height: 4,
        width: 2,
        public_values: 0,
        nodes: b.0,
        constraints: vec![start, step],
        interactions,
    }
}

/// One row that tells the sequence its start.
fn single() -> Air {
    let mut b = Builder(Vec::new());
    let (cell, public) = (b.column(0, false), b.push(Node::PublicValue(0)));
    let next = b.column(0, true);
    let equal = b.push(Node::Sub(cell, public));
    let same = b.push(Node::Sub(next, cell));
    let (one, seven) = (b.push(Node::Constant(1)), b.push(Node::Constant(7)));
    let interactions = vec![Interaction { bus: 1, count: one, weight: 1, message: vec![cell, seven] }];
    Air {
        name: "single".into(),
        log_height: 0,
        width: 1,
        public_values: 1,
        nodes: b.0,
        constraints: vec![equal, same],
        interactions,
    }
}

/// The circuit.
pub(crate) fn circuit() -> Circuit {
    Circuit { airs: vec![sequence(), range(), single()] }
}

/// A witness that satisfies it. Different digits are different secrets with the same public values.
pub(crate) fn witness(start: u32, digit: impl Fn(usize) -> u32) -> Witness {
    let (mut x, mut y) = (u64::from(start), 1);
    let mut counts = [0; RANGE];
    let mut rows = Vec::new();
    for row in 0..ROWS {
        let digit = digit(row) % RANGE as u32;
        counts[digit as usize] += 1;
        rows.extend([x as u32, y as u32, digit, 0]);
        if row + 1 < ROWS {
            (x, y) = (y, (x + y) % P);
        }
    }
    let table = counts.iter().enumerate().flat_map(|(value, count)| [value as u32, *count]).collect();
    Witness { traces: vec![rows, table, vec![start]], public_values: vec![start, y as u32, start] }
}
