//! Decoding against envelopes signed by another library, and refusals.

use prividium_stf::revm::context::either::Either;
use prividium_stf::revm::primitives::{hex, Address, B256, U256};
use prividium_stf::transaction::{decode_transaction, TransactionError, TRANSACTION_BYTES_MAX};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::keys::{Draft, Key};
use crate::support::CHAIN_ID;

const VECTORS: &str = include_str!("../../../../tests/vectors/transactions.json");

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().expect("a string")
}

fn decimal(vector: &Value, field: &str) -> U256 {
    U256::from_str_radix(text(vector, field), 10).expect("a number")
}

#[test]
fn envelopes_of_another_library_decode_to_their_fields() {
    let vectors: Value = serde_json::from_str(VECTORS).expect("the file is JSON");
    for vector in vectors["transactions"].as_array().expect("a list") {
        let raw = hex::decode(text(vector, "raw")).unwrap();
        let decoded = decode_transaction(&raw, CHAIN_ID).unwrap();
        let env = &decoded.env;
        assert_eq!(decoded.hash, text(vector, "hash").parse::<B256>().unwrap());
        assert_eq!(decoded.sender, text(vector, "sender").parse::<Address>().unwrap());
        assert_eq!(env.caller, decoded.sender);
        assert_eq!(Some(u64::from(env.tx_type)), vector["type"].as_u64());
        assert_eq!(Some(env.nonce), vector["nonce"].as_u64());
        assert_eq!(Some(env.gas_limit), vector["gas"].as_u64());
        assert_eq!(U256::from(env.gas_price), decimal(vector, "maxFee"));
        let priority = vector["priorityFee"].as_str().map(|fee| fee.parse::<u128>().unwrap());
        assert_eq!(env.gas_priority_fee, priority);
        let to = vector["to"].as_str().map(|to| to.parse::<Address>().unwrap());
        assert_eq!(env.kind.to().copied(), to);
        assert_eq!(env.value, decimal(vector, "value"));
        assert_eq!(env.data, hex::decode(text(vector, "data")).unwrap());
        let keys: usize = env.access_list.0.iter().map(|item| item.storage_keys.len()).sum();
        assert_eq!(Some(keys as u64), vector["storageKeys"].as_u64());
        let authorities: Vec<_> = env
            .authorization_list
            .iter()
            .map(|item| match item {
                Either::Right(recovered) => {
                    recovered.authority().map(|address| address.to_string().to_lowercase())
                }
                Either::Left(_) => None,
            })
            .collect();
        let expected: Vec<_> =
            vector["authorities"].as_array().unwrap().iter().map(|a| a.as_str().map(str::to_owned)).collect();
        assert_eq!(authorities, expected);
        assert_eq!(decoded.r, text(vector, "r").parse::<U256>().unwrap());
        assert_eq!(decoded.s, text(vector, "s").parse::<U256>().unwrap());
    }
}

fn refusal(raw: &[u8]) -> TransactionError {
    decode_transaction(raw, CHAIN_ID).expect_err("it must be refused")
}

#[test]
fn each_kind_of_bad_envelope_is_refused_for_its_own_reason() {
    let key = Key::new(1);
    let draft = |kind| Draft { kind, to: Some(Address::ZERO), ..Draft::default() };
    for kind in [0, 1, 2] {
        let foreign = key.transaction(&Draft { chain_id: 1, ..draft(kind) });
        assert_eq!(refusal(&foreign), TransactionError::ChainId, "type {kind}");
        let greedy = key.transaction(&Draft { gas_limit: (1 << 24) + 1, ..draft(kind) });
        assert_eq!(refusal(&greedy), TransactionError::GasLimitTooHigh);
        let raw = key.transaction(&draft(kind));
        assert!(decode_transaction(&raw, CHAIN_ID).is_ok());
        assert_eq!(refusal(&raw[..raw.len() - 1]), TransactionError::Rlp);
        assert_eq!(refusal(&[&raw[..], &[0]].concat()), TransactionError::Rlp);
    }
    let blob = [&[3][..], &key.transaction(&draft(2))[1..]].concat();
    assert_eq!(refusal(&blob), TransactionError::TypeUnsupported(3));
    assert_eq!(refusal(&[]), TransactionError::Rlp);
    assert_eq!(refusal(&[0x80]), TransactionError::Rlp);
    assert_eq!(refusal(&vec![0xff; TRANSACTION_BYTES_MAX + 1]), TransactionError::TooLarge);
    let create = Draft {
        kind: 4,
        authorizations: vec![key.authorize(CHAIN_ID, Address::ZERO, 0)],
        ..Draft::default()
    };
    assert_eq!(refusal(&key.transaction(&create)), TransactionError::Rlp);
}

#[test]
fn a_signature_with_high_s_is_refused() {
    let raw = Key::new(1).transaction(&Draft { to: Some(Address::ZERO), ..Draft::default() });
    let order = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141".parse::<U256>().unwrap();
    let s = decode_transaction(&raw, CHAIN_ID).unwrap().s;
    let mut high = raw[..raw.len() - 32].to_vec();
    assert_eq!(raw[raw.len() - 33], 0xa0, "the test needs an s of 32 bytes");
    high.extend((order - s).to_be_bytes::<32>());
    assert_eq!(refusal(&high), TransactionError::Signature);
}

#[test]
fn an_authorization_that_nobody_signed_or_for_another_chain_names_no_authority() {
    let key = Key::new(1);
    let good = key.authorize(CHAIN_ID, Address::ZERO, 0);
    let mut crooked = good.clone();
    // the parity stands before r: two headers and 64 bytes from the end
    let at = crooked.len() - 67;
    crooked[at] = 9;
    let foreign = key.authorize(1, Address::ZERO, 0);
    let authorizations = vec![good, crooked, foreign];
    let draft = Draft { kind: 4, to: Some(Address::ZERO), authorizations, ..Draft::default() };
    let env = decode_transaction(&key.transaction(&draft), CHAIN_ID).unwrap().env;
    let named: Vec<bool> = env
        .authorization_list
        .iter()
        .map(|item| matches!(item, Either::Right(recovered) if recovered.authority() == Some(key.address)))
        .collect();
    assert_eq!(named, [true, false, false]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 0u8..5) {
        let _ = decode_transaction(&bytes, CHAIN_ID);
        let _ = decode_transaction(&[&[kind][..], &bytes].concat(), CHAIN_ID);
        let mut listed = bytes.clone();
        listed.truncate(55);
        let _ = decode_transaction(&[&[0xc0 + listed.len() as u8][..], &listed].concat(), CHAIN_ID);
    }

    #[test]
    fn a_flipped_bit_never_keeps_hash_and_sender(at in any::<prop::sample::Index>(), bit in 0u32..8, kind in 0u8..3) {
        let key = Key::new(2);
        let data = b"hello".to_vec().into();
        let raw = key.transaction(&Draft { kind, to: Some(Address::ZERO), data, ..Draft::default() });
        let mut flipped = raw.to_vec();
        flipped[at.index(raw.len())] ^= 1 << bit;
        if let Ok(other) = decode_transaction(&flipped, CHAIN_ID) {
            prop_assert_ne!(other.sender, key.address);
            prop_assert_ne!(other.hash, decode_transaction(&raw, CHAIN_ID).unwrap().hash);
        }
    }
}
