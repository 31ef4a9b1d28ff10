//! Prints `tests/vectors/commitments.json`: each commitment of `docs/protocol/commitments.md` with the inputs it is made
//! of. The slow Python twin in `tests/reference` confirms the file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use prividium_policy::{encode_rule, encode_wallet, rule_preimage, wallet_preimage, AccessKind, RuleKind};
use prividium_state::salt::SaltSecret;
use prividium_state::tree::{build, update};
use prividium_state::{
    account_key, head_key, link, list_digest, pair, policy_key, policy_value, storage_key, storage_value,
    transaction_leaf, AccountValue, Digest, HeadValue, Salt,
};
use prividium_stf::commit::{history_entry, log_leaf, receipt_leaf, BlockHeader};
use prividium_stf::revm::primitives::{hex, Address, Bytes, Log, B256};
use prividium_stf::BatchOutput;

/// A JSON value.
enum Json {
    Text(String),
    Number(u64),
    List(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

impl From<u64> for Json {
    fn from(value: u64) -> Self {
        Self::Number(value)
    }
}

impl From<&[u8]> for Json {
    fn from(bytes: &[u8]) -> Self {
        Self::Text(hex::encode_prefixed(bytes))
    }
}

impl<const N: usize> From<[u8; N]> for Json {
    fn from(bytes: [u8; N]) -> Self {
        bytes[..].into()
    }
}

impl From<Digest> for Json {
    fn from(digest: Digest) -> Self {
        digest.to_bytes().into()
    }
}

impl From<Salt> for Json {
    fn from(salt: Salt) -> Self {
        salt.to_bytes().into()
    }
}

impl From<B256> for Json {
    fn from(hash: B256) -> Self {
        hash.0.into()
    }
}

impl<T: Into<Self>> From<Vec<T>> for Json {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

fn object<const N: usize>(fields: [(&'static str, Json); N]) -> Json {
    Json::Object(fields.into())
}

fn print(json: &Json, indent: usize, out: &mut String) {
    let newline = |out: &mut String, indent: usize| {
        out.push('\n');
        out.push_str(&" ".repeat(indent));
    };
    match json {
        Json::Text(text) => write!(out, "\"{text}\"").expect("a string takes any text"),
        Json::Number(number) => write!(out, "{number}").expect("a string takes any text"),
        Json::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                newline(out, indent + 1);
                print(item, indent + 1, out);
            }
            if !items.is_empty() {
                newline(out, indent);
            }
            out.push(']');
        }
        Json::Object(fields) => {
            out.push('{');
            for (index, (name, value)) in fields.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                newline(out, indent + 1);
                write!(out, "\"{name}\": ").expect("a string takes any text");
                print(value, indent + 1, out);
            }
            newline(out, indent);
            out.push('}');
        }
    }
}

/// `N` bytes that differ from each other and for each seed.
fn bytes<const N: usize>(seed: u8) -> [u8; N] {
    core::array::from_fn(|index| seed.wrapping_add((index as u8).wrapping_mul(7)))
}

fn digest(seed: u8) -> Digest {
    Digest::from_bytes(&bytes(seed))
}

fn salt(seed: u8) -> Salt {
    Salt::from_bytes(&bytes(seed))
}

fn main() {
    let document = object([
        ("keys", keys()),
        ("pairs", pairs()),
        ("values", values()),
        ("logs", logs()),
        ("receipt", receipt()),
        ("blocks", blocks()),
        ("lists", lists()),
        ("policy", policy()),
        ("salts", salts()),
        ("trees", trees()),
        ("outputs", outputs()),
    ]);
    let mut out = String::new();
    print(&document, 0, &mut out);
    println!("{out}");
}

fn keys() -> Json {
    let (address, slot) = (bytes::<20>(1), bytes::<32>(2));
    object([
        ("address", address.into()),
        ("slot", slot.into()),
        ("account", account_key(&address).into()),
        ("storage", storage_key(&address, &slot).into()),
        ("head", head_key().into()),
    ])
}

fn pairs() -> Json {
    let (left, right) = (digest(3), digest(4));
    object([
        ("left", left.into()),
        ("right", right.into()),
        ("leaf", pair(&left, &right, 0).into()),
        ("node", pair(&left, &right, 1).into()),
        ("historyLink", link(&left, &right).into()),
    ])
}

fn values() -> Json {
    let account = AccountValue {
        nonce: 0x0102_0304_0506_0708,
        balance: bytes(5),
        code_hash: bytes(6),
        history_count: 77,
        history_head: digest(7),
    };
    let head = HeadValue {
        batch_number: 3,
        block_number: 9,
        timestamp: 1_700_000_000,
        block_hash: bytes(8),
        blocks_digest: digest(9),
    };
    object([
        ("salt", salt(10).into()),
        (
            "storage",
            object([
                ("value", bytes::<32>(11).into()),
                ("digest", storage_value(&bytes(11), &salt(10)).into()),
            ]),
        ),
        (
            "account",
            object([
                ("nonce", account.nonce.to_be_bytes().into()),
                ("balance", account.balance.into()),
                ("codeHash", account.code_hash.into()),
                ("historyCount", account.history_count.into()),
                ("historyHead", account.history_head.into()),
                ("historyDigest", account.history_digest().into()),
                ("digest", account.digest(&salt(10)).into()),
            ]),
        ),
        (
            "head",
            object([
                ("batchNumber", head.batch_number.into()),
                ("blockNumber", head.block_number.into()),
                ("timestamp", head.timestamp.into()),
                ("blockHash", head.block_hash.into()),
                ("blocksDigest", head.blocks_digest.into()),
                ("digest", head.digest(&salt(10)).into()),
            ]),
        ),
        (
            "transaction",
            object([
                ("hash", bytes::<32>(12).into()),
                ("leaf", transaction_leaf(&bytes(12), &salt(10)).into()),
            ]),
        ),
    ])
}

fn logs() -> Json {
    let log = |topics: u8, data: usize| {
        let topics: Vec<B256> = (0..topics).map(|topic| B256::from(bytes::<32>(20 + topic))).collect();
        let data: Vec<u8> = (0..data).map(|index| index as u8).collect();
        let address = bytes::<20>(13);
        let leaf = log_leaf(
            &Log::new_unchecked(Address::from(address), topics.clone(), Bytes::from(data.clone())),
            &salt(14),
        );
        object([
            ("address", address.into()),
            ("topics", topics.into()),
            ("data", data[..].into()),
            ("salt", salt(14).into()),
            ("leaf", leaf.into()),
        ])
    };
    Json::List(vec![log(0, 0), log(1, 31), log(3, 32), log(4, 200)])
}

fn receipt() -> Json {
    let leaf = receipt_leaf(true, 51_234, &digest(15), &salt(16));
    object([
        ("status", 1.into()),
        ("gasUsed", 51_234.into()),
        ("logsDigest", digest(15).into()),
        ("salt", salt(16).into()),
        ("leaf", leaf.into()),
        ("transactionLeaf", digest(17).into()),
        ("blockNumber", 41.into()),
        ("index", 2.into()),
        ("historyEntry", history_entry(41, 2, &digest(17), &leaf).into()),
    ])
}

fn blocks() -> Json {
    let header = BlockHeader {
        parent_hash: B256::from(bytes::<32>(18)),
        number: 41,
        timestamp: 1_700_000_041,
        beneficiary: Address::from(bytes::<20>(19)),
        gas_limit: 1 << 25,
        gas_used: 81_234,
        transactions_digest: digest(20),
        receipts_digest: digest(21),
    };
    object([
        ("parentHash", header.parent_hash.into()),
        ("number", header.number.into()),
        ("timestamp", header.timestamp.into()),
        ("beneficiary", header.beneficiary.0 .0.into()),
        ("gasLimit", header.gas_limit.into()),
        ("gasUsed", header.gas_used.into()),
        ("transactionsDigest", header.transactions_digest.into()),
        ("receiptsDigest", header.receipts_digest.into()),
        ("hash", header.hash().into()),
    ])
}

fn lists() -> Json {
    let list = |count: u8| {
        let leaves: Vec<Digest> = (0..count).map(|index| digest(30 + index)).collect();
        object([("digest", list_digest(&leaves).into()), ("leaves", leaves.into())])
    };
    Json::List([0, 1, 2, 3, 4, 5, 9].map(list).into())
}

fn policy() -> Json {
    let (rule_key, rule_length) = rule_preimage(&bytes(40), Some([0xa9, 0x05, 0x9c, 0xbb]));
    let (bare_key, bare_length) = rule_preimage(&bytes(40), None);
    let rule =
        |kind, roles: &[u32], arguments: &[u16]| encode_rule(kind, AccessKind::Write, true, roles, arguments);
    let entries = [
        (wallet_preimage(&bytes(41)).to_vec(), encode_wallet(true, &[1, 7, 900])),
        (rule_key[..rule_length].to_vec(), rule(RuleKind::CheckRoleOrRestrictArgument, &[7], &[0, 2])),
        (bare_key[..bare_length].to_vec(), encode_rule(RuleKind::Public, AccessKind::Read, false, &[], &[])),
    ];
    let entry = |(index, (preimage, bytes)): (usize, &(Vec<u8>, Vec<u8>))| {
        let salt = salt(42 + index as u8);
        object([
            ("preimage", preimage[..].into()),
            ("bytes", bytes[..].into()),
            ("salt", salt.into()),
            ("key", policy_key(preimage).into()),
            ("digest", policy_value(bytes, &salt).into()),
        ])
    };
    Json::List(entries.iter().enumerate().map(entry).collect())
}

fn salts() -> Json {
    let secret = SaltSecret::new(bytes(50));
    let hash = bytes::<32>(51);
    object([
        ("secret", bytes::<32>(50).into()),
        ("number", 12.into()),
        ("key", digest(52).into()),
        ("hash", hash.into()),
        ("logIndex", 3.into()),
        ("state", secret.state(&digest(52), 12).into()),
        ("transaction", secret.transaction(&hash, 12).into()),
        ("receipt", secret.receipt(&hash, 12).into()),
        ("log", secret.log(&hash, 3, 12).into()),
        ("policy", secret.policy(&digest(52), 12).into()),
    ])
}

/// Trees of several sizes, and each again after a third of its keys are deleted.
fn trees() -> Json {
    let tree = |count: u8| {
        let leaves: Vec<(Digest, Digest)> =
            (0..count).map(|index| (account_key(&bytes(index)), digest(index.wrapping_mul(3)))).collect();
        let (root, nodes) = build(&leaves).expect("the keys differ");
        let store: BTreeMap<_, _> = nodes.into_iter().collect();
        let deleted: Vec<_> = leaves.iter().step_by(3).map(|(key, _)| (*key, None)).collect();
        let (after, _) = update(&store, &root, &deleted).expect("the keys are there");
        let listed: Vec<Json> =
            leaves.iter().map(|(key, value)| Json::List(vec![(*key).into(), (*value).into()])).collect();
        object([
            ("leaves", Json::List(listed)),
            ("root", root.into()),
            ("deleted", deleted.iter().map(|(key, _)| *key).collect::<Vec<_>>().into()),
            ("rootAfter", after.into()),
        ])
    };
    Json::List([0, 1, 2, 3, 17, 40].map(tree).into())
}

fn outputs() -> Json {
    let output = |seed: u8, reserved: bool| {
        let word = |index: u8| {
            if reserved || index < 3 {
                B256::from(bytes::<32>(seed + index))
            } else {
                B256::ZERO
            }
        };
        let output = BatchOutput {
            chain_id: 6565,
            batch_number: u64::from(seed),
            prev_state: word(0),
            new_state: word(1),
            policy_root: word(2),
            l1_inbox_hash: word(3),
            message_root: word(4),
            imported_roots_hash: word(5),
            disclosure_log_root: word(6),
            da_commitment: word(7),
        };
        object([
            ("chainId", output.chain_id.into()),
            ("batchNumber", output.batch_number.into()),
            ("prevState", output.prev_state.into()),
            ("newState", output.new_state.into()),
            ("policyRoot", output.policy_root.into()),
            ("l1InboxHash", output.l1_inbox_hash.into()),
            ("messageRoot", output.message_root.into()),
            ("importedRootsHash", output.imported_roots_hash.into()),
            ("disclosureLogRoot", output.disclosure_log_root.into()),
            ("daCommitment", output.da_commitment.into()),
            ("digest", output.digest().into()),
        ])
    };
    Json::List(vec![output(1, false), output(200, true)])
}
