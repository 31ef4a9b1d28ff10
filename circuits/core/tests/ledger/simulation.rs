//! Calls and gas estimates.

use prividium_ledger::primitives::{Address, Bytes, U256};
use prividium_ledger::{CallRequest, LedgerError};

use crate::world::{
    contract, data, init_code, open_chain, store, submit, Rules, Sent, Wallet, FORWARD, FORWARD_CODE, GET,
    NO_LIMITS, SET, START, STORE_CODE,
};

fn request(sender: &Wallet, to: Option<Address>, data: Vec<u8>) -> CallRequest {
    CallRequest { sender: sender.address, to, data: data.into(), value: U256::ZERO, gas_limit: None }
}

#[test]
fn a_call_reads_the_head_and_leaves_no_trace() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    submit(&ledger, wallet.sign(&store(0, 5, 77))).unwrap();
    ledger.produce_block(START, NO_LIMITS).unwrap().unwrap();
    let get = request(&wallet, Some(contract(0xc1)), data(GET, &[U256::from(5)]));
    assert_eq!(ledger.call(&get, true).unwrap()[..], U256::from(77).to_be_bytes::<32>());
    let set = request(&wallet, Some(contract(0xc1)), data(SET, &[U256::from(5), U256::from(1)]));
    ledger.call(&set, true).unwrap();
    assert_eq!(ledger.storage(&contract(0xc1), &U256::from(5)).unwrap(), U256::from(77));
    assert_eq!(ledger.nonce(&wallet.address, true).unwrap(), 1);
}

#[test]
fn a_judged_call_is_denied_as_a_read_and_an_unjudged_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let (wallet, stranger) = (Wallet::new(1), Wallet::new(2));
    let ledger = open_chain(directory.path(), &[&wallet]);
    let get = |sender| request(sender, Some(contract(0xc1)), data(GET, &[U256::from(5)]));
    assert_eq!(ledger.call(&get(&stranger), true).unwrap_err().code(), "wallet.not_linked");
    assert!(ledger.call(&get(&stranger), false).is_ok());
    ledger.set_policy(&Rules::default().wallet(&wallet, false).table(2)).unwrap();
    assert_eq!(ledger.call(&get(&wallet), true).unwrap_err().code(), "permission.missing");
    let forwarded = request(&wallet, Some(contract(0xc1)), Vec::new());
    assert_eq!(ledger.estimate_gas(&forwarded, true).unwrap_err().code(), "permission.missing");
}

#[test]
fn a_reverted_call_carries_its_data_and_an_exhausted_one_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    // PUSH1 1 PUSH0 MSTORE PUSH1 32 PUSH0 REVERT, run as creation code.
    let revert = request(&wallet, None, vec![0x60, 0x01, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xfd]);
    for error in [ledger.call(&revert, true), ledger.estimate_gas(&revert, true).map(|_| Bytes::new())] {
        match error.unwrap_err() {
            LedgerError::Reverted(data) => assert_eq!(data[..], U256::from(1).to_be_bytes::<32>()),
            other => panic!("not a revert: {other}"),
        }
    }
    // JUMPDEST PUSH0 JUMP
    let endless = request(&wallet, None, vec![0x5b, 0x5f, 0x56]);
    assert_eq!(ledger.call(&endless, true).unwrap_err().code(), "execution_failed");
    let set = data(SET, &[U256::from(1), U256::from(1)]);
    let short = CallRequest { gas_limit: Some(30_000), ..request(&wallet, Some(contract(0xc1)), set) };
    assert_eq!(ledger.estimate_gas(&short, true).unwrap_err().code(), "execution_failed");
}

#[test]
fn an_estimate_is_the_smallest_gas_limit_that_succeeds() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let set = data(SET, &[U256::from(9), U256::from(9)]);
    let target = U256::from_be_slice(contract(0xc1).as_slice());
    let cases = [
        (Some(contract(0xc1)), set.clone()),
        (Some(contract(0xc2)), [data(FORWARD, &[target]), set].concat()),
        (Some(Address::repeat_byte(0x33)), Vec::new()),
        (None, init_code(STORE_CODE)),
        (None, init_code(FORWARD_CODE)),
    ];
    for (nonce, (to, data)) in cases.into_iter().enumerate() {
        let gas = ledger.estimate_gas(&request(&wallet, to, data.clone()), true).unwrap();
        let enough = CallRequest { gas_limit: Some(gas), ..request(&wallet, to, data.clone()) };
        let short = CallRequest { gas_limit: Some(gas - 1), ..enough.clone() };
        assert!(ledger.call(&enough, true).is_ok());
        assert!(ledger.call(&short, true).is_err(), "{gas} is too much");
        let sent = Sent { nonce: nonce as u64, gas, to, data, ..Sent::default() };
        let hash = submit(&ledger, wallet.sign(&sent)).unwrap();
        ledger.produce_block(START, NO_LIMITS).unwrap().unwrap();
        assert_eq!(ledger.receipt(&hash).unwrap().unwrap().status, 1);
    }
}

#[test]
fn a_creation_names_its_contract_and_keeps_its_code() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let create = Sent { data: init_code(STORE_CODE), ..Sent::default() };
    let hash = submit(&ledger, wallet.sign(&create)).unwrap();
    ledger.produce_block(START, NO_LIMITS).unwrap().unwrap();
    let receipt = ledger.receipt(&hash).unwrap().unwrap();
    let created = receipt.contract_address.unwrap();
    assert_eq!(created, wallet.address.create(0));
    assert_eq!(ledger.code(&created).unwrap(), Bytes::from_static(STORE_CODE));
    assert!(ledger.code(&wallet.address).unwrap().is_empty());
}
