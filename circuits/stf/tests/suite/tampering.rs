//! A witness has one form: whatever is changed in it, the output changes or there is an error.

use prividium_stf::{run, StfError};
use proptest::prelude::*;

use crate::support::call;
use crate::support::chain::Chain;
use crate::support::keys::{Draft, Key};
use crate::support::scenario::{new_chain, Generator, MACHINE, TOKEN};

/// A witness with everything in it: ancestors, codes, deletions, logs, absent accounts, two blocks.
fn rich_witness() -> Vec<u8> {
    let mut chain = new_chain();
    let key = Key::new(1);
    let mut nonce = 0;
    let mut send = |to, data| {
        nonce += 1;
        key.transaction(&Draft {
            nonce: nonce - 1,
            to: Some(to),
            data,
            gas_limit: 1_000_000,
            ..Draft::default()
        })
    };
    let fill = |value: u64| call("fill(uint256,uint256,uint256)", &[0.into(), 3.into(), value.into()]);
    let first = vec![vec![send(MACHINE, fill(8))], vec![send(MACHINE, call("recall(uint256)", &[1.into()]))]];
    step(&mut chain, first);
    let stranger = prividium_stf::revm::primitives::Address::repeat_byte(0x42);
    let mark = call("mark(uint256)", &[1.into()]);
    let blocks = vec![
        vec![
            send(MACHINE, fill(0)),
            send(MACHINE, call("recall(uint256)", &[2.into()])),
            send(MACHINE, mark),
        ],
        vec![send(TOKEN, call("transfer(address,uint256)", &[stranger.into(), 3.into()]))],
    ];
    chain.build(&chain.request(blocks)).unwrap().witness
}

fn step(chain: &mut Chain, blocks: Vec<Vec<prividium_stf::revm::primitives::Bytes>>) {
    let built = chain.build(&chain.request(blocks)).unwrap();
    chain.apply(&built);
}

#[test]
fn every_word_counts() {
    let witness = rich_witness();
    let expected = run(&witness).unwrap();
    for word in 0..witness.len() / 4 {
        for bit in [0, 9, 18, 31] {
            let mut copy = witness.clone();
            copy[word * 4 + bit / 8] ^= 1 << (bit % 8);
            assert_ne!(run(&copy).ok(), Some(expected), "bit {bit} of word {word}");
        }
    }
}

#[test]
fn every_shorter_and_longer_witness_is_an_error() {
    let witness = rich_witness();
    for length in (0..witness.len()).step_by(4) {
        assert!(run(&witness[..length]).is_err(), "{length} bytes");
    }
    assert_eq!(run(&witness[..witness.len() - 1]), Err(StfError::Length));
    assert_eq!(run(&[&witness[..], &[0; 4]].concat()), Err(StfError::Trailing));
    assert_eq!(run(b""), Err(StfError::Truncated));
    assert_eq!(run(b"PVWU\x01\0\0\0"), Err(StfError::Magic));
    assert_eq!(run(b"PVWT\x02\0\0\0"), Err(StfError::Version(2)));
}

#[test]
fn a_witness_may_lie_anywhere_in_memory() {
    let witness = rich_witness();
    let mut shifted = vec![0; witness.len() + 4];
    for offset in 0..4 {
        shifted[offset..offset + witness.len()].copy_from_slice(&witness);
        assert_eq!(run(&shifted[offset..offset + witness.len()]), run(&witness));
    }
}

#[test]
fn a_witness_for_another_chain_is_refused() {
    let mut witness = rich_witness();
    witness[8] ^= 1;
    assert_eq!(run(&witness).unwrap_err().code(), "chain_id_mismatch");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn random_damage_never_panics_nor_goes_unseen(
        seed in 0u64..6,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let chain = new_chain();
        let Some(built) = Generator::new(seed).batch(&chain) else { return Ok(()) };
        let mut copy = built.witness.clone();
        for (at, value) in damage {
            copy[at.index(built.witness.len())] = value;
        }
        prop_assume!(copy != built.witness);
        prop_assert_ne!(run(&copy).ok(), Some(built.output));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = run(&bytes);
        let _ = run(&[&b"PVWT\x01\0\0\0"[..], &bytes].concat());
    }
}
