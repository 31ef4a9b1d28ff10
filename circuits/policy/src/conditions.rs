//! What a rule asks beyond its type: a time span, predicates on arguments, limits (policy.md, "Conditions").

use alloc::vec::Vec;

use crate::arguments::{Path, Type, WordType};
use crate::entry::{take, EntryError, Selector};
use crate::limits::{counter_slot, Amount, Charge};
use crate::reason::Reason;
use crate::Address;

pub(crate) const SIGNER: u8 = 1;
pub(crate) const ONE_OF: u8 = 2;
pub(crate) const BETWEEN: u8 = 3;

pub(crate) const CALLS: u8 = 0;
pub(crate) const SUM: u8 = 1;

/// Conditions in their valid form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Conditions<'a> {
    valid_from: u64,
    valid_until: u64,
    /// All arguments, as one tuple.
    arguments: Option<Type<'a>>,
    predicates: Items<'a>,
    limits: Items<'a>,
}

/// A count, and the items one after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Items<'a> {
    count: u8,
    bytes: &'a [u8],
}

impl<'a> Conditions<'a> {
    /// Reads the bytes behind the arguments of a rule.
    #[cold]
    pub(crate) fn parse(mut bytes: &'a [u8]) -> Result<Self, EntryError> {
        let (valid_from, valid_until) =
            (u64::from_be_bytes(take(&mut bytes)?), u64::from_be_bytes(take(&mut bytes)?));
        if valid_until != 0 && valid_from >= valid_until {
            return Err(EntryError::Validity);
        }
        let length = usize::from(u16::from_be_bytes(take(&mut bytes)?));
        let (mut types, mut bytes) = bytes.split_at_checked(length).ok_or(EntryError::Bytes)?;
        let arguments = if types.is_empty() { None } else { Some(Type::take(&mut types, 0)?) };
        if !types.is_empty() || arguments.is_some_and(|arguments| !arguments.is_tuple()) {
            return Err(EntryError::ArgumentType);
        }
        let mut is_used = false;
        let predicates = Items::take(&mut bytes, |bytes| {
            is_used = true;
            Predicate::take(bytes)?.check(arguments)
        })?;
        let mut last: &[u8] = &[];
        let limits = Items::take(&mut bytes, |bytes| {
            let limit = Limit::take(bytes)?;
            is_used |= limit.kind == SUM;
            if last >= limit.identity {
                return Err(EntryError::Limit);
            }
            last = limit.identity;
            limit.check(arguments)
        })?;
        let says_nothing = valid_from == 0 && valid_until == 0 && predicates.count == 0 && limits.count == 0;
        if !bytes.is_empty() || says_nothing {
            return Err(EntryError::Bytes);
        }
        if arguments.is_some() && !is_used {
            return Err(EntryError::ArgumentType);
        }
        Ok(Self { valid_from, valid_until, arguments, predicates, limits })
    }

    pub(crate) const fn has_predicates(&self) -> bool {
        self.predicates.count > 0
    }

    /// Why the rule does not apply at `timestamp`.
    pub(crate) const fn refuses_at(&self, timestamp: u64) -> Option<Reason> {
        if timestamp < self.valid_from {
            return Some(Reason::GrantNotStarted);
        }
        if self.valid_until != 0 && timestamp >= self.valid_until {
            return Some(Reason::GrantExpired);
        }
        None
    }

    /// Whether every predicate holds for the encoded arguments; `None` if they are not canonical.
    pub(crate) fn hold(&self, signer: &Address, arguments: &[u8]) -> Option<bool> {
        if !self.has_predicates() {
            return Some(true);
        }
        let types = self.arguments.filter(|types| types.is_encoded(arguments))?;
        let mut all = true;
        let mut rest = self.predicates.bytes;
        for _ in 0..self.predicates.count {
            all &= Predicate::take(&mut rest).ok()?.holds(types, signer, arguments)?;
        }
        Some(all)
    }

    /// What a call adds to the counters of `owner`; `None` if its arguments are not canonical.
    pub(crate) fn charges(&self, call: &Counted<'_>) -> Option<Vec<Charge>> {
        let mut charges = Vec::with_capacity(usize::from(self.limits.count));
        let mut rest = self.limits.bytes;
        for _ in 0..self.limits.count {
            let limit = Limit::take(&mut rest).ok()?;
            charges.push(Charge {
                slot: counter_slot(call.owner, call.target, call.selector, limit.identity),
                period: call.timestamp / u64::from(limit.period),
                amount: match limit.kind {
                    CALLS => Some(Amount::ONE),
                    _ => limit.sum(self.arguments?, call.arguments)?,
                },
                maximum: limit.maximum,
            });
        }
        Some(charges)
    }
}

/// A call that limits count.
pub(crate) struct Counted<'a> {
    pub(crate) owner: &'a [u8; 20],
    pub(crate) target: &'a Address,
    pub(crate) selector: Selector,
    pub(crate) arguments: &'a [u8],
    pub(crate) timestamp: u64,
}

impl<'a> Items<'a> {
    fn take(
        bytes: &mut &'a [u8],
        mut item: impl FnMut(&mut &'a [u8]) -> Result<(), EntryError>,
    ) -> Result<Self, EntryError> {
        let [count] = take(bytes)?;
        let whole = *bytes;
        for _ in 0..count {
            item(bytes)?;
        }
        Ok(Self { count, bytes: &whole[..whole.len() - bytes.len()] })
    }
}

/// A condition on every word at the end of a path, of which there must be one.
struct Predicate<'a> {
    path: Path<'a>,
    test: Test<'a>,
}

#[derive(Clone, Copy)]
enum Test<'a> {
    Signer,
    /// Words, ascending.
    OneOf(&'a [[u8; 32]]),
    Between(&'a [u8; 32], &'a [u8; 32]),
}

impl<'a> Predicate<'a> {
    fn take(bytes: &mut &'a [u8]) -> Result<Self, EntryError> {
        let path = Path::take(bytes)?;
        let test = match take(bytes)? {
            [SIGNER] => Test::Signer,
            [ONE_OF] => {
                let count = usize::from(u16::from_be_bytes(take(bytes)?));
                let (words, rest) = bytes.split_at_checked(count * 32).ok_or(EntryError::Bytes)?;
                *bytes = rest;
                Test::OneOf(words.as_chunks().0)
            }
            [BETWEEN] => Test::Between(take_word(bytes)?, take_word(bytes)?),
            _ => return Err(EntryError::Predicate),
        };
        Ok(Self { path, test })
    }

    /// Whether it fits the type of what it tests.
    fn check(&self, arguments: Option<Type<'_>>) -> Result<(), EntryError> {
        let word = arguments.and_then(|types| types.word_at(&self.path)).ok_or(EntryError::Path)?;
        let fits = match self.test {
            Test::Signer => word == WordType::Uint(20),
            Test::OneOf(words) => {
                let ascends = words.iter().zip(words.iter().skip(1)).all(|(a, b)| a < b);
                !words.is_empty() && ascends && words.iter().all(|operand| word.admits(operand))
            }
            Test::Between(low, high) => {
                let is_number = matches!(word, WordType::Uint(_) | WordType::Int(_));
                let ascends = word.ordered(low) <= word.ordered(high);
                is_number && ascends && word.admits(low) && word.admits(high)
            }
        };
        fits.then_some(()).ok_or(EntryError::Predicate)
    }

    fn holds(&self, types: Type<'_>, signer: &Address, arguments: &[u8]) -> Option<bool> {
        let (mut found, mut all) = (false, true);
        types.visit(arguments, 0, &self.path, &mut |word_type, word| {
            found = true;
            all &= match self.test {
                Test::Signer => word[12..] == *signer,
                Test::OneOf(words) => words.binary_search(word).is_ok(),
                Test::Between(low, high) => {
                    let value = word_type.ordered(word);
                    word_type.ordered(low) <= value && value <= word_type.ordered(high)
                }
            };
        })?;
        Some(found && all)
    }
}

/// How many calls, or what sum of an argument, a period permits.
struct Limit<'a> {
    kind: u8,
    /// In seconds.
    period: u32,
    path: Path<'a>,
    /// All of it but the maximum.
    identity: &'a [u8],
    maximum: Amount,
}

impl<'a> Limit<'a> {
    fn take(bytes: &mut &'a [u8]) -> Result<Self, EntryError> {
        let whole = *bytes;
        let [kind] = take(bytes)?;
        let period = u32::from_be_bytes(take(bytes)?);
        let path = Path::take(bytes)?;
        let identity = &whole[..whole.len() - bytes.len()];
        let maximum = Amount::from_bytes(&take(bytes)?);
        Ok(Self { kind, period, path, identity, maximum })
    }

    fn check(&self, arguments: Option<Type<'_>>) -> Result<(), EntryError> {
        let counts = match self.kind {
            CALLS => self.path.is_empty(),
            SUM => {
                let word = arguments.and_then(|types| types.word_at(&self.path)).ok_or(EntryError::Path)?;
                matches!(word, WordType::Uint(_))
            }
            _ => false,
        };
        (counts && self.period > 0).then_some(()).ok_or(EntryError::Limit)
    }

    /// The sum of the words at the end of the path: `Some(None)` if it is 2¹⁹² or more.
    fn sum(&self, types: Type<'_>, arguments: &[u8]) -> Option<Option<Amount>> {
        types.is_encoded(arguments).then_some(())?;
        let mut sum = Some(Amount::default());
        types.visit(arguments, 0, &self.path, &mut |_, word| {
            let (high, low) = word.split_at(8);
            let value = low.first_chunk().filter(|_| high.iter().all(|byte| *byte == 0));
            sum = sum.zip(value).and_then(|(sum, value)| sum.checked_add(Amount::from_bytes(value)));
        })?;
        Some(sum)
    }
}

fn take_word<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8; 32], EntryError> {
    let (word, rest) = bytes.split_first_chunk().ok_or(EntryError::Bytes)?;
    *bytes = rest;
    Ok(word)
}
