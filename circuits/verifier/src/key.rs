//! The verifying key: parameters, the shape of the commitments, and the constraint program.

use crate::{
    bytes::Reader,
    error::VerifyError::{self, KeyMalformed, KeyProgramMismatch, KeyVersion},
    field::TWO_ADICITY,
    hash::{keccak, Hash, DIGEST_BYTES, SALT_BYTES},
    program::Program,
};

/// First bytes of a descriptor.
pub const MAGIC: &[u8; 4] = b"PVOK";
/// Version of descriptor and program.
pub const VERSION: u16 = 1;
/// Number of trees that hold rows; the folds follow.
pub const ROW_TREES: usize = 3;
/// Columns of the low-degree test's mask.
pub const MASK_COLUMNS: usize = 4;

/// Leading zero bits demanded before each kind of challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grinding {
    /// Before the lookup challenges.
    pub lookup: u32,
    /// Before the out-of-domain point.
    pub point: u32,
    /// Before the batching challenge.
    pub batch: u32,
    /// Before each folding challenge.
    pub fold: u32,
    /// Before the queries.
    pub query: u32,
}

/// Numbers of section 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Log of the length of a stacked polynomial.
    pub log_length: usize,
    /// Log of the blowup.
    pub log_blowup: usize,
    /// Number of queries.
    pub queries: usize,
    /// Number of queries in a part.
    pub queries_per_part: usize,
    /// Log of the size of a cap.
    pub log_cap: usize,
    /// Log of the folding arity.
    pub log_arity: usize,
    /// Log of the length of the final polynomial.
    pub log_final: usize,
    /// Proofs of work.
    pub grinding: Grinding,
}

impl Parameters {
    /// Log of the size of the evaluation domain.
    pub fn log_domain(&self) -> usize {
        self.log_length + self.log_blowup
    }

    /// Number of folds.
    pub fn folds(&self) -> usize {
        (self.log_length - self.log_final) / self.log_arity
    }

    /// Number of query parts.
    pub fn parts(&self) -> usize {
        self.queries.div_ceil(self.queries_per_part)
    }

    /// Log of the number of leaves of a tree; trees of folds follow those of rows.
    pub fn log_leaves(&self, tree: usize) -> usize {
        match tree.checked_sub(ROW_TREES) {
            None => self.log_domain(),
            Some(fold) => self.log_domain() - self.log_arity * (fold + 1),
        }
    }

    /// Length of a cap.
    pub fn cap_bytes(&self) -> usize {
        DIGEST_BYTES << self.log_cap
    }

    /// Length of a path.
    pub fn path_bytes(&self, tree: usize) -> usize {
        DIGEST_BYTES * (self.log_leaves(tree) - self.log_cap)
    }

    fn within_range(&self) -> bool {
        let Self { log_length, log_blowup, queries, queries_per_part, log_cap, log_arity, log_final, .. } =
            *self;
        (1..=TWO_ADICITY).contains(&log_length)
            && (1..=TWO_ADICITY - log_length).contains(&log_blowup)
            && (1..=1024).contains(&queries)
            && (1..=queries).contains(&queries_per_part)
            && (1..=4).contains(&log_arity)
            && log_final < log_length
            && (log_length - log_final).is_multiple_of(log_arity)
            && log_cap <= log_final + log_blowup
    }
}

/// One stacked polynomial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// 0 trace, 1 lookup, 2 quotient.
    pub tree: usize,
    /// Whether its columns hold extension elements.
    pub extension: bool,
    /// Log of the stacking factor.
    pub log_factor: usize,
    /// Number of columns stacked.
    pub slots: usize,
    /// Bit 0: opened at `z`; bit `n + 1`: opened at `ω_n z`.
    pub points: u32,
}

impl Group {
    /// Base field columns in its tree.
    pub fn width(&self) -> usize {
        if self.extension {
            4
        } else {
            1
        }
    }

    /// Bits of the points where it is opened, ascending.
    pub fn point_bits(&self) -> impl Iterator<Item = u32> {
        let points = self.points;
        (0..u32::BITS).filter(move |bit| points >> bit & 1 == 1)
    }

    fn within_range(&self, log_length: usize) -> bool {
        self.tree < ROW_TREES
            && self.log_factor <= log_length.min(12)
            && (1..=1 << self.log_factor).contains(&self.slots)
            && self.points & 1 == 1
            && self.points & 2 == 0
            && self.points >> (TWO_ADICITY + 2) == 0
    }
}

/// All of the key but the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Parameters.
    pub parameters: Parameters,
    /// Number of public values.
    pub public_values: usize,
    /// Logs of the heights of the tables.
    pub log_heights: Vec<usize>,
    /// Stacked polynomials, by tree.
    pub groups: Vec<Group>,
    /// Keccak-256 of the program.
    pub program_hash: Hash,
}

impl Descriptor {
    /// Number of opened values.
    pub fn opened_values(&self) -> usize {
        self.groups.iter().map(|group| group.slots * group.points.count_ones() as usize).sum()
    }

    /// Base field columns of a tree, with the mask of the low-degree test.
    pub fn width(&self, tree: usize) -> usize {
        let columns: usize = self.groups.iter().filter(|g| g.tree == tree).map(Group::width).sum();
        columns + if tree == 0 { MASK_COLUMNS } else { 0 }
    }

    /// Length of the header.
    pub fn header_bytes(&self) -> usize {
        let Parameters { log_final, .. } = self.parameters;
        let elements = self.log_heights.len() + self.opened_values() + (1 << log_final);
        16 * elements + 32 * ROW_TREES + 8 * 4 + (32 + 8) * self.parameters.folds()
    }

    /// Length of what a part holds for one query.
    pub fn query_bytes(&self) -> usize {
        let parameters = &self.parameters;
        let rows = (0..ROW_TREES).map(|tree| 4 * self.width(tree) + SALT_BYTES + parameters.path_bytes(tree));
        let leaf = 16 * ((1 << parameters.log_arity) - 1);
        let folds = (0..parameters.folds()).map(|fold| leaf + parameters.path_bytes(ROW_TREES + fold));
        rows.chain(folds).sum()
    }

    /// Canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let p = &self.parameters;
        let g = &p.grinding;
        let mut out = MAGIC.to_vec();
        out.extend(VERSION.to_be_bytes());
        out.extend([p.log_length as u8, p.log_blowup as u8]);
        out.extend((p.queries as u16).to_be_bytes());
        out.extend((p.queries_per_part as u16).to_be_bytes());
        out.extend([p.log_cap, p.log_arity, p.log_final].map(|x| x as u8));
        out.extend([g.lookup, g.point, g.batch, g.fold, g.query].map(|x| x as u8));
        out.extend((self.public_values as u16).to_be_bytes());
        out.push(self.log_heights.len() as u8);
        out.extend(self.log_heights.iter().map(|x| *x as u8));
        out.extend((self.groups.len() as u16).to_be_bytes());
        for group in &self.groups {
            let Group { tree, extension, log_factor, slots, points } = *group;
            out.extend([tree as u8, extension.into(), log_factor as u8, slots as u8]);
            out.extend(points.to_be_bytes());
        }
        out.extend(self.program_hash);
        out
    }

    fn parse(bytes: &[u8]) -> Result<Self, VerifyError> {
        let mut reader = Reader::new(bytes);
        if reader.version(MAGIC).ok_or(KeyMalformed)? != VERSION {
            return Err(KeyVersion);
        }
        let descriptor = Self::read(&mut reader).ok_or(KeyMalformed)?;
        (reader.is_empty() && descriptor.is_well_formed()).then_some(descriptor).ok_or(KeyMalformed)
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let parameters = read_parameters(reader)?;
        let public_values = reader.u16()?.into();
        let tables = reader.u8()?.into();
        let log_heights = reader.bytes(tables)?.iter().map(|n| usize::from(*n)).collect();
        let count = reader.u16()?;
        let groups = (0..count).map(|_| read_group(reader)).collect::<Option<_>>()?;
        Some(Self { parameters, public_values, log_heights, groups, program_hash: reader.array()? })
    }

    fn is_well_formed(&self) -> bool {
        let log_length = self.parameters.log_length;
        let quotient = Group { tree: 2, extension: true, log_factor: 0, slots: 1, points: 1 };
        let in_last_tree = self.groups.iter().filter(|g| g.tree == 2).count();
        self.parameters.within_range()
            && !self.log_heights.is_empty()
            && self.log_heights.iter().all(|n| *n < log_length)
            && self.groups.iter().all(|g| g.within_range(log_length))
            && self.groups.is_sorted_by_key(|g| g.tree)
            && in_last_tree == 1
            && self.groups.last() == Some(&quotient)
    }
}

fn read_parameters(reader: &mut Reader<'_>) -> Option<Parameters> {
    Some(Parameters {
        log_length: reader.u8()?.into(),
        log_blowup: reader.u8()?.into(),
        queries: reader.u16()?.into(),
        queries_per_part: reader.u16()?.into(),
        log_cap: reader.u8()?.into(),
        log_arity: reader.u8()?.into(),
        log_final: reader.u8()?.into(),
        grinding: Grinding {
            lookup: reader.u8()?.into(),
            point: reader.u8()?.into(),
            batch: reader.u8()?.into(),
            fold: reader.u8()?.into(),
            query: reader.u8()?.into(),
        },
    })
}

fn read_group(reader: &mut Reader<'_>) -> Option<Group> {
    let tree = reader.u8()?.into();
    let extension = match reader.u8()? {
        0 => false,
        1 => true,
        _ => return None,
    };
    let (log_factor, slots, points) = (reader.u8()?.into(), reader.u8()?.into(), reader.u32()?);
    Some(Group { tree, extension, log_factor, slots, points })
}

/// A key that was checked.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    /// All but the program.
    pub descriptor: Descriptor,
    /// The constraints.
    pub program: Program,
    /// Keccak-256 of the descriptor: names the key.
    pub hash: Hash,
}

impl VerifyingKey {
    /// Decodes and checks a key file.
    pub fn parse(bytes: &[u8]) -> Result<Self, VerifyError> {
        let mut reader = Reader::new(bytes);
        let length = reader.u32().ok_or(KeyMalformed)?;
        let encoded = reader.bytes(length as usize).ok_or(KeyMalformed)?;
        let descriptor = Descriptor::parse(encoded)?;
        let program_bytes = bytes.get(4 + encoded.len()..).ok_or(KeyMalformed)?;
        let program = Program::parse(program_bytes, &descriptor)?;
        if keccak(&[program_bytes]) != descriptor.program_hash {
            return Err(KeyProgramMismatch);
        }
        Ok(Self { hash: keccak(&[encoded]), descriptor, program })
    }

    /// The key file.
    pub fn encode(&self) -> Vec<u8> {
        let descriptor = self.descriptor.encode();
        let mut out = (descriptor.len() as u32).to_be_bytes().to_vec();
        out.extend(descriptor);
        out.extend(self.program.encode());
        out
    }
}
