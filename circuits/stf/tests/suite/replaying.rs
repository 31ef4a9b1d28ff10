//! Calls that are opened for an auditor and replayed.

use prividium_state::{head_key, pair, verify_list_path};
use prividium_stf::build::{open_paths, BlockLeaves};
use prividium_stf::commit::{block_leaf, BlockCommitment, TransactionSalts};
use prividium_stf::executor::BlockContext;
use prividium_stf::replay::{open_call, replay_call, CallOpening, ReplayError};
use prividium_stf::revm::primitives::{Bytes, B256, U256};
use prividium_stf::transaction::decode_transaction;

use crate::support::chain::{beneficiary, Chain};
use crate::support::keys::{Draft, Key};
use crate::support::scenario::{new_chain, MACHINE, TOKEN};
use crate::support::{call, CHAIN_ID};

fn balance_of(user: u64) -> Bytes {
    call("balanceOf(address)", &[Key::new(user).address.into()])
}

fn opened(chain: &Chain) -> (CallOpening, Bytes) {
    open_call(&chain.store, &chain.root, CHAIN_ID, TOKEN, balance_of(1)).unwrap()
}

#[test]
fn a_balance_is_replayed_from_openings_alone() {
    let chain = new_chain();
    let (opening, answer) = opened(&chain);
    assert_eq!(answer[..], U256::from(1_000_000).to_be_bytes::<32>());
    assert_eq!(replay_call(&opening, &chain.root, CHAIN_ID), Ok(answer));
    // nothing but the token and one slot is shown
    assert_eq!((opening.accounts.len(), opening.slots.len(), opening.codes.len()), (1, 1, 1));
}

#[test]
fn an_altered_opening_is_refused() {
    let chain = new_chain();
    let (opening, answer) = opened(&chain);
    let replay = |change: fn(&mut CallOpening)| {
        let mut copy = opening.clone();
        change(&mut copy);
        replay_call(&copy, &chain.root, CHAIN_ID)
    };
    let slot = replay(|copy| copy.slots[0].2.as_mut().unwrap().value[31] ^= 1);
    assert!(matches!(slot, Err(ReplayError::Slot(..))));
    assert!(matches!(replay(|copy| copy.slots[0].2 = None), Err(ReplayError::Slot(..))));
    assert!(matches!(
        replay(|copy| copy.accounts[0].1.as_mut().unwrap().nonce += 1),
        Err(ReplayError::Account(_))
    ));
    assert!(matches!(replay(|copy| copy.slots.clear()), Err(ReplayError::Tree(_))));
    assert!(matches!(replay(|copy| copy.codes.clear()), Err(ReplayError::Read(_))));
    assert!(matches!(replay(|copy| copy.data = balance_of(2)), Err(ReplayError::Read(_))));
    assert!(matches!(replay(|copy| copy.tree.truncate(9)), Err(ReplayError::Tree(_))));
    assert!(matches!(
        replay(|copy| *copy.tree.last_mut().unwrap() ^= 1),
        Err(ReplayError::Tree(_) | ReplayError::Root)
    ));
    let code =
        replay(|copy| copy.codes = vec![Bytes::from_static(&[0x60, 1, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3])]);
    assert!(matches!(code, Err(ReplayError::Read(_))));
    assert_eq!(replay_call(&opening, &[1; 32], CHAIN_ID), Err(ReplayError::Root));
    assert_eq!(replay_call(&opening, &chain.root, CHAIN_ID), Ok(answer));
}

#[test]
fn an_absence_that_would_show_a_neighbour_is_not_opened() {
    let chain = new_chain();
    let codes: Vec<_> = (100..140)
        .filter_map(|user| open_call(&chain.store, &chain.root, CHAIN_ID, TOKEN, balance_of(user)).err())
        .map(|error| error.code())
        .collect();
    assert!(!codes.is_empty() && codes.iter().all(|code| *code == "absence_undisclosable"));
}

#[test]
fn a_call_that_reverts_or_has_no_code_opens_nothing_wrong() {
    let chain = new_chain();
    let fail = open_call(&chain.store, &chain.root, CHAIN_ID, MACHINE, call("fail(uint256)", &[1.into()]));
    assert_eq!(fail.unwrap_err().code(), "call_reverted");
}

#[test]
fn a_transactions_paths_lead_to_the_state_root() {
    let mut chain = new_chain();
    let raws: Vec<Bytes> = (0..3)
        .map(|nonce| {
            let data = call("transfer(address,uint256)", &[Key::new(2).address.into(), (1 + nonce).into()]);
            Key::new(1).transaction(&Draft { nonce, to: Some(TOKEN), data, ..Draft::default() })
        })
        .collect();
    let built = chain.build(&chain.request(vec![raws.clone()])).unwrap();
    let parent_hash = built.headers[0].parent_hash;
    chain.apply(&built);
    let header = built.headers[0];
    let context = BlockContext {
        number: header.number,
        timestamp: header.timestamp,
        beneficiary: beneficiary(),
        gas_limit: header.gas_limit,
        parent_hash,
    };
    let mut commitment = BlockCommitment::new(context);
    for (raw, outcome) in raws.iter().zip(&built.outcomes[0]) {
        let hash = decode_transaction(raw, CHAIN_ID).unwrap().hash;
        let salts = TransactionSalts::derive(&chain.secret, &hash, outcome.logs.len(), header.number);
        commitment.add(&hash, outcome, &salts).unwrap();
    }
    assert_eq!(commitment.header(), header);
    let (transactions, receipts) = commitment.leaves();
    let blocks = [block_leaf(&header.hash())];
    let leaves = BlockLeaves { transactions, receipts };
    let paths = open_paths(&chain.store, &chain.root, &leaves, 1, &blocks, 0).unwrap().unwrap();
    assert!(verify_list_path(&header.transactions_digest, 3, 1, &transactions[1], &paths.transaction));
    assert!(verify_list_path(&header.receipts_digest, 3, 1, &receipts[1], &paths.receipt));
    assert!(verify_list_path(&built.head.blocks_digest, 1, 0, &blocks[0], &paths.block));
    let key = head_key();
    let salt = chain.secret.state(&key, 1);
    let leaf = pair(&key, &built.head.digest(&salt), 0);
    let depth = paths.state.len();
    let top = paths.state.iter().enumerate().fold(leaf, |at, (height, sibling)| {
        if key.bit(depth - 1 - height) {
            pair(sibling, &at, 1)
        } else {
            pair(&at, sibling, 1)
        }
    });
    assert_eq!(top.to_bytes(), chain.root[..27]);
    assert_eq!(B256::from(chain.root), built.output.new_state);
    assert!(open_paths(&chain.store, &chain.root, &leaves, 3, &blocks, 0).unwrap().is_none());
}
