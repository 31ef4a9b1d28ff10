//! How many ERC-20 transfers a second the ledger takes in and executes. Not part of the suite:
//! `cargo test --release -p prividium-ledger -- --ignored --nocapture throughput`.

use std::time::Instant;

use prividium_ledger::primitives::{Address, Bytes, U256};
use prividium_ledger::{GenesisAccount, Ledger, SealLimits};

use crate::world::{data, genesis, Rules, Sent, Wallet, SECRET, START};

const SENDERS: u8 = 60;
const EACH: u64 = 60;
const TOKEN: Address = Address::repeat_byte(0xf0);
const SET_ISSUER: [u8; 4] = [0xd9, 0x23, 0x22, 0x4a];
const MINT: [u8; 4] = [0x40, 0xc1, 0x0f, 0x19];
const TRANSFER: [u8; 4] = [0xa9, 0x05, 0x9c, 0xbb];

/// The fund of the demo, as compiled by solc, with `administrator` in its immutables.
fn fund(administrator: &Wallet) -> Bytes {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../gateway/artifacts/Fund.json");
    let artifact: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let text = artifact["deployedBytecode"].as_str().unwrap().trim_start_matches("0x");
    let mut code: Vec<u8> =
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect();
    for place in artifact["immutables"].as_array().unwrap() {
        let start = place[0].as_u64().unwrap() as usize + 12;
        code[start..start + 20].copy_from_slice(administrator.address.as_slice());
    }
    code.into()
}

fn word(wallet: &Wallet) -> U256 {
    U256::from_be_slice(wallet.address.as_slice())
}

fn call(wallet: &Wallet, nonce: u64, data: Vec<u8>) -> Vec<u8> {
    wallet.sign(&Sent { nonce, to: Some(TOKEN), data, gas: 100_000, ..Sent::default() })
}

fn accept(ledger: &Ledger, raws: &[Vec<u8>]) {
    for answer in ledger.submit(raws).unwrap() {
        answer.unwrap();
    }
}

#[test]
#[ignore = "a measurement, not a check"]
fn throughput() {
    let directory = tempfile::tempdir().unwrap();
    let wallets: Vec<Wallet> = (1..=SENDERS).map(Wallet::new).collect();
    let references: Vec<&Wallet> = wallets.iter().collect();
    let mut spec = genesis(&references);
    let code = fund(&wallets[0]);
    spec.block_gas_limit = 1 << 40;
    spec.accounts.push(GenesisAccount { address: TOKEN, balance: U256::ZERO, nonce: 1, code });
    let ledger = Ledger::open(directory.path(), spec, &SECRET).unwrap();
    let rules = Rules::default().public(TOKEN, SET_ISSUER).public(TOKEN, MINT).public(TOKEN, TRANSFER);
    let rules = references.iter().fold(rules, |rules, wallet| rules.wallet(wallet, false));
    ledger.set_policy(&rules.table(1)).unwrap();
    let all = SealLimits { transactions_max: u64::MAX, cycles_max: u64::MAX };

    let issuer = &wallets[0];
    accept(&ledger, &[call(issuer, 0, data(SET_ISSUER, &[word(issuer), U256::from(1)]))]);
    ledger.produce_block(START, all).unwrap().unwrap();
    let mints = wallets.iter().zip(1..);
    let mints: Vec<_> = mints
        .map(|(to, nonce)| call(issuer, nonce, data(MINT, &[word(to), U256::from(1u64 << 40)])))
        .collect();
    accept(&ledger, &mints);
    ledger.produce_block(START, all).unwrap().unwrap();
    ledger.seal(all).unwrap().unwrap();

    let count = u64::from(SENDERS) * EACH;
    let mut raws = Vec::new();
    for round in 0..EACH {
        for (index, wallet) in wallets.iter().enumerate() {
            let nonce = if index == 0 { round + 1 + u64::from(SENDERS) } else { round };
            let to = word(&wallets[(index + 1 + round as usize) % wallets.len()]);
            raws.push(call(wallet, nonce, data(TRANSFER, &[to, U256::from(5 + round)])));
        }
    }
    let report = |what: &str, begun: Instant| {
        let seconds = begun.elapsed().as_secs_f64();
        println!("{what}: {count} transfers in {seconds:.3} s = {:.0} a second", count as f64 / seconds);
    };
    let begun = Instant::now();
    for group in raws.chunks(500) {
        accept(&ledger, group);
    }
    report("taken in (validated, judged, durable)", begun);
    let begun = Instant::now();
    let block = ledger.produce_block(START + 1, all).unwrap().unwrap();
    report("executed and committed", begun);
    assert_eq!(block.transaction_hashes.len() as u64, count);
    let begun = Instant::now();
    ledger.seal(all).unwrap().unwrap();
    report("sealed with a witness", begun);
}
