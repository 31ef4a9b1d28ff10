//! Time spans and limits at the door, in blocks and in batches.

use prividium_ledger::primitives::{Address, U256};
use prividium_ledger::{execute_witness, now, Access, CallRequest, Ledger};
use prividium_policy::encode::{limit_sum, Draft};
use prividium_policy::{Amount, COUNTERS};

use crate::world::{
    contract, data, open_chain, open_rules, store, submit, Sent, Wallet, FORWARD, NO_LIMITS, SET,
};

const CENTURY: u32 = 100 * 365 * 24 * 3600;

fn with(ledger: &Ledger, wallet: &Wallet, conditions: &Draft, version: u64) {
    let rules = open_rules(&[wallet]).conditional(contract(0xc1), SET, conditions);
    ledger.set_policy(&rules.table(version)).unwrap();
}

/// At most 10 stored in a century.
fn ten() -> Draft {
    let mut maximum = [0; 24];
    maximum[23] = 10;
    let types = vec![0xc2, 2, 0x20, 0x20];
    let limits = vec![limit_sum(CENTURY, &[1], Amount::from_bytes(&maximum))];
    Draft { types, limits, ..Draft::default() }
}

fn refusal(ledger: &Ledger, wallet: &Wallet, sent: &Sent) -> &'static str {
    submit(ledger, wallet.sign(sent)).unwrap_err().code()
}

fn storing(wallet: &Wallet, value: u64) -> CallRequest {
    CallRequest {
        sender: wallet.address,
        to: Some(contract(0xc1)),
        data: data(SET, &[U256::from(1), U256::from(value)]).into(),
        value: U256::ZERO,
        gas_limit: None,
    }
}

#[test]
fn a_limit_is_judged_at_the_door_against_what_blocks_have_counted() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    with(&ledger, &wallet, &ten(), 2);
    assert_eq!(refusal(&ledger, &wallet, &store(0, 1, 11)), "limit.exceeded");
    submit(&ledger, wallet.sign(&store(0, 1, 7))).unwrap();
    ledger.produce_block(now(), NO_LIMITS).unwrap().unwrap();
    assert_eq!(refusal(&ledger, &wallet, &store(1, 1, 4)), "limit.exceeded");
    submit(&ledger, wallet.sign(&store(1, 1, 3))).unwrap();
    ledger.produce_block(now(), NO_LIMITS).unwrap().unwrap();
    let batch = ledger.seal(NO_LIMITS).unwrap().unwrap();
    assert_eq!(execute_witness(&ledger.witness(batch.number).unwrap()).unwrap(), batch.output);
}

#[test]
fn what_waits_is_counted_when_its_turn_comes_and_dropped_if_it_is_too_much() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    with(&ledger, &wallet, &ten(), 2);
    submit(&ledger, wallet.sign(&store(0, 1, 7))).unwrap();
    let late = submit(&ledger, wallet.sign(&store(1, 1, 7))).unwrap();
    let block = ledger.produce_block(now(), NO_LIMITS).unwrap().unwrap();
    assert_eq!(block.transaction_hashes.len(), 1);
    assert_eq!(ledger.dropped(&late).unwrap().as_deref(), Some("limit.exceeded"));
}

#[test]
fn a_call_is_not_counted_and_an_estimate_leaves_no_trace() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    with(&ledger, &wallet, &ten(), 2);
    let request = |value: u64| storing(&wallet, value);
    assert!(ledger.call(&request(50), true).is_ok());
    assert_eq!(ledger.estimate_gas(&request(50), true).unwrap_err().code(), "limit.exceeded");
    assert!(ledger.estimate_gas(&request(10), true).is_ok());
    assert!(ledger.estimate_gas(&request(10), true).is_ok());
    let twice = vec![vec![request(6), request(6)]];
    assert_eq!(ledger.simulate(&twice).unwrap_err().code(), "limit.exceeded");
    submit(&ledger, wallet.sign(&store(0, 1, 10))).unwrap();
}

#[test]
fn a_simulation_counts_on_from_what_blocks_have_counted() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    with(&ledger, &wallet, &ten(), 2);
    submit(&ledger, wallet.sign(&store(0, 1, 7))).unwrap();
    ledger.produce_block(now(), NO_LIMITS).unwrap().unwrap();
    let simulated =
        |values: &[u64]| ledger.simulate(&[values.iter().map(|value| storing(&wallet, *value)).collect()]);
    assert_eq!(simulated(&[4]).unwrap_err().code(), "limit.exceeded");
    assert_eq!(simulated(&[1, 3]).unwrap_err().code(), "limit.exceeded");
    assert!(simulated(&[1, 2]).unwrap()[0].iter().all(|call| call.status));
}

#[test]
fn a_call_beyond_a_limit_is_explained_as_such_also_inside() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    with(&ledger, &wallet, &ten(), 2);
    let target = U256::from_be_slice(contract(0xc1).as_slice());
    let forwarded = |value: u64| {
        let inner = data(SET, &[U256::from(1), U256::from(value)]);
        let data = [data(FORWARD, &[target]), inner].concat().into();
        CallRequest {
            sender: wallet.address,
            to: Some(contract(0xc2)),
            data,
            value: U256::ZERO,
            gas_limit: None,
        }
    };
    let explained = ledger.explain(&forwarded(11), Access::Write).unwrap();
    assert_eq!((explained.allowed, explained.decisive), (false, 1));
    assert_eq!(explained.frames[1].reason, "limit.exceeded");
    assert!(ledger.explain(&forwarded(10), Access::Write).unwrap().allowed);
    assert!(ledger.explain(&forwarded(11), Access::Read).unwrap().frames[1].allowed);
}

#[test]
fn a_counted_transaction_can_be_traced() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    with(&ledger, &wallet, &ten(), 2);
    let hash = submit(&ledger, wallet.sign(&store(0, 1, 7))).unwrap();
    ledger.produce_block(now(), NO_LIMITS).unwrap().unwrap();
    assert_eq!(ledger.trace_transaction(&hash).unwrap().len(), 1);
    assert_eq!(ledger.balance(&Address::from(COUNTERS)).unwrap(), U256::ZERO);
}

#[test]
fn a_rule_is_asked_for_the_time_of_the_block_and_at_the_door_for_the_next_ones() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let (past, future) = (now() - 1000, now() + 1000);
    with(&ledger, &wallet, &Draft { valid_until: past, ..Draft::default() }, 2);
    assert_eq!(refusal(&ledger, &wallet, &store(0, 1, 1)), "grant.expired");
    with(&ledger, &wallet, &Draft { valid_from: future, ..Draft::default() }, 3);
    assert_eq!(refusal(&ledger, &wallet, &store(0, 1, 1)), "grant.not_started");
    with(&ledger, &wallet, &Draft { valid_until: future, ..Draft::default() }, 4);
    let late = submit(&ledger, wallet.sign(&store(0, 1, 1))).unwrap();
    assert!(ledger.produce_block(future, NO_LIMITS).unwrap().is_none());
    assert_eq!(ledger.dropped(&late).unwrap().as_deref(), Some("grant.expired"));
    submit(&ledger, wallet.sign(&store(0, 1, 1))).unwrap();
    ledger.produce_block(future - 1, NO_LIMITS).unwrap().unwrap();
}
