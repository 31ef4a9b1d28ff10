//! Runs a section of a program on many rows at once. Trace columns hold base field elements, and most products stay in
//! the base field; so each slot has the type that its instruction gives it.

use std::collections::HashMap;

use p3_field::{Field, PackedValue, PrimeCharacteristicRing};
use prividium_verifier::program::{Opcode, Program, Section, CHALLENGES, TABLE_INPUTS};

use crate::{
    compile::graph::Column,
    prove::arithmetic::{from_felt, E, F},
};

/// Rows computed at once.
pub(crate) const ROWS: usize = 32;

/// One base field element for each row.
pub(crate) type Lane = [F; ROWS];
/// One extension element for each row, by coordinates.
pub(crate) type ExtLane = [Lane; 4];

type Packed = <F as Field>::Packing;

/// A register of one of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Register {
    /// Of base field elements.
    Base(usize),
    /// Of extension elements.
    Ext(usize),
}

/// Something that differs from row to row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// First-row selector.
    First,
    /// Last-row selector.
    Last,
    /// A column of this row or the next.
    Opened(Column, bool),
}

/// Values that are the same in all rows.
pub(crate) struct Scalars<'a> {
    /// α, β, γ, δ.
    pub challenges: [E; CHALLENGES],
    /// Lookup sum of the table.
    pub terminal: E,
    /// Public values.
    pub public_values: &'a [F],
}

#[derive(Clone, Copy, Debug)]
struct TypedStep {
    opcode: Opcode,
    d: Register,
    x: Register,
    y: Register,
    w: Option<Register>,
}

/// A section with typed registers.
pub(crate) struct TypedSection {
    steps: Vec<TypedStep>,
    /// What to load for each row, and where.
    pub loads: Vec<(Source, Register)>,
    base: Vec<F>,
    ext: Vec<E>,
}

/// The two register files of one thread.
pub(crate) struct Registers {
    base: Vec<Lane>,
    ext: Vec<ExtLane>,
}

impl Registers {
    pub(crate) fn base_mut(&mut self, register: Register) -> Option<&mut Lane> {
        match register {
            Register::Base(index) => self.base.get_mut(index),
            Register::Ext(_) => None,
        }
    }

    pub(crate) fn ext_mut(&mut self, register: Register) -> Option<&mut ExtLane> {
        match register {
            Register::Ext(index) => self.ext.get_mut(index),
            Register::Base(_) => None,
        }
    }

    /// Value in one row.
    pub(crate) fn value(&self, register: Register, row: usize) -> [F; 4] {
        match register {
            Register::Base(index) => [self.base[index][row], F::ZERO, F::ZERO, F::ZERO],
            Register::Ext(index) => std::array::from_fn(|coordinate| self.ext[index][coordinate][row]),
        }
    }
}

impl TypedSection {
    /// Types the section of a table and runs the first section, which is the same for all rows. Returns the registers of
    /// the wanted slots beside it.
    pub(crate) fn new(
        program: &Program,
        table: usize,
        columns: &HashMap<usize, (Column, bool)>,
        scalars: &Scalars<'_>,
        wanted: &[u16],
    ) -> (Self, Vec<Register>) {
        let mut typing = Typing {
            program,
            table,
            columns,
            known: HashMap::new(),
            section: Self { steps: Vec::new(), loads: Vec::new(), base: Vec::new(), ext: Vec::new() },
        };
        let shared = run_first_section(program, scalars);
        typing.add_section(&program.sections[table + 1], scalars, &shared);
        let wanted = wanted.iter().map(|slot| typing.register(*slot, scalars, &shared)).collect();
        (typing.section, wanted)
    }

    /// Register files with everything that does not change.
    pub(crate) fn registers(&self) -> Registers {
        let broadcast = |value: &E| super::arithmetic::coordinates(*value).map(|c| [c; ROWS]);
        Registers {
            base: self.base.iter().map(|value| [*value; ROWS]).collect(),
            ext: self.ext.iter().map(broadcast).collect(),
        }
    }

    /// Runs all steps on loaded registers.
    pub(crate) fn run(&self, registers: &mut Registers) {
        for step in &self.steps {
            match registers.compute(step) {
                Computed::Base(index, value) => registers.base[index] = value,
                Computed::Ext(index, value) => registers.ext[index] = value,
            }
        }
    }
}

/// The result of a step, with the number of its register.
#[expect(clippy::large_enum_variant, reason = "it lives on the stack for a moment")]
enum Computed {
    Base(usize, Lane),
    Ext(usize, ExtLane),
}

impl Registers {
    fn operand(&self, register: Register) -> Operand<'_> {
        match register {
            Register::Base(index) => Operand::Base(&self.base[index]),
            Register::Ext(index) => Operand::Ext(&self.ext[index]),
        }
    }

    fn compute(&self, step: &TypedStep) -> Computed {
        match (step.d, step.x, step.y) {
            (Register::Base(d), Register::Base(x), Register::Base(y)) => {
                let w = step.w.map(|w| match w {
                    Register::Base(w) => &self.base[w],
                    Register::Ext(_) => unreachable!("a base result has base operands"),
                });
                Computed::Base(d, base_step(step.opcode, &self.base[x], &self.base[y], w))
            }
            (Register::Ext(d), x, y) => {
                let [x, y] = [x, y].map(|register| self.operand(register));
                let w = step.w.map(|w| self.operand(w));
                Computed::Ext(d, ext_step(step.opcode, x, y, w))
            }
            (Register::Base(_), ..) => unreachable!("a base result has base operands"),
        }
    }
}

/// Values of all slots after the first section; slots of tables hold zero.
fn run_first_section(program: &Program, scalars: &Scalars<'_>) -> Vec<E> {
    let mut slots = vec![E::ZERO; program.slots];
    slots[..CHALLENGES].copy_from_slice(&scalars.challenges);
    let layout = program.layout;
    for (slot, value) in slots[layout.first_public_value()..].iter_mut().zip(scalars.public_values) {
        *slot = (*value).into();
    }
    for (slot, value) in slots[layout.first_constant()..].iter_mut().zip(&program.constants) {
        *slot = from_felt(*value).into();
    }
    for step in &program.sections[0].instructions {
        let [x, y, w] = [step.x, step.y, step.w].map(|slot| slots[usize::from(slot)]);
        slots[usize::from(step.d)] = match step.opcode {
            Opcode::Add => x + y,
            Opcode::Sub => x - y,
            Opcode::Mul | Opcode::Scale => x * y,
            Opcode::MulAdd | Opcode::ScaleAdd => x * y + w,
        };
    }
    slots
}

struct Typing<'a> {
    program: &'a Program,
    table: usize,
    columns: &'a HashMap<usize, (Column, bool)>,
    /// Register that holds a slot now.
    known: HashMap<u16, Register>,
    section: TypedSection,
}

impl Typing<'_> {
    fn add_section(&mut self, section: &Section, scalars: &Scalars<'_>, shared: &[E]) {
        // A slot may hold a base element first and an extension element later: it has a register for each.
        let mut own: HashMap<(u16, bool), Register> = HashMap::new();
        for step in &section.instructions {
            let x = self.register(step.x, scalars, shared);
            let y = self.register(step.y, scalars, shared);
            let w = step.opcode.has_addend().then(|| self.register(step.w, scalars, shared));
            let is_ext = [Some(x), Some(y), w].iter().flatten().any(|r| matches!(r, Register::Ext(_)));
            let d = *own.entry((step.d, is_ext)).or_insert_with(|| match is_ext {
                true => self.section.new_ext(E::ZERO),
                false => self.section.new_base(F::ZERO),
            });
            self.known.insert(step.d, d);
            self.section.steps.push(TypedStep { opcode: step.opcode, d, x, y, w });
        }
    }

    fn register(&mut self, slot: u16, scalars: &Scalars<'_>, shared: &[E]) -> Register {
        if let Some(register) = self.known.get(&slot) {
            return *register;
        }
        let layout = self.program.layout;
        let index = usize::from(slot);
        let register = if index == layout.table(self.table) + TABLE_INPUTS - 1 {
            self.section.new_ext(scalars.terminal)
        } else if (layout.first_public_value()..layout.first_opened()).contains(&index) {
            self.section.new_base(super::arithmetic::coordinates(shared[index])[0])
        } else if let Some(source) = self.source(index) {
            let is_ext = matches!(source, Source::Opened(Column { tree: 1, .. }, _));
            let register =
                if is_ext { self.section.new_ext(E::ZERO) } else { self.section.new_base(F::ZERO) };
            self.section.loads.push((source, register));
            register
        } else {
            self.section.new_ext(shared[index])
        };
        self.known.insert(slot, register);
        register
    }

    fn source(&self, index: usize) -> Option<Source> {
        let layout = self.program.layout;
        if index == layout.table(self.table) {
            return Some(Source::First);
        }
        if index == layout.table(self.table) + 1 {
            return Some(Source::Last);
        }
        let position = index.checked_sub(layout.first_opened())?;
        self.columns.get(&position).map(|(column, next)| Source::Opened(*column, *next))
    }
}

impl TypedSection {
    fn new_base(&mut self, value: F) -> Register {
        self.base.push(value);
        Register::Base(self.base.len() - 1)
    }

    fn new_ext(&mut self, value: E) -> Register {
        self.ext.push(value);
        Register::Ext(self.ext.len() - 1)
    }
}

#[derive(Clone, Copy)]
enum Operand<'a> {
    Base(&'a Lane),
    Ext(&'a ExtLane),
}

impl<'a> Operand<'a> {
    fn coordinate(self, index: usize) -> Option<&'a Lane> {
        match self {
            Self::Base(lane) => (index == 0).then_some(lane),
            Self::Ext(lanes) => Some(&lanes[index]),
        }
    }
}

fn zip(x: &Lane, y: &Lane, f: impl Fn(Packed, Packed) -> Packed) -> Lane {
    let mut out = [F::ZERO; ROWS];
    let operands = Packed::pack_slice(x).iter().zip(Packed::pack_slice(y));
    for (d, (x, y)) in Packed::pack_slice_mut(&mut out).iter_mut().zip(operands) {
        *d = f(*x, *y);
    }
    out
}

fn base_step(opcode: Opcode, x: &Lane, y: &Lane, w: Option<&Lane>) -> Lane {
    match opcode {
        Opcode::Add => zip(x, y, |x, y| x + y),
        Opcode::Sub => zip(x, y, |x, y| x - y),
        Opcode::Mul | Opcode::Scale => zip(x, y, |x, y| x * y),
        Opcode::MulAdd | Opcode::ScaleAdd => {
            let product = zip(x, y, |x, y| x * y);
            w.map_or(product, |w| zip(&product, w, |p, w| p + w))
        }
    }
}

fn ext_step(opcode: Opcode, x: Operand<'_>, y: Operand<'_>, w: Option<Operand<'_>>) -> ExtLane {
    match opcode {
        Opcode::Add => combine(x, y, |x, y| x + y),
        Opcode::Sub => combine(x, y, |x, y| x - y),
        Opcode::Mul | Opcode::Scale => product(x, y),
        Opcode::MulAdd | Opcode::ScaleAdd => {
            let product = product(x, y);
            w.map_or(product, |w| combine(Operand::Ext(&product), w, |p, w| p + w))
        }
    }
}

fn combine(x: Operand<'_>, y: Operand<'_>, f: impl Fn(Packed, Packed) -> Packed) -> ExtLane {
    const ZERO: Lane = [F::ZERO; ROWS];
    std::array::from_fn(|index| match (x.coordinate(index), y.coordinate(index)) {
        (None, None) => ZERO,
        (x, y) => zip(x.unwrap_or(&ZERO), y.unwrap_or(&ZERO), &f),
    })
}

fn product(x: Operand<'_>, y: Operand<'_>) -> ExtLane {
    match (x, y) {
        (Operand::Base(x), Operand::Base(y)) => {
            let zero = [F::ZERO; ROWS];
            [zip(x, y, |x, y| x * y), zero, zero, zero]
        }
        (Operand::Base(base), Operand::Ext(ext)) | (Operand::Ext(ext), Operand::Base(base)) => {
            std::array::from_fn(|index| zip(&ext[index], base, |x, y| x * y))
        }
        (Operand::Ext(x), Operand::Ext(y)) => ext_product(x, y),
    }
}

fn ext_product(x: &ExtLane, y: &ExtLane) -> ExtLane {
    let w = Packed::from(F::from_u8(11));
    let mut out = [[F::ZERO; ROWS]; 4];
    let [x0, x1, x2, x3] = [0, 1, 2, 3].map(|index| Packed::pack_slice(&x[index]));
    let [y0, y1, y2, y3] = [0, 1, 2, 3].map(|index| Packed::pack_slice(&y[index]));
    let mut columns = out.iter_mut().map(|lane| Packed::pack_slice_mut(lane));
    let mut next = || columns.next().expect("there are four coordinates");
    let (d0, d1, d2, d3) = (next(), next(), next(), next());
    for i in 0..ROWS / Packed::WIDTH {
        let (a, b) = ([x0[i], x1[i], x2[i], x3[i]], [y0[i], y1[i], y2[i], y3[i]]);
        d0[i] = a[0] * b[0] + w * (a[1] * b[3] + a[2] * b[2] + a[3] * b[1]);
        d1[i] = a[0] * b[1] + a[1] * b[0] + w * (a[2] * b[3] + a[3] * b[2]);
        d2[i] = a[0] * b[2] + a[1] * b[1] + a[2] * b[0] + w * (a[3] * b[3]);
        d3[i] = a[0] * b[3] + a[1] * b[2] + a[2] * b[1] + a[3] * b[0];
    }
    out
}
