//! Limits: counters in the state, which a call moves if it is not undone.

use prividium_policy::encode::{add_conditions, limit_calls, Draft as Conditions};
use prividium_policy::{
    encode_rule, encode_wallet, rule_preimage, wallet_preimage, AccessKind, PolicyRecorder, PolicyTable,
    PolicyView, RuleKind, COUNTERS,
};
use prividium_state::WordWriter;
use prividium_stf::build::{BuiltBatch, GenesisAccount};
use prividium_stf::revm::primitives::{Address, Bytes, U256};
use prividium_stf::run;

use crate::support::chain::Chain;
use crate::support::conditions::{amount, PERIOD};
use crate::support::keys::{Draft, Key};
use crate::support::scenario::{new_chain, replace, MACHINE, OTHER_MACHINE, SHARING, TOKEN};
use crate::support::{call, selector, token_code};

/// A chain whose next block is the first of a period, with the nonces that its users have used.
struct World {
    chain: Chain,
    nonces: [u64; 7],
}

impl World {
    fn new() -> Self {
        Self::over(new_chain())
    }

    fn over(mut chain: Chain) -> Self {
        chain.timestamp = chain.timestamp.next_multiple_of(u64::from(PERIOD)) + u64::from(PERIOD) - 1;
        Self { chain, nonces: [0; 7] }
    }

    /// One block with one call of a user; the reason if it is denied.
    fn send(&mut self, user: u64, to: Address, data: Bytes) -> Result<BuiltBatch, &'static str> {
        self.send_all(&[(user, to, data)])
    }

    fn send_all(&mut self, calls: &[(u64, Address, Bytes)]) -> Result<BuiltBatch, &'static str> {
        let mut nonces = self.nonces;
        let mut transactions = Vec::new();
        for (user, to, data) in calls {
            let nonce = &mut nonces[*user as usize];
            let (to, data) = (Some(*to), data.clone());
            let draft = Draft { nonce: *nonce, to, data, gas_limit: 1_000_000, ..Draft::default() };
            transactions.push(Key::new(*user).transaction(&draft));
            *nonce += 1;
        }
        let before = self.chain.timestamp;
        let built =
            self.chain.build(&self.chain.request(vec![transactions])).map_err(|error| error.code())?;
        self.chain.apply(&built);
        self.chain.timestamp = before;
        self.nonces = nonces;
        Ok(built)
    }

    fn denial(&mut self, user: u64, to: Address, data: Bytes) -> Option<&'static str> {
        self.send(user, to, data).err()
    }

    fn next_period(&mut self) {
        self.chain.timestamp += u64::from(PERIOD);
    }
}

fn mark(value: u64) -> Bytes {
    call("mark(uint256)", &[value.into()])
}

fn borrow(target: Address, data: &Bytes) -> Bytes {
    call("borrow(address,bytes)", &[target.into(), data.as_ref().into()])
}

#[test]
fn a_sum_counts_over_transactions_and_batches_and_begins_anew_with_the_period() {
    let mut world = World::new();
    assert_eq!(world.send_all(&[(0, MACHINE, mark(2)), (0, MACHINE, mark(3))]).err(), None);
    assert_eq!(world.denial(0, MACHINE, mark(2)), Some("limit.exceeded"));
    assert_eq!(world.denial(0, MACHINE, mark(1)), None);
    assert_eq!(world.denial(0, MACHINE, mark(1)), Some("limit.exceeded"));
    assert_eq!(world.send_all(&[(2, MACHINE, mark(6)), (2, MACHINE, mark(1))]).err(), Some("limit.exceeded"));
    world.next_period();
    assert_eq!(world.denial(0, MACHINE, mark(6)), None);
}

#[test]
fn calls_are_counted_beside_their_sum() {
    let mut world = World::new();
    for _ in 0..4 {
        assert_eq!(world.denial(0, MACHINE, mark(0)), None);
    }
    assert_eq!(world.denial(0, MACHINE, mark(0)), Some("limit.exceeded"));
}

#[test]
fn an_amount_beyond_every_limit_is_denied_and_not_wrapped() {
    let mut world = World::new();
    assert_eq!(world.denial(0, MACHINE, mark(5)), None);
    for huge in [U256::MAX, U256::from(1) << 192, (U256::from(1) << 192) - U256::from(1)] {
        let data = call("mark(uint256)", &[huge.into()]);
        assert_eq!(world.denial(0, MACHINE, data), Some("limit.exceeded"), "{huge}");
    }
}

#[test]
fn arguments_that_are_not_canonical_are_not_summed() {
    let mut world = World::new();
    let longer = [&mark(1)[..], &[0; 32]].concat().into();
    assert_eq!(world.denial(0, MACHINE, longer), Some("limit.decode_failed"));
    assert_eq!(world.denial(0, MACHINE, mark(1).slice(..35)), Some("limit.decode_failed"));
}

#[test]
fn users_functions_and_contracts_count_apart_and_the_wallets_of_one_owner_together() {
    let mut world = World::new();
    let [one, other] = SHARING;
    assert_eq!(world.denial(one, MACHINE, mark(6)), None);
    assert_eq!(world.denial(other, MACHINE, mark(1)), Some("limit.exceeded"));
    assert_eq!(world.denial(one, OTHER_MACHINE, mark(6)), None);
    assert_eq!(world.denial(0, MACHINE, mark(6)), None);
}

#[test]
fn a_reverted_call_is_not_counted_whether_it_is_outer_or_inner() {
    let mut world = World::new();
    let fail = call("fail(uint256)", &[1.into()]);
    let forward = call("forward(address,uint256,bytes)", &[MACHINE.into(), 0.into(), fail.as_ref().into()]);
    for _ in 0..4 {
        assert!(!world.send(0, MACHINE, fail.clone()).unwrap().outcomes[0][0].status);
        assert!(world.send(0, MACHINE, forward.clone()).unwrap().outcomes[0][0].status);
    }
}

#[test]
fn every_inner_call_counts() {
    let mut world = World::new();
    let three = borrow(OTHER_MACHINE, &borrow(OTHER_MACHINE, &borrow(OTHER_MACHINE, &mark(6))));
    assert_eq!(world.denial(0, MACHINE, borrow(OTHER_MACHINE, &three)), Some("limit.exceeded"));
    assert_eq!(world.denial(0, MACHINE, three), None);
    assert_eq!(world.denial(0, MACHINE, borrow(OTHER_MACHINE, &mark(0))), Some("limit.exceeded"));
    assert_eq!(world.denial(0, MACHINE, mark(1)), Some("limit.exceeded"));
}

/// Hands its own call on to the token.
fn proxy_code() -> Bytes {
    let head = [0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x5f, 0x36, 0x5f, 0x73];
    [&head[..], TOKEN.as_slice(), &[0x5a, 0xf4, 0x00]].concat().into()
}

/// Looks at the balance of the counters' account.
fn looking_code() -> Bytes {
    [&[0x73][..], &COUNTERS, &[0x31, 0x00]].concat().into()
}

/// Given more than a selector, calls itself with the selector and reverts.
fn reverting_code() -> Bytes {
    let code = [
        0x60, 0x04, 0x36, 0x11, 0x60, 0x08, 0x57, 0x00, // calldatasize > 4: jump
        0x5b, 0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x5f, 0x60, 0x04, 0x5f, 0x5f, 0x30, 0x5a, 0xf1, // call
        0x5f, 0x5f, 0xfd, // revert
    ];
    code.to_vec().into()
}

fn small_world(code: Bytes, limits: Vec<Vec<u8>>) -> World {
    let signer = Key::new(0).address;
    let contract = |address, code| GenesisAccount { address, code, nonce: 1, ..Default::default() };
    let accounts = vec![
        GenesisAccount { address: signer, balance: U256::from(10u64.pow(18)), ..Default::default() },
        contract(MACHINE, code),
        contract(TOKEN, token_code()),
    ];
    let (preimage, length) = rule_preimage(&MACHINE.0 .0, Some(selector("totalSupply()")));
    let mut rule = encode_rule(RuleKind::Public, AccessKind::Write, false, &[], &[]);
    if !limits.is_empty() {
        rule = add_conditions(rule, &Conditions { limits, ..Conditions::default() });
    }
    let entries = vec![
        (preimage[..length].to_vec(), rule),
        (wallet_preimage(&signer.0 .0).to_vec(), encode_wallet(false, &[])),
    ];
    World::over(Chain::new(accounts, entries))
}

#[test]
fn a_proxy_that_hands_its_call_on_counts_once() {
    let mut world = small_world(proxy_code(), vec![limit_calls(PERIOD, amount(2))]);
    let supply = call("totalSupply()", &[]);
    assert_eq!(world.denial(0, MACHINE, supply.clone()), None);
    assert_eq!(world.denial(0, MACHINE, supply.clone()), None);
    assert_eq!(world.denial(0, MACHINE, supply), Some("limit.exceeded"));
}

#[test]
fn what_a_frame_counted_is_undone_with_the_frame_above_it() {
    let mut world = small_world(reverting_code(), vec![limit_calls(PERIOD, amount(2))]);
    let supply = call("totalSupply()", &[]);
    let calling = [&supply[..], &[0]].concat().into();
    let built = world.send(0, MACHINE, calling).unwrap();
    assert!(!built.outcomes[0][0].status);
    for expected in [None, None, Some("limit.exceeded")] {
        assert_eq!(world.denial(0, MACHINE, supply.clone()), expected);
    }
}

#[test]
fn counting_takes_no_gas_and_leaves_the_counters_cold() {
    let gas = |limits| {
        let built = small_world(looking_code(), limits).send(0, MACHINE, call("totalSupply()", &[])).unwrap();
        built.outcomes[0][0].gas_used
    };
    assert_eq!(gas(vec![limit_calls(PERIOD, amount(2))]), gas(Vec::new()));
}

/// The policy part of a witness of calls of `totalSupply()`.
fn consulted(table: &PolicyTable) -> Vec<u8> {
    let recorder = PolicyRecorder::new(table);
    let Ok(_) = recorder.wallet(&Key::new(0).address.0 .0);
    let Ok(_) = recorder.rule(&MACHINE.0 .0, Some(selector("totalSupply()")));
    let mut out = WordWriter::new();
    recorder.write(&mut out).expect("the table is consistent");
    out.into_bytes()
}

#[test]
fn the_proof_refuses_what_its_policy_limits() {
    let limited = |maximum| small_world(proxy_code(), vec![limit_calls(PERIOD, amount(maximum))]);
    let mut world = limited(2);
    let supply = call("totalSupply()", &[]);
    let calls: Vec<_> = (0..2).map(|_| (0, MACHINE, supply.clone())).collect();
    let witness = world.send_all(&calls).unwrap().witness;
    let judged_by =
        |other: &World| replace(&witness, &consulted(&world.chain.policy), &consulted(&other.chain.policy));
    assert!(run(&judged_by(&limited(3))).is_ok());
    assert_eq!(run(&judged_by(&limited(1))).unwrap_err().code(), "limit.exceeded");
    let unlimited = small_world(proxy_code(), Vec::new());
    assert_eq!(run(&judged_by(&unlimited)).unwrap_err().code(), "witness_surplus");
    let witness = unlimited_witness(supply);
    let limited =
        replace(&witness, &consulted(&unlimited.chain.policy), &consulted(&limited(1).chain.policy));
    assert_eq!(run(&limited).unwrap_err().code(), "witness_missing_account");
}

fn unlimited_witness(data: Bytes) -> Vec<u8> {
    small_world(proxy_code(), Vec::new()).send(0, MACHINE, data).unwrap().witness
}
