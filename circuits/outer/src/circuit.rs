//! What is proven: AIRs with fixed heights that talk over buses. Independent of where they come from.

/// A node of an AIR's expressions; operands are earlier nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// Value of a column in this row or, cyclically, in the next one.
    Column {
        /// Number of the column.
        column: usize,
        /// Whether the next row is read.
        next: bool,
    },
    /// Public value of this AIR.
    PublicValue(usize),
    /// 1 on the first row, 0 on the others.
    FirstRow,
    /// 1 on the last row, 0 on the others.
    LastRow,
    /// 0 on the last row, 1 on the others.
    Transition,
    /// A base field element in canonical form.
    Constant(u32),
    /// Sum.
    Add(usize, usize),
    /// Difference.
    Sub(usize, usize),
    /// Negation.
    Neg(usize),
    /// Product.
    Mul(usize, usize),
}

/// A message that every row sends, as often as its count says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interaction {
    /// Bus.
    pub bus: u32,
    /// Node of the count; negative counts receive.
    pub count: usize,
    /// Bound on the absolute value of the count, as the circuit's author promises.
    pub weight: u32,
    /// Nodes of the message.
    pub message: Vec<usize>,
}

/// One AIR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Air {
    /// For display.
    pub name: String,
    /// Log of the height.
    pub log_height: usize,
    /// Number of columns.
    pub width: usize,
    /// Number of public values.
    pub public_values: usize,
    /// Expressions in topological order.
    pub nodes: Vec<Node>,
    /// Nodes that vanish in every row.
    pub constraints: Vec<usize>,
    /// Messages.
    pub interactions: Vec<Interaction>,
}

/// AIRs whose messages cancel on every bus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circuit {
    /// In the order that numbers public values.
    pub airs: Vec<Air>,
}

impl Circuit {
    /// Number of public values of the AIRs before the given one.
    pub fn first_public_value(&self, air: usize) -> usize {
        self.airs[..air].iter().map(|air| air.public_values).sum()
    }

    /// Number of public values of all AIRs.
    pub fn public_values(&self) -> usize {
        self.first_public_value(self.airs.len())
    }
}

/// Traces and public values of all AIRs, in canonical form.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    /// Row-major trace of each AIR.
    pub traces: Vec<Vec<u32>>,
    /// Public values of all AIRs, one after the other.
    pub public_values: Vec<u32>,
}
