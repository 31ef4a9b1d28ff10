//! Traces and simulations of several calls.

use prividium_ledger::primitives::{Address, B256, U256};
use prividium_ledger::{CallRequest, TraceFrame};

use crate::world::{
    contract, data, init_code, open_chain, store, submit, Rules, Sent, Wallet, FORWARD, GET, NO_LIMITS, SET,
    START, STORE_CODE,
};

fn request(sender: &Wallet, to: Address, data: Vec<u8>) -> CallRequest {
    CallRequest {
        sender: sender.address,
        to: Some(to),
        data: data.into(),
        value: U256::ZERO,
        gas_limit: None,
    }
}

/// Through the forwarder to the store.
fn forwarded(nonce: u64, slot: u64, value: u64) -> Sent {
    let target = U256::from_be_slice(contract(0xc1).as_slice());
    let inner = data(SET, &[U256::from(slot), U256::from(value)]);
    let data = [data(FORWARD, &[target]), inner].concat();
    Sent { nonce, to: Some(contract(0xc2)), data, ..Sent::default() }
}

fn shape(frames: &[TraceFrame]) -> Vec<(usize, &'static str, Option<Address>)> {
    frames.iter().map(|frame| (frame.depth, frame.kind, frame.to)).collect()
}

#[test]
fn a_transaction_is_traced_where_it_stood_before_and_after_its_batch_is_sealed() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let hashes: Vec<B256> = (0..4)
        .map(|nonce| {
            let hash = submit(&ledger, wallet.sign(&forwarded(nonce, 5, 70 + nonce))).unwrap();
            if nonce % 2 == 1 {
                ledger.produce_block(START + nonce, NO_LIMITS).unwrap().unwrap();
            }
            hash
        })
        .collect();
    let trace = |hash: &B256| ledger.trace_transaction(hash).unwrap();
    let open: Vec<_> = hashes.iter().map(trace).collect();
    ledger.seal(NO_LIMITS).unwrap().unwrap();
    let sealed: Vec<_> = hashes.iter().map(trace).collect();
    assert_eq!(open, sealed);
    for (hash, frames) in hashes.iter().zip(&sealed) {
        let expected = vec![(0, "CALL", Some(contract(0xc2))), (1, "CALL", Some(contract(0xc1)))];
        assert_eq!(shape(frames), expected);
        assert_eq!(frames[0].gas_used, ledger.receipt(hash).unwrap().unwrap().gas_used);
        assert!(frames.iter().all(|frame| frame.error.is_none() && frame.permitted));
    }
    // The first write to the slot is dearer than the later ones: each ran on the state before it.
    assert!(sealed[0][1].gas_used > sealed[1][1].gas_used);
    assert_eq!(ledger.trace_transaction(&B256::repeat_byte(1)).unwrap_err().code(), "not_found");
}

#[test]
fn a_frame_that_the_policy_in_force_does_not_permit_is_marked() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let hash = submit(&ledger, wallet.sign(&forwarded(0, 1, 1))).unwrap();
    ledger.produce_block(START, NO_LIMITS).unwrap().unwrap();
    let narrower = Rules::default().wallet(&wallet, false).public(contract(0xc2), FORWARD);
    ledger.set_policy(&narrower.table(2)).unwrap();
    let permitted: Vec<bool> =
        ledger.trace_transaction(&hash).unwrap().iter().map(|frame| frame.permitted).collect();
    assert_eq!(permitted, [true, false]);
}

#[test]
fn a_failing_call_and_a_creation_have_traces() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let create = Sent { data: init_code(STORE_CODE), ..Sent::default() };
    let hash = submit(&ledger, wallet.sign(&create)).unwrap();
    ledger.produce_block(START, NO_LIMITS).unwrap().unwrap();
    let frames = ledger.trace_transaction(&hash).unwrap();
    assert_eq!(shape(&frames), [(0, "CREATE", Some(wallet.address.create(0)))]);
    assert_eq!(frames[0].output[..], *STORE_CODE);
    // The forwarder, called by itself without an address to call, fails, and so does the outer call.
    let nowhere = data(FORWARD, &[U256::from_be_slice(contract(0xc2).as_slice())]);
    let short = CallRequest { gas_limit: Some(60_000), ..request(&wallet, contract(0xc2), nowhere) };
    let denied = ledger.trace_call(&short, true).unwrap_err();
    assert_eq!(denied.code(), "permission.missing");
    let frames = ledger.trace_call(&short, false).unwrap();
    assert_eq!(frames[0].error, Some("execution reverted"));
    assert!(frames[1].error.is_some());
}

#[test]
fn simulated_calls_build_on_each_other_and_leave_no_trace() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    submit(&ledger, wallet.sign(&store(0, 5, 77))).unwrap();
    ledger.produce_block(START, NO_LIMITS).unwrap().unwrap();
    let get = request(&wallet, contract(0xc1), data(GET, &[U256::from(5)]));
    let set = request(&wallet, contract(0xc1), data(SET, &[U256::from(5), U256::from(1)]));
    let blocks = ledger.simulate(&[vec![get.clone(), set, get.clone()], vec![get.clone()]]).unwrap();
    let answer = |block: usize, call: usize| U256::from_be_slice(&blocks[block][call].output);
    assert_eq!([answer(0, 0), answer(0, 2), answer(1, 0)], [U256::from(77), U256::from(1), U256::from(1)]);
    assert_eq!(ledger.storage(&contract(0xc1), &U256::from(5)).unwrap(), U256::from(77));
    let stranger = Wallet::new(2);
    let theirs = CallRequest { sender: stranger.address, ..get.clone() };
    assert_eq!(ledger.simulate(&[vec![get, theirs]]).unwrap_err().code(), "wallet.not_linked");
}
