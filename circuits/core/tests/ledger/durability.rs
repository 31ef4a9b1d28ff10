//! What is acknowledged survives: restarts, copies taken at any moment, damaged and foreign files.

use std::fs;
use std::path::Path;

use crate::world::{contract, genesis, open_chain, store, submit, Wallet, NO_LIMITS, SECRET, START};
use prividium_ledger::primitives::U256;
use prividium_ledger::{Ledger, Result};

fn reopen(directory: &Path, wallets: &[&Wallet]) -> Result<Ledger> {
    Ledger::open(directory, genesis(wallets), &SECRET)
}

/// The store as a crash would leave it: the file as it is now, under another name.
fn crashed_copy(directory: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    fs::copy(directory.join("chain.redb"), copy.path().join("chain.redb")).unwrap();
    copy
}

#[test]
fn a_restart_keeps_blocks_state_queue_policy_and_batches() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let mined = submit(&ledger, wallet.sign(&store(0, 1, 11))).unwrap();
    let head = ledger.produce_block(START + 1, NO_LIMITS).unwrap().unwrap();
    let batch = ledger.seal(NO_LIMITS).unwrap().unwrap();
    let witness = ledger.witness(1).unwrap();
    let waiting = submit(&ledger, wallet.sign(&store(1, 1, 12))).unwrap();
    ledger.close();
    assert_eq!(ledger.head().unwrap_err().code(), "ledger_closed");
    drop(ledger);

    let ledger = reopen(directory.path(), &[&wallet]).unwrap();
    assert_eq!(ledger.head().unwrap(), head);
    assert_eq!(ledger.policy_version().unwrap(), 1);
    assert_eq!(ledger.batch(1).unwrap().unwrap(), batch);
    assert_eq!(ledger.witness(1).unwrap(), witness);
    assert_eq!(ledger.receipt(&mined).unwrap().unwrap().block_hash, head.hash);
    assert_eq!(ledger.transaction(&mined).unwrap().unwrap().place.unwrap().block_number, 1);
    assert!(ledger.transaction(&waiting).unwrap().unwrap().place.is_none());
    let next = ledger.produce_block(START + 2, NO_LIMITS).unwrap().unwrap();
    assert_eq!(next.transaction_hashes, [waiting]);
    assert_eq!(next.parent_hash, head.hash);
    assert_eq!(ledger.storage(&contract(0xc1), &U256::from(1)).unwrap(), U256::from(12));
}

#[test]
fn a_crash_after_any_step_loses_nothing_and_repeats_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let raws: Vec<_> = (0..4).map(|nonce| wallet.sign(&store(nonce, nonce, nonce + 1))).collect();
    let mut copies = Vec::new();
    for (index, raw) in raws.iter().enumerate() {
        submit(&ledger, raw.clone()).unwrap();
        copies.push((index + 1, crashed_copy(directory.path())));
        ledger.produce_block(START + 1 + index as u64, NO_LIMITS).unwrap().unwrap();
        copies.push((index + 1, crashed_copy(directory.path())));
        ledger.seal(NO_LIMITS).unwrap().unwrap();
        copies.push((index + 1, crashed_copy(directory.path())));
    }
    let roots: Vec<_> = (1..=4).map(|n| ledger.batch(n).unwrap().unwrap().output.new_state).collect();
    for (acknowledged, copy) in copies {
        let ledger = reopen(copy.path(), &[&wallet]).unwrap();
        assert_eq!(ledger.nonce(&wallet.address, true).unwrap(), acknowledged as u64);
        for raw in &raws {
            submit(&ledger, raw.clone()).unwrap();
            let executed = ledger.nonce(&wallet.address, false).unwrap();
            ledger.produce_block(START + 1 + executed, NO_LIMITS).unwrap();
            ledger.seal(NO_LIMITS).unwrap();
        }
        assert_eq!(ledger.nonce(&wallet.address, false).unwrap(), 4);
        let again: Vec<_> = (1..=4).map(|n| ledger.batch(n).unwrap().unwrap().output.new_state).collect();
        assert_eq!(again, roots, "after {acknowledged} transactions");
    }
}

#[test]
fn a_second_opening_of_the_store_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let _ledger = open_chain(directory.path(), &[&wallet]);
    assert_eq!(reopen(directory.path(), &[&wallet]).err().unwrap().code(), "store_locked");
}

#[test]
fn another_genesis_chain_id_or_secret_is_another_chain() {
    let directory = tempfile::tempdir().unwrap();
    let (wallet, other) = (Wallet::new(1), Wallet::new(2));
    open_chain(directory.path(), &[&wallet]).close();
    let code = |ledger: Result<Ledger>| ledger.err().unwrap().code();
    assert_eq!(code(reopen(directory.path(), &[&other])), "genesis_mismatch");
    assert_eq!(code(Ledger::open(directory.path(), genesis(&[&wallet]), &[8; 32])), "genesis_mismatch");
    let mut renamed = genesis(&[&wallet]);
    renamed.chain_id += 1;
    assert_eq!(code(Ledger::open(directory.path(), renamed, &SECRET)), "genesis_mismatch");
    assert_eq!(code(Ledger::open(directory.path(), genesis(&[&wallet]), &[7; 31])), "secret_invalid");
    reopen(directory.path(), &[&wallet]).unwrap();
}

#[test]
fn a_damaged_file_is_reported_and_never_trusted() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    submit(&ledger, wallet.sign(&store(0, 1, 1))).unwrap();
    ledger.produce_block(START + 1, NO_LIMITS).unwrap().unwrap();
    ledger.close();
    drop(ledger);
    let file = directory.path().join("chain.redb");
    let good = fs::read(&file).unwrap();
    let mut garbage = good.clone();
    garbage[..4096].fill(0x5a);
    let mut flipped = good.clone();
    for byte in flipped.iter_mut().skip(4096).step_by(512) {
        *byte ^= 0xff;
    }
    for bytes in [garbage, flipped, good[..good.len() / 3].to_vec()] {
        fs::write(&file, bytes).unwrap();
        let code = reopen(directory.path(), &[&wallet]).err().unwrap().code();
        assert_eq!(code, "store_corrupt");
    }
    fs::write(&file, good).unwrap();
    reopen(directory.path(), &[&wallet]).unwrap();
}
