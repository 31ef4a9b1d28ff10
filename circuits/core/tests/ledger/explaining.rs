//! Explanations of calls.

use prividium_ledger::primitives::{Address, U256};
use prividium_ledger::{Access, CallRequest, Explanation};
use prividium_policy::{encode_rule, AccessKind, RuleKind};

use crate::world::{contract, data, init_code, open_chain, Rules, Wallet, FORWARD, GET, SET, STORE_CODE};

fn request(sender: &Wallet, to: Option<Address>, data: Vec<u8>) -> CallRequest {
    CallRequest { sender: sender.address, to, data: data.into(), value: U256::ZERO, gas_limit: None }
}

/// Through the forwarder to the store.
fn forwarded(sender: &Wallet) -> CallRequest {
    let target = U256::from_be_slice(contract(0xc1).as_slice());
    let inner = data(SET, &[U256::from(5), U256::from(7)]);
    request(sender, Some(contract(0xc2)), [data(FORWARD, &[target]), inner].concat())
}

fn reasons(explanation: &Explanation) -> Vec<(usize, &'static str, bool)> {
    explanation.frames.iter().map(|frame| (frame.depth, frame.reason, frame.allowed)).collect()
}

#[test]
fn every_frame_of_an_allowed_call_is_explained() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let explained = ledger.explain(&forwarded(&wallet), Access::Write).unwrap();
    assert!(explained.allowed);
    assert_eq!(reasons(&explained), [(0, "rule.public.allow", true), (1, "rule.public.allow", true)]);
    assert_eq!(explained.frames[1].from, contract(0xc2));
    assert_eq!(explained.frames[1].target, Some(contract(0xc1)));
    assert_eq!(ledger.storage(&contract(0xc1), &U256::from(5)).unwrap(), U256::ZERO);
}

#[test]
fn a_denied_call_is_explained_beyond_the_frame_that_decides() {
    let directory = tempfile::tempdir().unwrap();
    let (wallet, stranger) = (Wallet::new(1), Wallet::new(2));
    let ledger = open_chain(directory.path(), &[&wallet]);
    ledger.set_policy(&Rules::default().wallet(&wallet, false).table(2)).unwrap();
    let explained = ledger.explain(&forwarded(&wallet), Access::Write).unwrap();
    assert_eq!((explained.allowed, explained.decisive), (false, 0));
    assert_eq!(reasons(&explained), [(0, "permission.missing", false), (1, "permission.missing", false)]);
    let unknown = ledger.explain(&forwarded(&stranger), Access::Write).unwrap();
    assert_eq!(unknown.frames[0].reason, "wallet.not_linked");
}

#[test]
fn the_frame_that_decides_may_lie_inside() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let rules = Rules::default().wallet(&wallet, false).public(contract(0xc2), FORWARD);
    ledger.set_policy(&rules.table(2)).unwrap();
    let explained = ledger.explain(&forwarded(&wallet), Access::Write).unwrap();
    assert_eq!((explained.allowed, explained.decisive), (false, 1));
    assert_eq!(reasons(&explained), [(0, "rule.public.allow", true), (1, "permission.missing", false)]);
}

#[test]
fn a_waiver_is_named_where_it_stands_and_below() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let waiver = encode_rule(RuleKind::Public, AccessKind::Write, true, &[], &[]);
    let rules = Rules::default().wallet(&wallet, false).rule(contract(0xc2), FORWARD, waiver);
    ledger.set_policy(&rules.table(2)).unwrap();
    let explained = ledger.explain(&forwarded(&wallet), Access::Write).unwrap();
    assert!(explained.allowed);
    assert_eq!(reasons(&explained), [(0, "rule.public.allow", true), (1, "umbrella.allow", true)]);
    assert_eq!(explained.frames.iter().map(|frame| frame.waives).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_read_is_explained_as_a_read_and_a_creation_as_a_creation() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let readable = encode_rule(RuleKind::Public, AccessKind::Read, false, &[], &[]);
    let rules = Rules::default().wallet(&wallet, false).rule(contract(0xc1), GET, readable);
    ledger.set_policy(&rules.table(2)).unwrap();
    let get = request(&wallet, Some(contract(0xc1)), data(GET, &[U256::from(5)]));
    assert!(ledger.explain(&get, Access::Read).unwrap().allowed);
    let written = ledger.explain(&get, Access::Write).unwrap();
    assert_eq!(written.frames[0].reason, "permission.access_type_mismatch");
    let creation = ledger.explain(&request(&wallet, None, init_code(STORE_CODE)), Access::Write).unwrap();
    assert_eq!(creation.frames[0].reason, "deploy.permission_missing");
}
