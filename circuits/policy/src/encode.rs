//! Bytes of conditions and owners (policy.md, "Conditions"), for those who make tables. Not part of the proof.

use alloc::vec::Vec;

use crate::arguments::EVERY;
use crate::conditions::{BETWEEN, CALLS, ONE_OF, SIGNER, SUM};
use crate::entry::{encode_wallet, Owner, HAS_CONDITIONS, HAS_OWNER};
use crate::Amount;

/// Step of a path to every element of an array.
pub const EVERY_ELEMENT: u16 = EVERY;

/// What a rule asks beyond its type.
#[derive(Clone, Default, Debug)]
pub struct Draft {
    /// First second in which the rule applies.
    pub valid_from: u64,
    /// First second in which it applies no more; 0 for never.
    pub valid_until: u64,
    /// Types of all arguments, as one tuple; empty without predicate and sum.
    pub types: Vec<u8>,
    /// Encoded predicates.
    pub predicates: Vec<Vec<u8>>,
    /// Encoded limits, ascending.
    pub limits: Vec<Vec<u8>>,
}

impl Draft {
    /// The bytes behind a rule's arguments.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(self.valid_from.to_be_bytes());
        bytes.extend(self.valid_until.to_be_bytes());
        bytes.extend((self.types.len() as u16).to_be_bytes());
        bytes.extend(&self.types);
        for items in [&self.predicates, &self.limits] {
            bytes.push(items.len() as u8);
            bytes.extend(items.iter().flatten());
        }
        bytes
    }
}

/// A rule entry with conditions, from one without.
#[must_use]
pub fn add_conditions(mut rule: Vec<u8>, conditions: &Draft) -> Vec<u8> {
    rule[2] |= HAS_CONDITIONS;
    rule.extend(conditions.encode());
    rule
}

/// Every word at the end of `path` is the signer.
#[must_use]
pub fn is_signer(path: &[u16]) -> Vec<u8> {
    [encode_path(path), Vec::from([SIGNER])].concat()
}

/// Every word at the end of `path` is one of `words`, which ascend.
#[must_use]
pub fn is_one_of(path: &[u16], words: &[[u8; 32]]) -> Vec<u8> {
    [encode_path(path), Vec::from([ONE_OF]), (words.len() as u16).to_be_bytes().to_vec(), words.concat()]
        .concat()
}

/// Every word at the end of `path` is a number from `low` to `high`.
#[must_use]
pub fn is_between(path: &[u16], low: &[u8; 32], high: &[u8; 32]) -> Vec<u8> {
    [encode_path(path), Vec::from([BETWEEN]), low.to_vec(), high.to_vec()].concat()
}

/// At most `maximum` calls in `period` seconds.
#[must_use]
pub fn limit_calls(period: u32, maximum: Amount) -> Vec<u8> {
    encode_limit(CALLS, period, &[], maximum)
}

/// The words at the end of `path` add up to at most `maximum` in `period` seconds.
#[must_use]
pub fn limit_sum(period: u32, path: &[u16], maximum: Amount) -> Vec<u8> {
    encode_limit(SUM, period, path, maximum)
}

/// Bytes of a wallet entry whose wallet belongs to `owner`.
#[must_use]
pub fn encode_owned_wallet(contract_deployment: bool, roles: &[u32], owner: &Owner) -> Vec<u8> {
    let mut bytes = encode_wallet(contract_deployment, roles);
    bytes[0] |= HAS_OWNER;
    bytes.extend(owner);
    bytes
}

fn encode_limit(kind: u8, period: u32, path: &[u16], maximum: Amount) -> Vec<u8> {
    [Vec::from([kind]), period.to_be_bytes().to_vec(), encode_path(path), maximum.to_bytes().to_vec()]
        .concat()
}

fn encode_path(path: &[u16]) -> Vec<u8> {
    let mut bytes = Vec::from([path.len() as u8]);
    bytes.extend(path.iter().flat_map(|step| step.to_be_bytes()));
    bytes
}
