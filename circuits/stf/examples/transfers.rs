//! Writes the benchmark's witness: N ERC-20 transfers between distinct existing accounts, one block, in a tree as deep
//! as one of a million leaves, with policy and history.
//!
//! `transfers OUT_FILE N` writes the witness and prints the output's digest.

mod support;

use std::collections::BTreeSet;

use prividium_policy::{encode_rule, encode_wallet, rule_preimage, wallet_preimage, AccessKind, RuleKind};
use prividium_state::{account_key, head_key, storage_key, tree, Digest};
use prividium_stf::build::GenesisAccount;
use prividium_stf::revm::primitives::{keccak256, Address, Bytes, U256};
use support::chain::{beneficiary, Chain};
use support::keys::{Draft, Key};
use support::scenario::{balance_slot, Random, TOKEN};
use support::{call, selector, token_code};

/// Depth of every leaf that the batch touches.
const DEPTH: usize = 20;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, count] = arguments.as_slice() else {
        eprintln!("usage: transfers OUT_FILE N");
        std::process::exit(2);
    };
    let count: u64 = count.parse().expect("N is a number");
    let chain = deep_chain(count);
    let transactions = (0..count).map(transfer).collect();
    let built = chain.build(&chain.request(vec![transactions])).expect("the transfers are allowed");
    std::fs::write(out, &built.witness).expect("the witness can be written");
    println!("{} transfers, {} bytes, {}", count, built.witness.len(), built.output.digest());
}

fn sender(index: u64) -> Key {
    Key::new(1000 + index)
}

fn recipient(index: u64) -> Address {
    Address::from_word(keccak256(index.to_be_bytes()))
}

fn transfer(index: u64) -> Bytes {
    let data = call("transfer(address,uint256)", &[recipient(index).into(), (100 + index).into()]);
    let kind = if index % 2 == 0 { 2 } else { 0 };
    sender(index).transaction(&Draft {
        kind,
        nonce: 5,
        to: Some(TOKEN),
        data,
        gas_limit: 100_000,
        ..Draft::default()
    })
}

fn deep_chain(count: u64) -> Chain {
    let mut accounts = vec![GenesisAccount { address: beneficiary(), nonce: 1, ..Default::default() }];
    let mut storage = Vec::new();
    for index in 0..count {
        let (from, to) = (sender(index).address, recipient(index));
        accounts.push(GenesisAccount { address: from, nonce: 5, ..Default::default() });
        accounts.push(GenesisAccount { address: to, balance: U256::from(1), ..Default::default() });
        storage.push((balance_slot(from), U256::from(1_000_000)));
        storage.push((balance_slot(to), U256::from(7)));
    }
    let mut keys: BTreeSet<Digest> =
        accounts.iter().map(|account| account_key(&account.address.0 .0)).collect();
    keys.insert(head_key());
    keys.insert(account_key(&TOKEN.0 .0));
    keys.extend(storage.iter().map(|(slot, _)| storage_key(&TOKEN.0 .0, &slot.to_be_bytes())));
    accounts.push(GenesisAccount {
        address: TOKEN,
        nonce: 1,
        code: token_code(),
        storage,
        ..Default::default()
    });
    let mut chain = Chain::new(accounts, policy(count));
    let (root, nodes) =
        tree::update(&chain.store, &chain.root, &neighbours(&keys)).expect("the keys are new");
    chain.store.nodes.extend(nodes);
    chain.root = root;
    chain
}

/// A leaf beside each level of each key's path, so that the path is as long as in a full tree of this depth.
fn neighbours(keys: &BTreeSet<Digest>) -> Vec<(Digest, Option<Digest>)> {
    let mut random = Random(7);
    let mut taken: BTreeSet<Vec<bool>> = keys.iter().flat_map(prefixes).collect();
    let mut leaves = Vec::new();
    for key in keys {
        for depth in 0..DEPTH {
            let mut prefix: Vec<bool> = (0..=depth).map(|bit| key.bit(bit)).collect();
            prefix[depth] = !prefix[depth];
            if !taken.insert(prefix.clone()) {
                continue;
            }
            let mut bytes = [0; 27];
            bytes.iter_mut().for_each(|byte| *byte = random.next() as u8);
            for (bit, one) in prefix.iter().enumerate() {
                let mask = 0x80 >> (bit & 7);
                bytes[bit >> 3] = if *one { bytes[bit >> 3] | mask } else { bytes[bit >> 3] & !mask };
            }
            leaves.push((Digest::from_bytes(&bytes), Some(Digest::from_bytes(&[1; 27]))));
        }
    }
    leaves
}

/// The beginnings of a key's path.
fn prefixes(key: &Digest) -> Vec<Vec<bool>> {
    (0..DEPTH).map(|depth| (0..=depth).map(|bit| key.bit(bit)).collect()).collect()
}

/// The senders' wallets among a thousand others, and a rule for transfers.
fn policy(count: u64) -> Vec<(Vec<u8>, Vec<u8>)> {
    let (preimage, length) = rule_preimage(&TOKEN.0 .0, Some(selector("transfer(address,uint256)")));
    let rule = encode_rule(RuleKind::CheckRole, AccessKind::Write, false, &[3, 9], &[]);
    let mut entries = vec![(preimage[..length].to_vec(), rule)];
    let wallet = encode_wallet(false, &[1, 9]);
    entries.extend(
        (0..count).map(|index| (wallet_preimage(&sender(index).address.0 .0).to_vec(), wallet.clone())),
    );
    entries.extend(
        (0..1000).map(|index| (wallet_preimage(&recipient(index + count).0 .0).to_vec(), wallet.clone())),
    );
    entries
}
