//! Openings for auditors (`docs/protocol/disclosure.md`): JSON documents that lead from a fact to a batch's root.

pub(crate) mod account;
pub(crate) mod call;
pub(crate) mod replay;
pub(crate) mod transaction;

use serde_json::Value;

/// 0x-prefixed lower-case hexadecimal.
fn hex(bytes: impl AsRef<[u8]>) -> Value {
    Value::String(hex_text(bytes))
}

fn hex_text(bytes: impl AsRef<[u8]>) -> String {
    let digits = bytes.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = digits.filter_map(|digit| char::from_digit(u32::from(digit), 16));
    ['0', 'x'].into_iter().chain(digits).collect()
}

/// A list of digests as hexadecimal.
fn hex_digests(digests: &[prividium_state::Digest]) -> Value {
    digests.iter().map(|digest| hex(digest.to_bytes())).collect()
}
