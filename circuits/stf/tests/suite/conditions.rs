//! Conditions against random bytes and against the shared vectors, which the slow twin in Python made.

use prividium_policy::{
    decide, encode_rule, encode_wallet, rule_preimage, wallet_preimage, AccessKind, Amount, Frame,
    PolicyTable, PolicyView, Question, RuleKind,
};
use prividium_state::salt::SaltSecret;
use prividium_stf::revm::primitives::hex;
use proptest::prelude::*;
use serde_json::Value;

const SIGNER: [u8; 20] = [0x11; 20];
const TARGET: [u8; 20] = [0xcc; 20];

/// A counter's slot and its value afterwards; `None` beyond the limit.
type Move = ([u8; 32], Option<[u8; 32]>);

fn secret() -> SaltSecret {
    SaltSecret::new([3; 32])
}

/// What a table says to a write of the signer: the reason, and slot and value of each counter that moves from zero.
fn judge(table: &PolicyTable, data: &[u8], timestamp: u64) -> (&'static str, Vec<Move>) {
    let Ok(wallet) = table.wallet(&SIGNER);
    let question = Question {
        signer: &SIGNER,
        wallet,
        frame: Frame::Call { target: &TARGET, data, is_precompile: false, has_code: true },
        access: AccessKind::Write,
        below_umbrella: false,
        has_authorizations: false,
        timestamp,
    };
    let Ok(decision) = decide(table, &question);
    match decision {
        Ok(allow) => {
            let moves = allow.charges.iter().map(|charge| (charge.slot, charge.apply(&[0; 32])));
            (allow.reason.id(), moves.collect())
        }
        Err(denial) => (denial.reason.id(), Vec::new()),
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().expect("the vector is text")).expect("the vector is hexadecimal")
}

#[test]
fn the_shared_vectors_are_decided_as_the_twin_does() {
    let vectors: Value = serde_json::from_str(include_str!("../../../../tests/vectors/policy.json")).unwrap();
    let cases = vectors.as_array().unwrap();
    assert!(cases.len() > 50);
    for case in cases {
        let list = |name: &str| case[name].as_array().unwrap();
        let entries = list("entries").iter().map(|entry| (bytes(&entry[0]), bytes(&entry[1]))).collect();
        let table = PolicyTable::new(1, entries, &secret()).unwrap();
        let (reason, moves) = judge(&table, &bytes(&case["data"]), case["timestamp"].as_u64().unwrap());
        assert_eq!(reason, case["reason"], "{}", case["name"]);
        let expected: Vec<_> =
            list("counters").iter().map(|pair| (bytes(&pair[0]), bytes(&pair[1]))).collect();
        let moved: Vec<_> =
            moves.iter().map(|(slot, word)| (slot.to_vec(), word.unwrap().to_vec())).collect();
        assert_eq!(moved, expected, "{}", case["name"]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn amounts_add_as_numbers_do(a in any::<[u8; 24]>(), b in any::<[u8; 24]>()) {
        let sum = Amount::from_bytes(&a).checked_add(Amount::from_bytes(&b));
        let (mut expected, mut carry) = ([0; 24], 0u16);
        for at in (0..24).rev() {
            let digit = u16::from(a[at]) + u16::from(b[at]) + carry;
            expected[at] = digit as u8;
            carry = digit >> 8;
        }
        prop_assert_eq!(sum.map(Amount::to_bytes), (carry == 0).then_some(expected));
        prop_assert_eq!(Amount::from_bytes(&a) < Amount::from_bytes(&b), a < b);
    }

    #[test]
    fn any_bytes_behind_a_rule_are_an_entry_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..120), data in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut rule = encode_rule(RuleKind::RestrictArgument, AccessKind::Write, false, &[], &[0]);
        rule[2] = 2;
        rule.extend(bytes);
        let (preimage, length) = rule_preimage(&TARGET, data.first_chunk().copied());
        let wallet = (wallet_preimage(&SIGNER).to_vec(), encode_wallet(false, &[]));
        if let Ok(table) = PolicyTable::new(1, vec![wallet, (preimage[..length].to_vec(), rule)], &secret()) {
            judge(&table, &data, 0);
        }
    }
}
