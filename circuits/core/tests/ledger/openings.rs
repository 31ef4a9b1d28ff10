//! Openings: complete for those who check them, silent about everybody else.

use prividium_ledger::primitives::{Address, B256, U256};
use prividium_ledger::{replay_call, Ledger};
use serde_json::Value;

use crate::world::{contract, data, open_chain, store, submit, Wallet, GET, NO_LIMITS, START};

/// A chain whose batch 1 holds two blocks and 16 written slots.
fn sealed(directory: &std::path::Path) -> (Ledger, Wallet, Vec<B256>) {
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory, &[&wallet]);
    let mut hashes = Vec::new();
    for block in 0..2 {
        for nonce in 8 * block..8 * block + 8 {
            hashes.push(submit(&ledger, wallet.sign(&store(nonce, nonce, nonce + 100))).unwrap());
        }
        ledger.produce_block(START + block, NO_LIMITS).unwrap().unwrap();
    }
    ledger.seal(NO_LIMITS).unwrap().unwrap();
    (ledger, wallet, hashes)
}

fn root(ledger: &Ledger, batch: u64) -> B256 {
    ledger.batch(batch).unwrap().unwrap().output.new_state
}

#[test]
fn a_call_replays_from_its_opening_alone() {
    let directory = tempfile::tempdir().unwrap();
    let (ledger, wallet, _) = sealed(directory.path());
    let opening = ledger.open_call(1, &contract(0xc1), &data(GET, &[U256::from(3)])).unwrap();
    let answer = replay_call(&opening, &root(&ledger, 1)).unwrap();
    assert_eq!(answer[..], U256::from(103).to_be_bytes::<32>());
    // A later batch changes the value; the opening of the earlier one stays what it was.
    submit(&ledger, wallet.sign(&store(16, 3, 7))).unwrap();
    ledger.produce_block(START + 2, NO_LIMITS).unwrap().unwrap();
    ledger.seal(NO_LIMITS).unwrap().unwrap();
    assert_eq!(ledger.open_call(1, &contract(0xc1), &data(GET, &[U256::from(3)])).unwrap(), opening);
    let later = ledger.open_call(2, &contract(0xc1), &data(GET, &[U256::from(3)])).unwrap();
    let answer = replay_call(&later, &root(&ledger, 2)).unwrap();
    assert_eq!(answer[..], U256::from(7).to_be_bytes::<32>());
    assert_eq!(replay_call(&opening, &root(&ledger, 2)).unwrap_err().code(), "opening_invalid");
}

/// Replaces every string and number of a document, one at a time.
fn alterations(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) if text.len() > 1 => {
            let last = if text.ends_with('0') { "1" } else { "0" };
            vec![Value::from(format!("{}{last}", &text[..text.len() - 1])), Value::Null]
        }
        Value::Number(number) => vec![Value::from(number.as_u64().unwrap_or_default() + 1), Value::Null],
        Value::Array(items) => (0..items.len())
            .flat_map(|index| {
                let without =
                    (0..items.len()).filter(|other| *other != index).map(|other| items[other].clone());
                let with = |altered| {
                    let mut items = items.clone();
                    items[index] = altered;
                    Value::from(items)
                };
                let altered: Vec<Value> = alterations(&items[index]).into_iter().map(with).collect();
                altered.into_iter().chain([Value::from(without.collect::<Vec<_>>())]).collect::<Vec<_>>()
            })
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, field)| {
                alterations(field).into_iter().map(|altered| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), altered);
                    Value::from(fields)
                })
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_alteration_of_an_opening_is_refused_or_asks_another_question() {
    let directory = tempfile::tempdir().unwrap();
    let (ledger, _, _) = sealed(directory.path());
    let opening = ledger.open_call(1, &contract(0xc1), &data(GET, &[U256::from(3)])).unwrap();
    let document: Value = serde_json::from_str(&opening).unwrap();
    let altered = alterations(&document);
    assert!(altered.len() > 20);
    for altered in altered {
        let refused = replay_call(&altered.to_string(), &root(&ledger, 1)).is_err();
        assert!(refused || altered["data"] != document["data"], "{altered}");
    }
}

#[test]
fn an_absence_that_shows_another_key_is_never_opened() {
    let directory = tempfile::tempdir().unwrap();
    let (ledger, _, _) = sealed(directory.path());
    let ask = |slot: u64| ledger.open_call(1, &contract(0xc1), &data(GET, &[U256::from(slot)]));
    let (mut shown, mut withheld) = (0, 0);
    for slot in 1_000..1_064 {
        match ask(slot) {
            Ok(opening) => {
                let answer = replay_call(&opening, &root(&ledger, 1)).unwrap();
                assert_eq!(answer[..], [0; 32]);
                shown += 1;
            }
            Err(error) => {
                assert_eq!(error.code(), "absence_undisclosable");
                withheld += 1;
            }
        }
    }
    // Among two dozen leaves, some paths end in empty subtrees and some at a leaf.
    assert!(shown > 0 && withheld > 0, "{shown} shown, {withheld} withheld");
}

#[test]
fn a_transaction_opens_once_it_is_sealed() {
    let directory = tempfile::tempdir().unwrap();
    let (ledger, wallet, hashes) = sealed(directory.path());
    for (position, hash) in hashes.iter().enumerate() {
        let opening: Value = serde_json::from_str(&ledger.open_transaction(hash).unwrap()).unwrap();
        assert_eq!(opening["index"], position % 8);
        assert_eq!(opening["count"], 8);
        assert_eq!(opening["blockIndex"], position / 8);
        assert_eq!(opening["path"].as_array().unwrap().len(), 3);
        assert_eq!(opening["receipt"]["status"], 1);
        assert_eq!(opening["head"]["batchNumber"], 1);
    }
    let unsealed = submit(&ledger, wallet.sign(&store(16, 1, 1))).unwrap();
    assert_eq!(ledger.open_transaction(&unsealed).unwrap_err().code(), "not_found");
    ledger.produce_block(START + 2, NO_LIMITS).unwrap().unwrap();
    assert_eq!(ledger.open_transaction(&unsealed).unwrap_err().code(), "not_found");
    assert_eq!(ledger.open_transaction(&B256::ZERO).unwrap_err().code(), "not_found");
    assert_eq!(ledger.open_call(9, &Address::ZERO, &[]).unwrap_err().code(), "not_found");
}
