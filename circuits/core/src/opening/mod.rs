//! Openings for auditors (`docs/protocol/disclosure.md`): JSON documents that lead from a fact to a batch's root.

mod call;
mod transaction;

pub use call::replay_call;

use serde_json::Value;

/// 0x-prefixed lower-case hexadecimal.
fn hex(bytes: impl AsRef<[u8]>) -> Value {
    let mut text = String::from("0x");
    for byte in bytes.as_ref() {
        text.push_str(&format!("{byte:02x}"));
    }
    Value::String(text)
}

/// A list of digests as hexadecimal.
fn hex_digests(digests: &[prividium_state::Digest]) -> Value {
    digests.iter().map(|digest| hex(digest.to_bytes())).collect()
}
