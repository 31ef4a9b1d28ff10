//! Batches: boundaries, reproducibility, and agreement with the state transition.

use crate::world::{
    contract, data, genesis, init_code, open_chain, open_rules, store, submit, Sent, Wallet, FORWARD,
    NO_LIMITS, SECRET, SET, START, STORE_CODE,
};
use prividium_ledger::primitives::{Address, U256};
use prividium_ledger::{execute_witness, Ledger, SealLimits};

#[test]
fn a_new_policy_begins_a_new_batch() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    for (nonce, version) in [(0, 1), (1, 1), (2, 2)] {
        ledger.set_policy(&open_rules(&[&wallet]).table(version)).unwrap();
        submit(&ledger, wallet.sign(&store(nonce, 1, nonce + 1))).unwrap();
        ledger.produce_block(START + 1 + nonce, NO_LIMITS).unwrap().unwrap();
    }
    let first = ledger.seal(NO_LIMITS).unwrap().unwrap();
    let second = ledger.seal(NO_LIMITS).unwrap().unwrap();
    assert_eq!((first.first_block, first.last_block, first.policy_version), (1, 2, 1));
    assert_eq!((second.first_block, second.last_block, second.policy_version), (3, 3, 2));
    assert_ne!(first.output.policy_root, second.output.policy_root);
    assert!(ledger.seal(NO_LIMITS).unwrap().is_none());
}

#[test]
fn a_policy_version_is_never_reused_for_other_entries() {
    let directory = tempfile::tempdir().unwrap();
    let (wallet, other) = (Wallet::new(1), Wallet::new(2));
    let ledger = open_chain(directory.path(), &[&wallet]);
    ledger.set_policy(&open_rules(&[&wallet]).table(1)).unwrap();
    let reused = open_rules(&[&wallet, &other]).table(1);
    assert_eq!(ledger.set_policy(&reused).unwrap_err().code(), "policy_invalid");
    ledger.set_policy(&open_rules(&[&wallet]).table(5)).unwrap();
    assert_eq!(ledger.set_policy(&open_rules(&[&wallet]).table(4)).unwrap_err().code(), "policy_invalid");
    assert_eq!(ledger.policy_version().unwrap(), 5);
}

#[test]
fn a_batch_ends_at_its_limits_but_holds_a_block() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    for block in 0..3 {
        for nonce in 2 * block..2 * block + 2 {
            submit(&ledger, wallet.sign(&store(nonce, nonce, 1))).unwrap();
        }
        ledger.produce_block(START + 1 + block, NO_LIMITS).unwrap().unwrap();
    }
    let (transactions, cycles, timestamp) = ledger.unsealed().unwrap();
    assert_eq!((transactions, timestamp), (6, START + 1));
    let two_blocks = SealLimits { transactions_max: 5, cycles_max: u64::MAX };
    let batch = ledger.seal(two_blocks).unwrap().unwrap();
    assert_eq!((batch.last_block, batch.transaction_count), (2, 4));
    assert_eq!(ledger.unsealed().unwrap(), (2, cycles / 3, START + 3));
    let nothing = SealLimits { transactions_max: 0, cycles_max: 0 };
    assert_eq!(ledger.seal(nothing).unwrap().unwrap().last_block, 3);
    assert_eq!(ledger.unsealed().unwrap(), (0, 0, 0));
    let batches: Vec<_> = (0..5).map(|block| ledger.batch_of_block(block).unwrap()).collect();
    assert_eq!(batches, [Some(0), Some(1), Some(1), Some(2), None]);
}

#[test]
fn a_block_keeps_within_the_limits_of_a_batch() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    let raws: Vec<_> = (0..10).map(|nonce| wallet.sign(&store(nonce, nonce, 1))).collect();
    ledger.submit(&raws).unwrap();
    let three = SealLimits { transactions_max: 3, cycles_max: u64::MAX };
    assert_eq!(ledger.produce_block(START, three).unwrap().unwrap().transaction_hashes.len(), 3);
    let each = ledger.unsealed().unwrap().1 / 3;
    let four = SealLimits { transactions_max: 100, cycles_max: 4 * each };
    assert_eq!(ledger.produce_block(START, four).unwrap().unwrap().transaction_hashes.len(), 4);
    let none = SealLimits { transactions_max: 0, cycles_max: 0 };
    assert_eq!(ledger.produce_block(START, none).unwrap().unwrap().transaction_hashes.len(), 1);
}

#[test]
fn time_does_not_run_backwards() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    submit(&ledger, wallet.sign(&store(0, 1, 1))).unwrap();
    let error = ledger.produce_block(START - 1, NO_LIMITS).unwrap_err();
    assert_eq!(error.code(), "timestamp_too_low");
    assert!(ledger.produce_block(START, NO_LIMITS).unwrap().is_some());
}

/// A small generator: reproducible and without a dependency.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn random_transaction(random: &mut Random, nonce: u64) -> Sent {
    let slot = random.below(6);
    match random.below(6) {
        0 => Sent { nonce, data: init_code(STORE_CODE), ..Sent::default() },
        1 => {
            let value = U256::from(random.below(1_000));
            let to = Some(Address::repeat_byte(random.below(4) as u8 + 0x20));
            Sent { nonce, to, value, fee: 7, tip: 7, ..Sent::default() }
        }
        2 => {
            // A forwarded write.
            let set = data(SET, &[U256::from(slot), U256::from(random.below(3))]);
            let target = U256::from_be_slice(contract(0xc1).as_slice());
            Sent {
                nonce,
                to: Some(contract(0xc2)),
                data: [data(FORWARD, &[target]), set].concat(),
                ..Sent::default()
            }
        }
        // Out of gas: included and failed.
        3 => Sent { gas: 23_000, ..store(nonce, 1_000 + slot, 1) },
        // Zero deletes.
        _ => store(nonce, slot, random.below(3)),
    }
}

/// Random activity on a chain: every batch's witness and output.
fn play(ledger: &Ledger, wallets: &[&Wallet], seed: u64) -> Vec<(Vec<u8>, prividium_ledger::BatchOutput)> {
    let mut random = Random(seed);
    let mut batches = Vec::new();
    for block in 0..12 {
        for _ in 0..=random.below(5) {
            let wallet = wallets[random.below(wallets.len() as u64) as usize];
            let nonce = ledger.nonce(&wallet.address, true).unwrap();
            submit(ledger, wallet.sign(&random_transaction(&mut random, nonce))).unwrap();
        }
        ledger.produce_block(START + 10 * block, NO_LIMITS).unwrap().unwrap();
        if random.below(3) == 0 {
            let batch = ledger.seal(NO_LIMITS).unwrap().unwrap();
            batches.push((ledger.witness(batch.number).unwrap(), batch.output));
        }
    }
    batches
}

#[test]
fn every_witness_leads_the_state_transition_to_the_output_of_its_batch() {
    for seed in 1..=8 {
        let directory = tempfile::tempdir().unwrap();
        let wallets = [Wallet::new(1), Wallet::new(2), Wallet::new(3)];
        let wallets: Vec<&Wallet> = wallets.iter().collect();
        let ledger = open_chain(directory.path(), &wallets);
        let mut before = ledger.batch(0).unwrap().unwrap().output.new_state;
        for (witness, output) in play(&ledger, &wallets, seed) {
            assert_eq!(execute_witness(&witness).unwrap(), output);
            assert_eq!(output.prev_state, before);
            before = output.new_state;
        }
    }
}

#[test]
fn the_same_activity_seals_to_the_same_bytes() {
    let wallets = [Wallet::new(1), Wallet::new(2)];
    let wallets: Vec<&Wallet> = wallets.iter().collect();
    let run = || {
        let directory = tempfile::tempdir().unwrap();
        play(&open_chain(directory.path(), &wallets), &wallets, 99)
    };
    assert_eq!(run(), run());
}

#[test]
fn an_altered_witness_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = open_chain(directory.path(), &[&wallet]);
    submit(&ledger, wallet.sign(&store(0, 1, 1))).unwrap();
    ledger.produce_block(START, NO_LIMITS).unwrap().unwrap();
    let output = ledger.seal(NO_LIMITS).unwrap().unwrap().output;
    let witness = ledger.witness(1).unwrap();
    for position in (0..witness.len()).step_by(37) {
        let mut altered = witness.clone();
        altered[position] ^= 1;
        assert_ne!(execute_witness(&altered).ok(), Some(output), "byte {position}");
    }
    assert!(execute_witness(&witness[..witness.len() - 4]).is_err());
}

#[test]
fn genesis_is_batch_zero() {
    let directory = tempfile::tempdir().unwrap();
    let wallet = Wallet::new(1);
    let ledger = Ledger::open(directory.path(), genesis(&[&wallet]), &SECRET).unwrap();
    let batch = ledger.batch(0).unwrap().unwrap();
    assert_eq!(ledger.last_batch().unwrap(), 0);
    assert_eq!((batch.first_block, batch.last_block), (0, 0));
    assert_eq!(ledger.head().unwrap().timestamp, START);
    assert_eq!(ledger.witness(0).unwrap_err().code(), "not_found");
    assert_eq!(ledger.witness(1).unwrap_err().code(), "not_found");
}
