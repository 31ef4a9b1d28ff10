//! A chain in memory with keys and contracts, to make witnesses from. Shared by the examples and the tests.

#![allow(dead_code, reason = "every example and test uses another part")]

pub(crate) mod chain;
pub(crate) mod conditions;
pub(crate) mod keys;
pub(crate) mod scenario;

use prividium_stf::revm::primitives::{hex, keccak256, Address, Bytes, U256};

/// Chain id of generated batches.
pub(crate) const CHAIN_ID: u64 = 6565;

/// Runtime code of `Token.sol`.
pub(crate) fn token_code() -> Bytes {
    code(include_str!("Token.hex"))
}

/// Runtime code of `Machine.sol`.
pub(crate) fn machine_code() -> Bytes {
    code(include_str!("Machine.hex"))
}

/// Init code of `Child` in `Machine.sol`, without its constructor argument.
pub(crate) fn child_init() -> Bytes {
    code(include_str!("ChildInit.hex"))
}

fn code(text: &str) -> Bytes {
    hex::decode(text.trim()).expect("the file holds hexadecimal").into()
}

/// The first four bytes of the hash of a function's signature.
pub(crate) fn selector(signature: &str) -> [u8; 4] {
    keccak256(signature).0[..4].try_into().expect("four of 32 bytes")
}

/// An ABI argument.
pub(crate) enum Arg<'a> {
    Word(U256),
    Bytes(&'a [u8]),
}

impl From<U256> for Arg<'_> {
    fn from(value: U256) -> Self {
        Self::Word(value)
    }
}

impl From<u64> for Arg<'_> {
    fn from(value: u64) -> Self {
        Self::Word(U256::from(value))
    }
}

impl From<Address> for Arg<'_> {
    fn from(value: Address) -> Self {
        Self::Word(value.into_word().into())
    }
}

impl<'a> From<&'a [u8]> for Arg<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}

/// Call data: selector, then arguments, dynamic ones behind the others.
pub(crate) fn call(signature: &str, arguments: &[Arg<'_>]) -> Bytes {
    let mut head = selector(signature).to_vec();
    let mut tail = Vec::new();
    for argument in arguments {
        match argument {
            Arg::Word(word) => head.extend(word.to_be_bytes::<32>()),
            Arg::Bytes(bytes) => {
                let offset = arguments.len() * 32 + tail.len();
                head.extend(U256::from(offset).to_be_bytes::<32>());
                tail.extend(U256::from(bytes.len()).to_be_bytes::<32>());
                tail.extend_from_slice(bytes);
                tail.resize(tail.len().next_multiple_of(32), 0);
            }
        }
    }
    head.extend(tail);
    head.into()
}
