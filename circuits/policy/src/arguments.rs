//! Arguments of a call, found and checked along their types (Solidity "Contract ABI Specification").
//!
//! Types stand in a rule as bytes (policy.md, "Types"). Call data must be their one canonical encoding: every offset
//! points right behind what came before, every unused bit is zero, nothing follows. So contract and policy cannot read
//! different values, and looking an argument up takes time linear in the data.

use crate::entry::{take, EntryError};

/// How deep types may nest.
const DEPTH_MAX: usize = 8;

/// Longest static value, in bytes: as long as a transaction may be.
const STATIC_MAX: u64 = 128 * 1024;

/// Step of a path that stands for every element.
pub(crate) const EVERY: u16 = 0xffff;

const BOOL: u8 = 0x00;
const INT: u8 = 0x40;
const FIXED_BYTES: u8 = 0x80;
const BYTES: u8 = 0xb0;
const LIST: u8 = 0xc0;
const ARRAY: u8 = 0xc1;
const TUPLE: u8 = 0xc2;

/// A type whose values take one word; widths in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WordType {
    Bool,
    /// Unsigned integers; 20 bytes for addresses.
    Uint(u8),
    Int(u8),
    FixedBytes(u8),
}

impl WordType {
    /// Whether `word` is the encoding of a value.
    pub(crate) fn admits(self, word: &[u8; 32]) -> bool {
        let are = |part: &[u8], value: u8| part.iter().all(|byte| *byte == value);
        match self {
            Self::Bool => are(&word[..31], 0) && word[31] <= 1,
            Self::Uint(width) => are(&word[..32 - usize::from(width)], 0),
            Self::Int(width) => {
                let (extension, value) = word.split_at(32 - usize::from(width));
                are(extension, if value[0] >= 0x80 { 0xff } else { 0 })
            }
            Self::FixedBytes(width) => are(&word[usize::from(width)..], 0),
        }
    }

    /// Bytes whose order is that of the values.
    pub(crate) const fn ordered(self, word: &[u8; 32]) -> [u8; 32] {
        let mut bytes = *word;
        if matches!(self, Self::Int(_)) {
            bytes[0] ^= 0x80;
        }
        bytes
    }
}

/// One type, as the bytes of a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Type<'a>(&'a [u8]);

#[derive(Clone, Copy)]
enum Node<'a> {
    Word(WordType),
    /// `bytes` and `string`.
    Bytes,
    /// `T[]`.
    List(Type<'a>),
    /// `T[n]`.
    Array(u16, Type<'a>),
    Tuple(Members<'a>),
}

/// Types one after the other, each known to be whole.
#[derive(Clone, Copy)]
struct Members<'a>(&'a [u8]);

impl<'a> Iterator for Members<'a> {
    type Item = Type<'a>;

    fn next(&mut self) -> Option<Type<'a>> {
        let (mut length, mut missing) = (0, 1usize);
        while missing > 0 {
            missing -= 1;
            match *self.0.get(length)? {
                LIST => (length, missing) = (length + 1, missing + 1),
                ARRAY => (length, missing) = (length + 3, missing + 1),
                TUPLE => (length, missing) = (length + 2, missing + usize::from(*self.0.get(length + 1)?)),
                _ => length += 1,
            }
        }
        let (first, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(Type(first))
    }
}

impl<'a> Type<'a> {
    /// Takes a type off the front of `bytes`.
    pub(crate) fn take(bytes: &mut &'a [u8], depth: usize) -> Result<Self, EntryError> {
        let whole = *bytes;
        let members = match take(bytes)? {
            [BOOL..=0x20 | 0x41..=0x60 | 0x81..=0xa0 | BYTES] => 0,
            [LIST] => 1,
            [ARRAY] if take::<2>(bytes)? != [0; 2] => 1,
            [TUPLE] => match take(bytes)? {
                [0] => return Err(EntryError::ArgumentType),
                [count] => count,
            },
            _ => return Err(EntryError::ArgumentType),
        };
        if members > 0 && depth == DEPTH_MAX {
            return Err(EntryError::ArgumentType);
        }
        for _ in 0..members {
            Self::take(bytes, depth + 1)?;
        }
        let taken = Self(&whole[..whole.len() - bytes.len()]);
        if taken.size().is_some_and(|size| size > STATIC_MAX) {
            return Err(EntryError::ArgumentType);
        }
        Ok(taken)
    }

    pub(crate) const fn is_tuple(self) -> bool {
        matches!(self.0, [TUPLE, ..])
    }

    fn node(self) -> Option<Node<'a>> {
        let (kind, rest) = self.0.split_first()?;
        Some(match *kind {
            BOOL => Node::Word(WordType::Bool),
            BYTES => Node::Bytes,
            LIST => Node::List(Self(rest)),
            ARRAY => {
                let (count, element) = rest.split_first_chunk()?;
                Node::Array(u16::from_be_bytes(*count), Self(element))
            }
            TUPLE => Node::Tuple(Members(rest.get(1..)?)),
            width if width > FIXED_BYTES => Node::Word(WordType::FixedBytes(width - FIXED_BYTES)),
            width if width > INT => Node::Word(WordType::Int(width - INT)),
            width => Node::Word(WordType::Uint(width)),
        })
    }

    /// Bytes of a static value; `None` for a dynamic one.
    fn size(self) -> Option<u64> {
        match self.node()? {
            Node::Word(_) => Some(32),
            Node::Bytes | Node::List(_) => None,
            Node::Array(count, element) => Some(element.size()?.saturating_mul(u64::from(count))),
            Node::Tuple(mut members) => {
                members.try_fold(0u64, |sum, member| Some(sum.saturating_add(member.size()?)))
            }
        }
    }

    /// Bytes in the head of what holds it: its own, or an offset.
    fn head_size(self) -> usize {
        self.size().map_or(32, |size| size as usize)
    }

    /// The type at the end of `path`, which must lead to a single word.
    pub(crate) fn word_at(self, path: &Path<'_>) -> Option<WordType> {
        let step = path.split();
        match (self.node()?, step) {
            (Node::Word(word), None) => Some(word),
            (Node::List(element), Some((_, rest))) => element.word_at(&rest),
            (Node::Array(count, element), Some((step, rest))) if step == EVERY || step < count => {
                element.word_at(&rest)
            }
            (Node::Tuple(mut members), Some((step, rest))) if step != EVERY => {
                members.nth(usize::from(step))?.word_at(&rest)
            }
            _ => None,
        }
    }

    /// Whether `data` is the canonical encoding of a value, and nothing else.
    pub(crate) fn is_encoded(self, data: &[u8]) -> bool {
        self.end(data, 0) == Some(data.len())
    }

    /// Where the canonical encoding that begins at `at` ends.
    fn end(self, data: &[u8], at: usize) -> Option<usize> {
        match self.node()? {
            Node::Word(word) => word.admits(word_at(data, at)?).then_some(at + 32),
            Node::Bytes => {
                let (length, start) = (length_at(data, at)?, at + 32);
                let end = start.checked_add(length.checked_next_multiple_of(32)?)?;
                data.get(start + length..end)?.iter().all(|byte| *byte == 0).then_some(end)
            }
            Node::List(element) => {
                let count = length_at(data, at)?;
                // an element takes a word at least, so this bounds the work
                (count <= data.len() / 32).then_some(())?;
                end_of_all(core::iter::repeat_n(element, count), data, at + 32)
            }
            Node::Array(count, element) => {
                end_of_all(core::iter::repeat_n(element, usize::from(count)), data, at)
            }
            Node::Tuple(members) => end_of_all(members, data, at),
        }
    }

    /// Gives every word at the end of `path` to `visit`, in canonical data; `None` if the path leads nowhere.
    pub(crate) fn visit(
        self,
        data: &[u8],
        at: usize,
        path: &Path<'_>,
        visit: &mut impl FnMut(WordType, &[u8; 32]),
    ) -> Option<()> {
        let (count, element, start) = match (self.node()?, path.split()) {
            (Node::Word(word), None) => {
                visit(word, word_at(data, at)?);
                return Some(());
            }
            (Node::Tuple(mut members), Some((step, rest))) => {
                let before = members.by_ref().take(usize::from(step));
                let head = at + before.map(Type::head_size).sum::<usize>();
                let member = members.next()?;
                return member.visit(data, member.begin(data, at, head)?, &rest, visit);
            }
            (Node::List(element), Some(_)) => (length_at(data, at)?, element, at + 32),
            (Node::Array(count, element), Some(_)) => (usize::from(count), element, at),
            _ => return None,
        };
        let (step, rest) = path.split()?;
        let wanted =
            if step == EVERY { 0..count } else { usize::from(step)..count.min(usize::from(step) + 1) };
        for index in wanted {
            let head = start + index * element.head_size();
            element.visit(data, element.begin(data, start, head)?, &rest, visit)?;
        }
        Some(())
    }

    /// Where the value begins whose head is at `head` in what begins at `start`.
    fn begin(self, data: &[u8], start: usize, head: usize) -> Option<usize> {
        match self.size() {
            Some(_) => Some(head),
            None => start.checked_add(length_at(data, head)?),
        }
    }
}

/// Where values that share one head end: heads first, then what is dynamic, in the same order.
fn end_of_all<'a>(
    mut types: impl Iterator<Item = Type<'a>> + Clone,
    data: &[u8],
    start: usize,
) -> Option<usize> {
    let heads = types.clone().try_fold(0usize, |sum, member| sum.checked_add(member.head_size()))?;
    let (mut head, mut tail) = (start, start.checked_add(heads)?);
    types.try_for_each(|member| {
        match member.size() {
            Some(_) => drop(member.end(data, head)?),
            None if length_at(data, head)? == tail - start => tail = member.end(data, tail)?,
            None => return None,
        }
        head += member.head_size();
        Some(())
    })?;
    (tail <= data.len()).then_some(tail)
}

fn word_at(data: &[u8], at: usize) -> Option<&[u8; 32]> {
    data.get(at..)?.first_chunk()
}

/// A length or an offset.
fn length_at(data: &[u8], at: usize) -> Option<usize> {
    let (zeros, length) = word_at(data, at)?.split_last_chunk()?;
    zeros.iter().all(|byte| *byte == 0).then_some(())?;
    usize::try_from(u32::from_be_bytes(*length)).ok()
}

/// Steps from all arguments to one: positions in tuples and arrays, two bytes each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Path<'a>(&'a [u8]);

impl<'a> Path<'a> {
    /// Takes `count u8 ‖ step u16…` off the front of `bytes`.
    pub(crate) fn take(bytes: &mut &'a [u8]) -> Result<Self, EntryError> {
        let [count] = take(bytes)?;
        let (steps, rest) = bytes.split_at_checked(usize::from(count) * 2).ok_or(EntryError::Bytes)?;
        *bytes = rest;
        Ok(Self(steps))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first step and the others.
    fn split(&self) -> Option<(u16, Self)> {
        let (step, rest) = self.0.split_first_chunk()?;
        Some((u16::from_be_bytes(*step), Self(rest)))
    }
}
