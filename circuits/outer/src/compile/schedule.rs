//! From expressions to instructions: order, fused products and sums, and slots.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap, HashSet},
};

use prividium_verifier::{
    program::{Instruction, Layout, Opcode, Program, Section, CHALLENGES, TABLE_INPUTS},
    Felt,
};

use crate::compile::graph::{Column, Expression, Graph, Id, Input};

/// A step whose operands are still nodes.
#[derive(Clone, Copy, Debug)]
struct Step {
    opcode: Opcode,
    d: Id,
    x: Id,
    y: Id,
    w: Option<Id>,
}

impl Step {
    fn operands(&self) -> impl Iterator<Item = Id> {
        [Some(self.x), Some(self.y), self.w].into_iter().flatten()
    }
}

/// Where inputs stand and how many there are.
pub struct Inputs<'a> {
    /// Number of tables.
    pub tables: usize,
    /// Number of public values.
    pub public_values: usize,
    /// Number of opened values.
    pub opened_values: usize,
    /// Position of each.
    pub opened: &'a HashMap<(Column, bool), usize>,
}

/// Instructions that compute the given nodes, one section for each list of outputs; with the slots of the outputs.
pub fn schedule(graph: &Graph, outputs: &[Vec<Id>], inputs: &Inputs<'_>) -> (Program, Vec<Vec<u16>>) {
    let all: Vec<Id> = outputs.concat();
    let uses = count_uses(graph, &all);
    let is_global = globals(graph);
    let shared = shared_globals(graph, &uses, &is_global, &all);
    let all: HashSet<Id> = all.into_iter().collect();
    let mut sections = vec![steps(graph, &shared, &uses, &HashSet::new(), &all)];
    let done: HashSet<Id> = sections[0].iter().map(|step| step.d).collect();
    sections.extend(outputs.iter().map(|roots| steps(graph, roots, &uses, &done, &all)));
    let constants = constants(graph, &sections, outputs);
    let layout = Layout {
        tables: inputs.tables,
        public_values: inputs.public_values,
        constants: constants.len(),
        opened_values: inputs.opened_values,
    };
    let mut slots = Slots::new(graph, layout, &constants, inputs.opened);
    let mut encoded = vec![slots.allocate(&sections[0], &shared, true)];
    let mut output_slots = Vec::new();
    for (section, roots) in sections[1..].iter().zip(outputs) {
        encoded.push(slots.allocate(section, roots, false));
        output_slots.push(roots.iter().map(|id| slots.slot(*id)).collect::<Vec<u16>>());
        slots.reset();
    }
    let section = |(instructions, output)| Section { output, instructions };
    let first_output = |slots: &Vec<u16>| if slots.len() == 1 { slots[0] } else { 0 };
    let section_outputs = std::iter::once(0).chain(output_slots.iter().map(first_output));
    let program = Program {
        layout,
        constants: constants.iter().map(|value| Felt::reduce((*value).into())).collect(),
        slots: slots.high_water,
        sections: encoded.into_iter().zip(section_outputs).map(section).collect(),
    };
    (program, output_slots)
}

/// How often each needed node is an operand.
fn count_uses(graph: &Graph, roots: &[Id]) -> Vec<u32> {
    let mut uses = vec![0; graph.len()];
    let mut seen = vec![false; graph.len()];
    let mut stack = roots.to_vec();
    while let Some(id) = stack.pop() {
        if std::mem::replace(&mut seen[id], true) {
            continue;
        }
        for operand in operands(graph, id) {
            uses[operand] += 1;
            stack.push(operand);
        }
    }
    roots.iter().for_each(|id| uses[*id] += 1);
    uses
}

/// Length of the longest chain of operands.
fn depths(graph: &Graph) -> Vec<u32> {
    let mut depths: Vec<u32> = Vec::with_capacity(graph.len());
    for id in 0..graph.len() {
        depths.push(operands(graph, id).into_iter().map(|operand| depths[operand] + 1).max().unwrap_or(0));
    }
    depths
}

fn operands(graph: &Graph, id: Id) -> Vec<Id> {
    match graph.node(id) {
        Expression::Add(x, y) | Expression::Sub(x, y) | Expression::Mul(x, y) => vec![x, y],
        _ => Vec::new(),
    }
}

/// Nodes that depend on no table.
fn globals(graph: &Graph) -> Vec<bool> {
    let mut global = Vec::with_capacity(graph.len());
    for id in 0..graph.len() {
        let is_global = match graph.node(id) {
            Expression::Input(input) => matches!(input, Input::Challenge(_) | Input::PublicValue(_)),
            Expression::Constant(_) => true,
            Expression::Add(x, y) | Expression::Sub(x, y) | Expression::Mul(x, y) => global[x] && global[y],
        };
        global.push(is_global);
    }
    global
}

/// Computed global nodes that are operands of other nodes or outputs: the results of the first section.
fn shared_globals(graph: &Graph, uses: &[u32], is_global: &[bool], outputs: &[Id]) -> Vec<Id> {
    let computed = |id: Id| is_global[id] && !operands(graph, id).is_empty();
    let mut shared: HashSet<Id> = outputs.iter().copied().filter(|id| computed(*id)).collect();
    for id in (0..graph.len()).filter(|id| uses[*id] > 0 && !is_global[*id]) {
        shared.extend(operands(graph, id).into_iter().filter(|operand| computed(*operand)));
    }
    let mut shared: Vec<Id> = shared.into_iter().collect();
    shared.sort_unstable();
    shared
}

/// Steps that compute the roots, operands first, without what is done already.
fn steps(graph: &Graph, roots: &[Id], uses: &[u32], done: &HashSet<Id>, outputs: &HashSet<Id>) -> Vec<Step> {
    let depths = depths(graph);
    let mut finished = done.clone();
    let mut steps = Vec::new();
    let mut stack: Vec<(Id, bool)> = roots.iter().rev().map(|id| (*id, false)).collect();
    while let Some((id, operands_done)) = stack.pop() {
        if finished.contains(&id) || operands(graph, id).is_empty() {
            continue;
        }
        let fusible =
            |operand: Id| uses[operand] == 1 && !outputs.contains(&operand) && !done.contains(&operand);
        let step = step(graph, id, fusible);
        if operands_done {
            finished.insert(id);
            steps.push(step);
        } else {
            stack.push((id, true));
            // The deepest operand is computed first, so that few results wait: sums are long chains.
            let mut order: Vec<Id> = step.operands().collect();
            order.sort_by_key(|operand| depths[*operand]);
            stack.extend(order.into_iter().map(|operand| (operand, false)));
        }
    }
    steps
}

/// The instruction for a node. A product that only this sum needs is fused into it.
fn step(graph: &Graph, d: Id, fusible: impl Fn(Id) -> bool) -> Step {
    let product = |id: Id| match graph.node(id) {
        Expression::Mul(x, y) if fusible(id) => Some((x, y)),
        _ => None,
    };
    let is_constant = |id: Id| graph.as_constant(id).is_some();
    let plain = |opcode, x, y| Step { opcode, d, x, y, w: None };
    match graph.node(d) {
        Expression::Mul(x, y) if is_constant(y) => plain(Opcode::Scale, x, y),
        Expression::Mul(x, y) => plain(Opcode::Mul, x, y),
        Expression::Sub(x, y) => plain(Opcode::Sub, x, y),
        Expression::Add(a, b) => {
            let fused = |(x, y): (Id, Id), w: Id| {
                let opcode = if is_constant(y) { Opcode::ScaleAdd } else { Opcode::MulAdd };
                Step { opcode, d, x, y, w: Some(w) }
            };
            match (product(a), product(b)) {
                (Some(factors), _) => fused(factors, b),
                (None, Some(factors)) => fused(factors, a),
                (None, None) => plain(Opcode::Add, a, b),
            }
        }
        Expression::Input(_) | Expression::Constant(_) => unreachable!("inputs are not computed"),
    }
}

fn constants(graph: &Graph, sections: &[Vec<Step>], outputs: &[Vec<Id>]) -> Vec<u32> {
    let roots = outputs.iter().flatten().copied();
    let operands = sections.iter().flatten().flat_map(Step::operands).chain(roots);
    let mut values: Vec<u32> = operands.filter_map(|id| graph.as_constant(id)).map(Felt::value).collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// Assigns slots: inputs have theirs, a result takes the lowest one that is free.
struct Slots<'a> {
    graph: &'a Graph,
    layout: Layout,
    constants: BTreeMap<u32, usize>,
    opened: &'a HashMap<(Column, bool), usize>,
    assigned: HashMap<Id, u16>,
    shared: HashMap<Id, u16>,
    free: BinaryHeap<Reverse<u16>>,
    next: u16,
    first_of_section: u16,
    high_water: usize,
}

impl<'a> Slots<'a> {
    fn new(
        graph: &'a Graph,
        layout: Layout,
        constants: &[u32],
        opened: &'a HashMap<(Column, bool), usize>,
    ) -> Self {
        let next = u16::try_from(layout.inputs()).expect("inputs fit 15 bits");
        Self {
            graph,
            layout,
            constants: constants.iter().enumerate().map(|(index, value)| (*value, index)).collect(),
            opened,
            assigned: HashMap::new(),
            shared: HashMap::new(),
            free: BinaryHeap::new(),
            next,
            first_of_section: next,
            high_water: layout.inputs(),
        }
    }

    fn slot(&self, id: Id) -> u16 {
        let input = match self.graph.node(id) {
            Expression::Constant(value) => self.layout.first_constant() + self.constants[&value],
            Expression::Input(Input::Challenge(index)) => index,
            Expression::Input(Input::First(table)) => self.layout.table(table),
            Expression::Input(Input::Last(table)) => self.layout.table(table) + 1,
            Expression::Input(Input::Terminal(table)) => self.layout.table(table) + 2,
            Expression::Input(Input::PublicValue(index)) => self.layout.first_public_value() + index,
            Expression::Input(Input::Opened(column, next)) => {
                self.layout.first_opened() + self.opened[&(column, next)]
            }
            _ => return self.assigned.get(&id).or_else(|| self.shared.get(&id)).copied().unwrap_or(0),
        };
        input as u16
    }

    /// Encodes a section. Its roots keep their slots to its end; those of the first section for ever.
    fn allocate(&mut self, steps: &[Step], roots: &[Id], is_first: bool) -> Vec<Instruction> {
        let mut last_use: HashMap<Id, usize> = HashMap::new();
        for (time, step) in steps.iter().enumerate() {
            last_use.insert(step.d, time);
            step.operands().for_each(|id| {
                last_use.insert(id, time);
            });
        }
        roots.iter().for_each(|id| {
            last_use.insert(*id, steps.len());
        });
        let mut encoded = Vec::with_capacity(steps.len());
        for (time, step) in steps.iter().enumerate() {
            let [x, y] = [step.x, step.y].map(|id| self.slot(id));
            let w = step.w.map_or(0, |id| self.slot(id));
            let mut dying: Vec<Id> = step.operands().filter(|id| last_use[id] == time).collect();
            dying.dedup();
            for id in dying {
                if let Some(slot) = self.assigned.remove(&id) {
                    self.free.push(Reverse(slot));
                }
            }
            let d = self.take();
            self.assigned.insert(step.d, d);
            encoded.push(Instruction { opcode: step.opcode, d, x, y, w });
        }
        if is_first {
            self.shared = std::mem::take(&mut self.assigned);
            self.free.clear();
            self.first_of_section = self.next;
        }
        encoded
    }

    fn take(&mut self) -> u16 {
        if let Some(Reverse(slot)) = self.free.pop() {
            return slot;
        }
        let slot = self.next;
        self.next += 1;
        self.high_water = self.high_water.max(self.next.into());
        slot
    }

    fn reset(&mut self) {
        self.assigned.clear();
        self.free.clear();
        self.next = self.first_of_section;
    }
}

// The slots of `Slots::slot` are written out for these numbers.
const _: () = assert!(CHALLENGES == 4 && TABLE_INPUTS == 3);
