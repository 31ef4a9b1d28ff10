//! Every frame is judged, natively and in the proof.

use prividium_policy::{encode_rule, encode_wallet, rule_preimage, wallet_preimage, AccessKind, RuleKind};
use prividium_stf::build::BuildError;
use prividium_stf::executor::ExecuteError;
use prividium_stf::revm::primitives::{Address, Bytes, U256};
use prividium_stf::run;

use crate::support::chain::Chain;
use crate::support::keys::{Draft, Key};
use crate::support::scenario::{new_chain, rejudged_witness, MACHINE, OTHER_MACHINE, TOKEN};
use crate::support::{call, child_init, selector, CHAIN_ID};

/// Reason, target and selector of a denied frame.
type Refusal = (&'static str, Option<Address>, Option<[u8; 4]>);

/// The reason for which the chain refuses a transaction, with target and selector; `None` if it is allowed.
fn denial(chain: &Chain, user: u64, draft: Draft) -> Option<Refusal> {
    let raw = Key::new(user).transaction(&Draft { gas_limit: 1_000_000, ..draft });
    match chain.build(&chain.request(vec![vec![raw]])) {
        Ok(built) => {
            assert!(built.outcomes[0][0].status, "the transaction must not fail otherwise");
            None
        }
        Err(BuildError::Execution { error: ExecuteError::Denied(denial), .. }) => {
            Some((denial.reason.id(), denial.target.map(Address::from), denial.selector))
        }
        Err(error) => panic!("unexpected error {error:?}"),
    }
}

fn to(target: Address, data: Bytes) -> Draft {
    Draft { to: Some(target), data, ..Draft::default() }
}

fn mint() -> Bytes {
    call("mint(address,uint256)", &[Key::new(1).address.into(), 1.into()])
}

fn forward(target: Address, data: &Bytes) -> Bytes {
    call("forward(address,uint256,bytes)", &[target.into(), 0.into(), data.as_ref().into()])
}

#[test]
fn a_forwarded_call_is_judged_as_the_signers() {
    let chain = new_chain();
    let denied = Some(("rule.check_role.deny", Some(TOKEN), Some(selector("mint(address,uint256)"))));
    assert_eq!(denial(&chain, 1, to(TOKEN, mint())), denied);
    assert_eq!(denial(&chain, 1, to(MACHINE, forward(TOKEN, &mint()))), denied);
    assert_eq!(denial(&chain, 2, to(MACHINE, forward(TOKEN, &mint()))), None);
}

#[test]
fn below_an_umbrella_calls_are_not_judged_but_creations_are() {
    let chain = new_chain();
    assert_eq!(denial(&chain, 1, to(OTHER_MACHINE, forward(TOKEN, &mint()))), None);
    let spawn = call("spawn(bytes32,uint256)", &[1.into(), 1.into()]);
    assert_eq!(denial(&chain, 1, to(OTHER_MACHINE, forward(MACHINE, &spawn))), None);
    let deploy = Some(("deploy.permission_missing", None, None));
    assert_eq!(denial(&chain, 5, to(OTHER_MACHINE, forward(MACHINE, &spawn))), deploy);
}

#[test]
fn an_umbrella_ends_with_its_call() {
    let chain = new_chain();
    // MACHINE forwards to the umbrella of OTHER_MACHINE, which forwards to the token: allowed
    let inner = forward(OTHER_MACHINE, &forward(TOKEN, &mint()));
    assert_eq!(denial(&chain, 1, to(MACHINE, inner)), None);
    // an umbrella that returned does not cover a later call of the same depth: the delegated code forwards twice
    let umbrella = forward(OTHER_MACHINE, &Bytes::new());
    let raw =
        |nonce, data| Key::new(1).transaction(&Draft { nonce, gas_limit: 1_000_000, ..to(MACHINE, data) });
    let blocks = vec![vec![raw(0, umbrella), raw(1, forward(TOKEN, &mint()))]];
    let error = chain.build(&chain.request(blocks)).expect_err("the second transaction is denied");
    assert_eq!(error.code(), "rule.check_role.deny");
}

#[test]
fn a_static_call_needs_read_access_and_a_delegated_one_the_rule_of_its_context() {
    let chain = new_chain();
    let ask = |data: &Bytes| call("ask(address,bytes)", &[TOKEN.into(), data.as_ref().into()]);
    let own = call("balanceOf(address)", &[Key::new(1).address.into()]);
    let foreign = call("balanceOf(address)", &[Key::new(2).address.into()]);
    let selector_of_balance = Some(selector("balanceOf(address)"));
    assert_eq!(denial(&chain, 1, to(MACHINE, ask(&own))), None);
    let denied = Some(("rule.restrict_argument.deny", Some(TOKEN), selector_of_balance));
    assert_eq!(denial(&chain, 1, to(MACHINE, ask(&foreign))), denied);
    let mismatch = Some(("permission.access_type_mismatch", Some(TOKEN), selector_of_balance));
    assert_eq!(denial(&chain, 1, to(TOKEN, own.clone())), mismatch);
    let borrow = |data: &Bytes| call("borrow(address,bytes)", &[TOKEN.into(), data.as_ref().into()]);
    let missing = Some(("permission.missing", Some(MACHINE), selector_of_balance));
    assert_eq!(denial(&chain, 1, to(MACHINE, borrow(&own))), missing);
}

#[test]
fn creations_delegations_and_strangers_follow_the_wallet() {
    let chain = new_chain();
    let create = || Draft {
        data: [&child_init()[..], &U256::from(1).to_be_bytes::<32>()].concat().into(),
        ..Draft::default()
    };
    assert_eq!(denial(&chain, 1, create()), None);
    assert_eq!(denial(&chain, 5, create()), Some(("deploy.permission_missing", None, None)));
    assert_eq!(denial(&chain, 6, create()), Some(("wallet.not_linked", None, None)));
    let nobody = Address::repeat_byte(0x99);
    assert_eq!(denial(&chain, 6, to(nobody, Bytes::new())), Some(("wallet.not_linked", Some(nobody), None)));
    assert_eq!(denial(&chain, 5, to(nobody, Bytes::new())), None);
    let delegate = |user: u64| Draft {
        kind: 4,
        authorizations: vec![Key::new(2).authorize(CHAIN_ID, MACHINE, 0)],
        ..to(if user == 0 { Key::new(2).address } else { nobody }, Bytes::new())
    };
    let missing = Some(("delegation.permission_missing", Some(nobody), None));
    assert_eq!(denial(&chain, 5, delegate(5)), missing);
    assert_eq!(denial(&chain, 1, delegate(1)), None);
    // the delegation takes effect first, so its authority has code and needs a rule
    assert_eq!(denial(&chain, 0, delegate(0)), Some(("permission.missing", Some(Key::new(2).address), None)));
}

#[test]
fn the_proof_refuses_what_its_policy_denies() {
    let (preimage, length) = rule_preimage(&TOKEN.0 .0, Some(selector("transfer(address,uint256)")));
    let rule = &preimage[..length];
    let wallet = wallet_preimage(&Key::new(1).address.0 .0);
    let forbidden = encode_rule(RuleKind::Forbidden, AccessKind::Write, false, &[], &[]);
    let code = |witness: Vec<u8>| run(&witness).expect_err("the transfer is denied").code();
    assert_eq!(code(rejudged_witness(rule, None)), "permission.missing");
    assert_eq!(code(rejudged_witness(rule, Some(forbidden))), "rule.forbidden.deny");
    assert_eq!(code(rejudged_witness(&wallet, None)), "wallet.not_linked");
    assert!(run(&rejudged_witness(&wallet, Some(encode_wallet(false, &[])))).is_ok());
}
