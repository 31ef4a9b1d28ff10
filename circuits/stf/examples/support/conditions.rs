//! Rules with conditions, and calls that they decide about.

use prividium_policy::encode::{
    add_conditions, is_between, is_one_of, is_signer, limit_calls, limit_sum, Draft as Conditions,
};
use prividium_policy::{encode_rule, AccessKind, Amount, RuleKind};
use prividium_stf::revm::primitives::{Address, Bytes, U256};

use super::scenario::{rule, ROLE};
use super::selector;

/// The period of limits, in seconds: short enough that a chain of blocks a second apart sees several.
pub(crate) const PERIOD: u32 = 5;

/// Rules with conditions: a sum and a number of calls a period, a range, a list, and the signer inside a tuple.
pub(crate) fn conditional_rules(machine: Address) -> Vec<(Vec<u8>, Vec<u8>)> {
    const UINT: u8 = 0x20;
    let number = |value: u64| U256::from(value).to_be_bytes::<32>();
    let public = encode_rule(RuleKind::Public, AccessKind::Write, false, &[], &[]);
    let restricted = encode_rule(RuleKind::RestrictArgument, AccessKind::Write, false, &[], &[]);
    let either = encode_rule(RuleKind::CheckRoleOrRestrictArgument, AccessKind::Write, false, &[ROLE], &[]);
    let mark = Conditions {
        types: vec![0xc2, 1, UINT],
        limits: vec![limit_calls(PERIOD, amount(4)), limit_sum(PERIOD, &[0], amount(6))],
        ..Conditions::default()
    };
    let log = Conditions {
        types: vec![0xc2, 2, UINT, 0xb0],
        predicates: vec![is_one_of(&[0], &[number(0), number(2), number(3)])],
        ..Conditions::default()
    };
    let store = Conditions {
        valid_from: 1,
        valid_until: 1 << 40,
        types: vec![0xc2, 2, UINT, UINT],
        predicates: vec![is_between(&[1], &number(0), &number(2))],
        ..Conditions::default()
    };
    let fail = Conditions { limits: vec![limit_calls(PERIOD, amount(2))], ..Conditions::default() };
    let borrow = Conditions { limits: vec![limit_calls(PERIOD, amount(3))], ..Conditions::default() };
    let own = Conditions {
        types: vec![0xc2, 1, 0xc0, 0xc2, 2, 0x14, 0xb0],
        predicates: vec![is_signer(&[0, 0xffff, 0])],
        ..Conditions::default()
    };
    vec![
        rule(machine, "mark(uint256)", add_conditions(public.clone(), &mark)),
        rule(machine, "fail(uint256)", add_conditions(public.clone(), &fail)),
        rule(machine, "borrow(address,bytes)", add_conditions(public, &borrow)),
        rule(machine, "log(uint256,bytes)", add_conditions(restricted.clone(), &log)),
        rule(machine, "store(uint256,uint256)", add_conditions(either, &store)),
        rule(machine, "own((address,bytes)[])", add_conditions(restricted, &own)),
    ]
}

/// Data for `own((address,bytes)[])`.
pub(crate) fn own_call(items: &[(Address, &[u8])]) -> Bytes {
    let (mut heads, mut tails) = (Vec::new(), Vec::new());
    for (address, bytes) in items {
        heads.extend(U256::from(items.len() * 32 + tails.len()).to_be_bytes::<32>());
        tails.extend(address.into_word().0);
        for word in [64, bytes.len()] {
            tails.extend(U256::from(word).to_be_bytes::<32>());
        }
        tails.extend_from_slice(bytes);
        tails.resize(tails.len().next_multiple_of(32), 0);
    }
    let words = [32, items.len()].map(|word| U256::from(word).to_be_bytes::<32>()).concat();
    [&selector("own((address,bytes)[])")[..], &words, &heads, &tails].concat().into()
}

/// A small amount.
pub(crate) fn amount(value: u64) -> Amount {
    let mut bytes = [0; 24];
    bytes[16..].copy_from_slice(&value.to_be_bytes());
    Amount::from_bytes(&bytes)
}
