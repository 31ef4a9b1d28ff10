//! Expressions of all constraints in one graph without duplicates, simplified as they are built.

use std::collections::HashMap;

use prividium_verifier::Felt;

/// Number of a node.
pub type Id = usize;

/// A column of a table in one of the trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Column {
    /// 0 trace, 1 lookup.
    pub tree: usize,
    /// Table.
    pub table: usize,
    /// Number in the table's part of the tree.
    pub index: usize,
}

/// What an expression starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// α, β, γ or δ.
    Challenge(usize),
    /// First-row selector of a table.
    First(usize),
    /// Last-row selector of a table.
    Last(usize),
    /// Lookup sum of a table.
    Terminal(usize),
    /// Public value of the circuit.
    PublicValue(usize),
    /// A column in this row or the next.
    Opened(Column, bool),
}

/// A node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expression {
    /// An input.
    Input(Input),
    /// A constant.
    Constant(u32),
    /// Sum.
    Add(Id, Id),
    /// Difference.
    Sub(Id, Id),
    /// Product.
    Mul(Id, Id),
}

/// Sizes that fix the degree of a table's polynomials.
#[derive(Clone, Copy, Debug)]
pub struct TableSize {
    /// Log of the height.
    pub log_height: usize,
    /// Log of the number of coefficients of a column, with its mask.
    pub log_masked: usize,
}

/// The graph.
#[derive(Debug)]
pub struct Graph {
    nodes: Vec<Expression>,
    degrees: Vec<u64>,
    known: HashMap<Expression, Id>,
    sizes: Vec<TableSize>,
}

impl Graph {
    /// An empty graph for tables of the given sizes.
    pub fn new(sizes: Vec<TableSize>) -> Self {
        Self { nodes: Vec::new(), degrees: Vec::new(), known: HashMap::new(), sizes }
    }

    /// The node with the given number.
    pub fn node(&self, id: Id) -> Expression {
        self.nodes[id]
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Degree as a polynomial.
    pub fn degree(&self, id: Id) -> u64 {
        self.degrees[id]
    }

    /// An input.
    pub fn input(&mut self, input: Input) -> Id {
        let degree = match input {
            Input::First(table) | Input::Last(table) => (1 << self.sizes[table].log_height) - 1,
            Input::Opened(column, _) => (1 << self.sizes[column.table].log_masked) - 1,
            _ => 0,
        };
        self.intern(Expression::Input(input), degree)
    }

    /// A constant.
    pub fn constant(&mut self, value: Felt) -> Id {
        self.intern(Expression::Constant(value.value()), 0)
    }

    /// A small constant.
    pub fn integer(&mut self, value: u32) -> Id {
        self.constant(Felt::reduce(value.into()))
    }

    /// The value, if the node is a constant.
    pub fn as_constant(&self, id: Id) -> Option<Felt> {
        match self.nodes[id] {
            Expression::Constant(value) => Some(Felt::reduce(value.into())),
            _ => None,
        }
    }

    /// The constant factor and the other one, if the node is such a product.
    pub fn as_scaled(&self, id: Id) -> Option<(Felt, Id)> {
        match self.nodes[id] {
            Expression::Mul(x, y) => self.as_constant(y).map(|factor| (factor, x)),
            _ => None,
        }
    }

    /// Sum.
    pub fn add(&mut self, x: Id, y: Id) -> Id {
        let (x, y) = self.constant_last(x, y);
        match (self.as_constant(x), self.as_constant(y)) {
            (Some(a), Some(b)) => return self.constant(a + b),
            (None, Some(b)) if b == Felt::ZERO => return x,
            (None, Some(b)) => {
                if let Expression::Add(inner, last) = self.nodes[x] {
                    if let Some(a) = self.as_constant(last) {
                        let sum = self.constant(a + b);
                        return self.add(inner, sum);
                    }
                }
            }
            _ => {}
        }
        if let Some(negated) = self.as_negation(y) {
            return self.sub(x, negated);
        }
        if let Some(negated) = self.as_negation(x) {
            return self.sub(y, negated);
        }
        let degree = self.degrees[x].max(self.degrees[y]);
        self.intern(Expression::Add(x, y), degree)
    }

    /// Difference.
    pub fn sub(&mut self, x: Id, y: Id) -> Id {
        if x == y {
            return self.integer(0);
        }
        if let Some(b) = self.as_constant(y) {
            let negated = self.constant(-b);
            return self.add(x, negated);
        }
        if self.as_constant(x) == Some(Felt::ZERO) {
            return self.neg(y);
        }
        // A scaled term is added with the opposite factor: sums of scaled terms take one instruction each.
        if let Some((factor, inner)) = self.as_scaled(y) {
            let opposite = self.constant(-factor);
            let term = self.mul(inner, opposite);
            return self.add(x, term);
        }
        let degree = self.degrees[x].max(self.degrees[y]);
        self.intern(Expression::Sub(x, y), degree)
    }

    /// Negation.
    pub fn neg(&mut self, x: Id) -> Id {
        if let Expression::Sub(a, b) = self.nodes[x] {
            return self.sub(b, a);
        }
        let minus_one = self.constant(-Felt::ONE);
        self.mul(x, minus_one)
    }

    /// Product.
    pub fn mul(&mut self, x: Id, y: Id) -> Id {
        let (x, y) = self.constant_last(x, y);
        match (self.as_constant(x), self.as_constant(y)) {
            (Some(a), Some(b)) => return self.constant(a * b),
            (None, Some(b)) if b == Felt::ZERO => return y,
            (None, Some(b)) if b == Felt::ONE => return x,
            (None, Some(b)) => {
                if let Some((a, inner)) = self.as_scaled(x) {
                    let factor = self.constant(a * b);
                    return self.mul(inner, factor);
                }
            }
            _ => {}
        }
        let degree = self.degrees[x] + self.degrees[y];
        self.intern(Expression::Mul(x, y), degree)
    }

    /// The node whose negation this one is.
    pub fn as_negation(&self, id: Id) -> Option<Id> {
        self.as_scaled(id).filter(|(factor, _)| *factor == -Felt::ONE).map(|(_, x)| x)
    }

    /// Operands in the one order in which a sum or product is stored: a constant last, else by number.
    fn constant_last(&self, x: Id, y: Id) -> (Id, Id) {
        let key = |id: Id| (self.as_constant(id).is_some(), id);
        if key(x) <= key(y) {
            (x, y)
        } else {
            (y, x)
        }
    }

    fn intern(&mut self, expression: Expression, degree: u64) -> Id {
        if let Some(id) = self.known.get(&expression) {
            return *id;
        }
        let id = self.nodes.len();
        self.nodes.push(expression);
        self.degrees.push(degree);
        self.known.insert(expression, id);
        id
    }
}
