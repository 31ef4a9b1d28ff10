//! The queue through the ledger's face: order, replacement, refusals.

use crate::world::{
    contract, data, open_chain, open_rules, store, submit, Rules, Sent, Wallet, FORWARD, NO_LIMITS, SET,
    START,
};
use prividium_ledger::primitives::U256;
use prividium_ledger::LedgerError;

#[test]
fn a_transaction_submitted_twice_is_known_and_executed_once() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let raw = wallet.sign(&store(0, 1, 2));
    let hash = submit(&ledger, raw.clone()).unwrap();
    assert_eq!(submit(&ledger, raw.clone()).unwrap(), hash);
    assert_eq!(ledger.pending().unwrap(), 1);
    let block = ledger.produce_block(START + 1, NO_LIMITS).unwrap().unwrap();
    assert_eq!(block.transaction_hashes, [hash]);
    assert_eq!(submit(&ledger, raw).unwrap(), hash);
    assert_eq!(ledger.pending().unwrap(), 0);
}

#[test]
fn nonces_that_arrive_out_of_order_execute_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let raws: Vec<_> = [2, 0, 1].map(|nonce| wallet.sign(&store(nonce, 1, nonce))).into();
    let hashes: Vec<_> = ledger.submit(&raws).unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!(ledger.nonce(&wallet.address, true).unwrap(), 3);
    let block = ledger.produce_block(START + 1, NO_LIMITS).unwrap().unwrap();
    assert_eq!(block.transaction_hashes, [hashes[1], hashes[2], hashes[0]]);
    assert_eq!(ledger.storage(&contract(0xc1), &U256::from(1)).unwrap(), U256::from(2));
}

#[test]
fn a_gap_in_the_nonces_waits_for_what_fills_it() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    submit(&ledger, wallet.sign(&store(1, 1, 1))).unwrap();
    assert!(ledger.produce_block(START + 1, NO_LIMITS).unwrap().is_none());
    assert_eq!(ledger.nonce(&wallet.address, true).unwrap(), 0);
    submit(&ledger, wallet.sign(&store(0, 1, 9))).unwrap();
    let block = ledger.produce_block(START + 1, NO_LIMITS).unwrap().unwrap();
    assert_eq!(block.transaction_hashes.len(), 2);
}

#[test]
fn a_replacement_must_pay_more_and_the_replaced_one_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let offer = |fee| wallet.sign(&Sent { fee, tip: fee, ..store(0, 1, fee as u64) });
    let first = submit(&ledger, offer(100)).unwrap();
    assert_eq!(submit(&ledger, offer(109)).unwrap_err().code(), "replacement_underpriced");
    let second = submit(&ledger, offer(110)).unwrap();
    assert!(ledger.transaction(&first).unwrap().is_none());
    let block = ledger.produce_block(START + 1, NO_LIMITS).unwrap().unwrap();
    assert_eq!(block.transaction_hashes, [second]);
}

#[test]
fn without_fees_the_first_of_a_nonce_stays() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let raws = [wallet.sign(&store(0, 1, 1)), wallet.sign(&store(0, 1, 2))];
    let answers = ledger.submit(&raws).unwrap();
    assert!(answers[0].is_ok());
    assert_eq!(answers[1].as_ref().unwrap_err().code(), "replacement_underpriced");
}

#[test]
fn what_cannot_be_valid_is_refused_with_its_code() {
    let directory = tempfile::tempdir().unwrap();
    let (wallet, poor) = (Wallet::new(1), Wallet::new(2));
    let ledger = open_chain(directory.path(), &[&wallet]);
    ledger.set_policy(&open_rules(&[&wallet, &poor]).table(2)).unwrap();
    submit(&ledger, wallet.sign(&store(0, 1, 1))).unwrap();
    ledger.produce_block(START + 1, NO_LIMITS).unwrap().unwrap();
    let mut bad_signature = wallet.sign(&store(1, 1, 1));
    let last = bad_signature.len() - 32;
    bad_signature[last..].fill(0xff);
    let cases = [
        (wallet.sign(&store(0, 1, 2)), "nonce_too_low"),
        (wallet.sign(&store(66, 1, 2)), "nonce_too_high"),
        (wallet.sign(&Sent { chain_id: 1, ..store(1, 1, 2) }), "chain_id_mismatch"),
        (wallet.sign(&Sent { gas: (1 << 24) + 1, ..store(1, 1, 2) }), "gas_limit_too_high"),
        (wallet.sign(&Sent { gas: 21_000, ..store(1, 1, 2) }), "gas_limit_too_low"),
        (wallet.sign(&Sent { gas: 21_000, ..store(5, 1, 2) }), "gas_limit_too_low"),
        (poor.sign(&Sent { value: U256::from(1), ..store(0, 1, 2) }), "insufficient_funds"),
        (poor.sign(&Sent { fee: 1, ..store(0, 1, 2) }), "insufficient_funds"),
        (wallet.sign(&Sent { data: vec![1; 129 << 10], ..store(1, 1, 2) }), "transaction_too_large"),
        (vec![3, 0xc0], "transaction_type_unsupported"),
        (vec![2, 0xc1], "rlp_invalid"),
        (Vec::new(), "rlp_invalid"),
        (bad_signature, "signature_invalid"),
    ];
    let raws: Vec<_> = cases.iter().map(|(raw, _)| raw.clone()).collect();
    for ((_, code), answer) in cases.iter().zip(ledger.submit(&raws).unwrap()) {
        assert_eq!(answer.unwrap_err().code(), *code);
    }
    assert_eq!(ledger.pending().unwrap(), 0);
}

#[test]
fn a_denied_call_is_refused_at_the_door_at_the_top_and_below() {
    let directory = tempfile::tempdir().unwrap();
    let (wallet, stranger) = (Wallet::new(1), Wallet::new(2));
    let ledger = open_chain(directory.path(), &[&wallet, &stranger]);
    let rules = Rules::default().wallet(&wallet, false).public(contract(0xc2), FORWARD);
    ledger.set_policy(&rules.table(2)).unwrap();
    let denied = |raw| match submit(&ledger, raw).unwrap_err() {
        LedgerError::Denied(denial) => denial,
        other => panic!("not a denial: {other}"),
    };
    let set = data(SET, &[U256::from(1), U256::from(2)]);
    let inner = [data(FORWARD, &[U256::from_be_slice(contract(0xc1).as_slice())]), set].concat();
    let forwarded = wallet.sign(&Sent { to: Some(contract(0xc2)), data: inner, ..Sent::default() });
    assert_eq!(denied(stranger.sign(&store(0, 1, 1))).reason, "wallet.not_linked");
    assert_eq!(denied(wallet.sign(&store(0, 1, 1))).reason, "permission.missing");
    let below = denied(forwarded);
    assert_eq!((below.reason, below.target), ("permission.missing", Some(contract(0xc1))));
    assert_eq!(below.selector, SET);
    // One that waits for another is judged at the top alone, and there it is denied.
    assert_eq!(denied(wallet.sign(&store(5, 1, 1))).reason, "permission.missing");
    assert_eq!(ledger.pending().unwrap(), 0);
}

#[test]
fn a_waiting_transaction_that_becomes_denied_is_dropped_and_remembered() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let raw = wallet.sign(&store(0, 1, 1));
    let hash = submit(&ledger, raw.clone()).unwrap();
    ledger.set_policy(&Rules::default().wallet(&wallet, false).table(2)).unwrap();
    assert!(ledger.produce_block(START + 1, NO_LIMITS).unwrap().is_none());
    assert!(ledger.transaction(&hash).unwrap().is_none());
    assert_eq!(ledger.dropped(&hash).unwrap().as_deref(), Some("permission.missing"));
    assert_eq!(ledger.pending().unwrap(), 0);
    ledger.set_policy(&open_rules(&[&wallet]).table(3)).unwrap();
    assert_eq!(submit(&ledger, raw).unwrap(), hash);
    assert!(ledger.dropped(&hash).unwrap().is_none());
    assert!(ledger.produce_block(START + 1, NO_LIMITS).unwrap().is_some());
}

#[test]
fn senders_take_turns() {
    let directory = tempfile::tempdir().unwrap();
    let (busy, other) = (Wallet::new(1), Wallet::new(2));
    let ledger = open_chain(directory.path(), &[&busy, &other]);
    let mut raws: Vec<_> = (0..3).map(|nonce| busy.sign(&store(nonce, 1, nonce))).collect();
    raws.push(other.sign(&store(0, 2, 1)));
    let hashes: Vec<_> = ledger.submit(&raws).unwrap().into_iter().map(Result::unwrap).collect();
    let block = ledger.produce_block(START + 1, NO_LIMITS).unwrap().unwrap();
    assert_eq!(block.transaction_hashes, [hashes[0], hashes[3], hashes[1], hashes[2]]);
}
