//! The constraint program: the one definition of the constraints. Verifiers run it at one point, the prover runs it over
//! a domain, contracts interpret the same bytes.

use crate::{
    bytes::Reader,
    error::VerifyError::{self, KeyMalformed, KeyVersion},
    field::{Ext, Felt},
    key::{Descriptor, VERSION},
};

/// First bytes of a program.
pub const MAGIC: &[u8; 4] = b"PVCP";
/// Slots of the challenges α, β, γ, δ.
pub const CHALLENGES: usize = 4;
/// Input slots of a table: first-row selector, last-row selector, terminal.
pub const TABLE_INPUTS: usize = 3;

const OPERAND_BITS: u32 = 15;

/// What an instruction computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// `x + y`
    Add,
    /// `x − y`
    Sub,
    /// `x · y`
    Mul,
    /// `x · y + w`
    MulAdd,
    /// `x · y` with a constant `y`
    Scale,
    /// `x · y + w` with a constant `y`
    ScaleAdd,
}

impl Opcode {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 6] = [Self::Add, Self::Sub, Self::Mul, Self::MulAdd, Self::Scale, Self::ScaleAdd];

    /// Whether the operand `w` is read.
    pub fn has_addend(self) -> bool {
        matches!(self, Self::MulAdd | Self::ScaleAdd)
    }

    /// Whether `y` must be a constant.
    pub fn is_scale(self) -> bool {
        matches!(self, Self::Scale | Self::ScaleAdd)
    }
}

/// One step; operands are slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// What to compute.
    pub opcode: Opcode,
    /// Slot of the result.
    pub d: u16,
    /// First operand.
    pub x: u16,
    /// Second operand.
    pub y: u16,
    /// Addend; 0 if unused.
    pub w: u16,
}

impl Instruction {
    fn encode(&self) -> u64 {
        let operands = [self.d, self.x, self.y, self.w];
        operands.iter().fold(self.opcode as u64, |word, slot| word << OPERAND_BITS | u64::from(*slot))
    }

    fn decode(word: u64) -> Option<Self> {
        let operand = |index: u32| (word >> (OPERAND_BITS * index) & 0x7fff) as u16;
        let opcode = *Opcode::ALL.get((word >> (4 * OPERAND_BITS)) as usize)?;
        Some(Self { opcode, d: operand(3), x: operand(2), y: operand(1), w: operand(0) })
    }
}

/// Instructions with one result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Slot of the result; 0 for the first section, which has none.
    pub output: u16,
    /// In order.
    pub instructions: Vec<Instruction>,
}

/// Sizes of the ranges of input slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Number of tables.
    pub tables: usize,
    /// Number of public values.
    pub public_values: usize,
    /// Number of constants.
    pub constants: usize,
    /// Number of opened values.
    pub opened_values: usize,
}

impl Layout {
    /// First input slot of a table.
    pub fn table(&self, table: usize) -> usize {
        CHALLENGES + TABLE_INPUTS * table
    }

    /// Slot of the first public value.
    pub fn first_public_value(&self) -> usize {
        self.table(self.tables)
    }

    /// Slot of the first constant.
    pub fn first_constant(&self) -> usize {
        self.first_public_value() + self.public_values
    }

    /// Slot of the first opened value.
    pub fn first_opened(&self) -> usize {
        self.first_constant() + self.constants
    }

    /// Number of input slots.
    pub fn inputs(&self) -> usize {
        self.first_opened() + self.opened_values
    }
}

/// A program that was checked, or was made by the compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Input slots.
    pub layout: Layout,
    /// Constants.
    pub constants: Vec<Felt>,
    /// Number of slots.
    pub slots: usize,
    /// The first section, then one for each table.
    pub sections: Vec<Section>,
}

/// What a program starts from.
pub struct Inputs<'a> {
    /// α, β, γ, δ.
    pub challenges: [Ext; CHALLENGES],
    /// First-row selector, last-row selector and terminal of each table.
    pub tables: &'a [[Ext; TABLE_INPUTS]],
    /// Public values.
    pub public_values: &'a [Felt],
    /// Opened values.
    pub opened: &'a [Ext],
}

impl Program {
    /// The result of each table.
    pub fn run(&self, inputs: &Inputs<'_>) -> Vec<Ext> {
        let mut slots: Vec<Ext> = inputs.challenges.to_vec();
        slots.extend(inputs.tables.iter().flatten());
        slots.extend(inputs.public_values.iter().map(|value| Ext::from(*value)));
        slots.extend(self.constants.iter().map(|value| Ext::from(*value)));
        slots.extend(inputs.opened);
        slots.resize(self.slots, Ext::ZERO);
        let mut outputs = Vec::with_capacity(self.sections.len());
        for section in &self.sections {
            for step in &section.instructions {
                slots[usize::from(step.d)] = compute(step, &slots);
            }
            outputs.push(slots[usize::from(section.output)]);
        }
        outputs.split_off(1)
    }

    /// Canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let Layout { tables, public_values, constants, opened_values } = self.layout;
        let mut out = MAGIC.to_vec();
        out.extend(VERSION.to_be_bytes());
        out.extend((public_values as u16).to_be_bytes());
        out.push(tables as u8);
        for count in [constants, opened_values, self.slots] {
            out.extend((count as u16).to_be_bytes());
        }
        out.extend(self.constants.iter().flat_map(|value| value.to_bytes()));
        for section in &self.sections {
            out.extend((section.instructions.len() as u32).to_be_bytes());
            out.extend(section.output.to_be_bytes());
        }
        let steps = self.sections.iter().flat_map(|section| &section.instructions);
        out.extend(steps.flat_map(|step| step.encode().to_be_bytes()));
        out
    }

    /// Decodes and checks a program that belongs to a descriptor.
    pub fn parse(bytes: &[u8], descriptor: &Descriptor) -> Result<Self, VerifyError> {
        let mut reader = Reader::new(bytes);
        if reader.version(MAGIC).ok_or(KeyMalformed)? != VERSION {
            return Err(KeyVersion);
        }
        let program = Self::read(&mut reader).ok_or(KeyMalformed)?;
        let fits = program.layout.tables == descriptor.log_heights.len()
            && program.layout.public_values == descriptor.public_values
            && program.layout.opened_values == descriptor.opened_values();
        (reader.is_empty() && fits && program.is_well_formed()).then_some(program).ok_or(KeyMalformed)
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let public_values = reader.u16()?.into();
        let tables = reader.u8()?.into();
        let [constants, opened_values, slots] =
            [reader.u16()?, reader.u16()?, reader.u16()?].map(usize::from);
        let layout = Layout { tables, public_values, constants, opened_values };
        let constants = reader.felts(constants)?;
        let heads: Option<Vec<(u32, u16)>> =
            (0..=tables).map(|_| Some((reader.u32()?, reader.u16()?))).collect();
        let sections = heads?
            .into_iter()
            .map(|(count, output)| {
                let words = reader.bytes(8usize.checked_mul(count as usize)?)?;
                let decode = |word: &[u8]| Instruction::decode(u64::from_be_bytes(word.try_into().ok()?));
                Some(Section {
                    output,
                    instructions: words.chunks_exact(8).map(decode).collect::<Option<_>>()?,
                })
            })
            .collect::<Option<_>>()?;
        Some(Self { layout, constants, slots, sections })
    }

    /// Every slot read is an input, or was written earlier in the same section or in the first one; the first section
    /// reads nothing of a table, and no other section overwrites its results.
    fn is_well_formed(&self) -> bool {
        let inputs = self.layout.inputs();
        if self.slots < inputs || self.slots > 1 << OPERAND_BITS {
            return false;
        }
        let global = |slot: usize| {
            slot < CHALLENGES
                || (self.layout.first_public_value()..self.layout.first_opened()).contains(&slot)
        };
        let mut shared: Vec<bool> = (0..self.slots).map(global).collect();
        let first = self.section_is_well_formed(0, &mut shared, &vec![false; self.slots]);
        let results = shared.clone();
        (0..inputs).for_each(|slot| shared[slot] = true);
        let others = (1..self.sections.len())
            .all(|number| self.section_is_well_formed(number, &mut shared.clone(), &results));
        first && others
    }

    fn section_is_well_formed(&self, number: usize, known: &mut [bool], reserved: &[bool]) -> bool {
        let section = &self.sections[number];
        let readable = |slot: u16, known: &[bool]| known.get(usize::from(slot)) == Some(&true);
        let constants = self.layout.first_constant()..self.layout.first_opened();
        for step in &section.instructions {
            let Instruction { opcode, d, x, y, w } = *step;
            let d = usize::from(d);
            let sound = readable(x, known)
                && readable(y, known)
                && (if opcode.has_addend() { readable(w, known) } else { w == 0 })
                && (!opcode.is_scale() || constants.contains(&usize::from(y)))
                && (self.layout.inputs()..self.slots).contains(&d)
                && !reserved[d];
            if !sound {
                return false;
            }
            known[d] = true;
        }
        if number == 0 {
            section.output == 0
        } else {
            readable(section.output, known)
        }
    }
}

fn compute(step: &Instruction, slots: &[Ext]) -> Ext {
    let (x, y, w) = (slots[usize::from(step.x)], slots[usize::from(step.y)], slots[usize::from(step.w)]);
    match step.opcode {
        Opcode::Add => x + y,
        Opcode::Sub => x - y,
        Opcode::Mul => x * y,
        Opcode::MulAdd => x * y + w,
        Opcode::Scale => x.scale(y.0[0]),
        Opcode::ScaleAdd => x.scale(y.0[0]) + w,
    }
}
