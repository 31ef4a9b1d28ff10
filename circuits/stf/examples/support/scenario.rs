//! Random batches from a seed.

use prividium_policy::encode::encode_owned_wallet;
use prividium_policy::{
    encode_rule, encode_wallet, rule_preimage, wallet_preimage, AccessKind, PolicyRecorder, PolicyTable,
    PolicyView, RuleKind,
};
use prividium_state::WordWriter;
use prividium_stf::build::{BuildError, BuiltBatch, GenesisAccount};
use prividium_stf::revm::primitives::{keccak256, Address, Bytes, B256, U256};

use super::chain::Chain;
use super::conditions::{conditional_rules, own_call};
use super::keys::{Draft, Key};
use super::{call, child_init, machine_code, selector, token_code, CHAIN_ID};

/// SplitMix64: the same numbers for the same seed everywhere.
pub(crate) struct Random(pub u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

pub(crate) const TOKEN: Address = Address::repeat_byte(0x11);
pub(crate) const MACHINE: Address = Address::repeat_byte(0x22);
pub(crate) const OTHER_MACHINE: Address = Address::repeat_byte(0x33);

const USERS: u64 = 6;
pub(crate) const ROLE: u32 = 7;

/// Users whose wallets count as one.
pub(crate) const SHARING: [u64; 2] = [1, 3];

const OPEN_FUNCTIONS: [&str; 8] = [
    "fill(uint256,uint256,uint256)",
    "spin()",
    "ask(address,bytes)",
    "spawn(bytes32,uint256)",
    "spawnPlain(uint256)",
    "recall(uint256)",
    "digest(bytes)",
    "recover(bytes32,uint8,bytes32,bytes32)",
];

/// Functions below which nothing is judged.
const UMBRELLA_FUNCTIONS: [&str; 3] =
    ["touchLast(uint256)", "killLast(address)", "spawnAndKill(bytes32,address)"];

pub(crate) fn rule(target: Address, signature: &str, bytes: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    let (preimage, length) = rule_preimage(&target.0 .0, Some(selector(signature)));
    (preimage[..length].to_vec(), bytes)
}

/// Rules that let linked wallets do nearly everything; a few functions need a role, an argument, or are only read.
pub(crate) fn policy_entries() -> Vec<(Vec<u8>, Vec<u8>)> {
    let write = AccessKind::Write;
    let public = |umbrella| encode_rule(RuleKind::Public, write, umbrella, &[], &[]);
    let mut entries = Vec::new();
    for machine in [MACHINE, OTHER_MACHINE] {
        entries.extend(OPEN_FUNCTIONS.iter().map(|function| rule(machine, function, public(false))));
        entries.extend(UMBRELLA_FUNCTIONS.iter().map(|function| rule(machine, function, public(true))));
        let umbrella = machine == OTHER_MACHINE;
        entries.push(rule(machine, "forward(address,uint256,bytes)", public(umbrella)));
        let (preimage, length) = rule_preimage(&machine.0 .0, None);
        entries.push((preimage[..length].to_vec(), public(false)));
        entries.extend(conditional_rules(machine));
    }
    let token = |function, kind, access, roles: &[u32], arguments: &[u16]| {
        rule(TOKEN, function, encode_rule(kind, access, false, roles, arguments))
    };
    entries.push(token("transfer(address,uint256)", RuleKind::Public, write, &[], &[]));
    entries.push(token("mint(address,uint256)", RuleKind::CheckRole, write, &[ROLE], &[]));
    entries.push(token("balanceOf(address)", RuleKind::RestrictArgument, AccessKind::Read, &[], &[0]));
    let (and, or) = (RuleKind::CheckRoleAndRestrictArgument, RuleKind::CheckRoleOrRestrictArgument);
    entries.push(token("approve(address,uint256)", or, write, &[ROLE], &[0]));
    entries.push(token("transferFrom(address,address,uint256)", and, write, &[ROLE], &[0]));
    entries.push(token("totalSupply()", RuleKind::Forbidden, write, &[], &[]));
    for user in 0..USERS {
        let roles: &[u32] = if user % 2 == 0 { &[3, ROLE] } else { &[] };
        let wallet = match SHARING.contains(&user) {
            true => encode_owned_wallet(user < 4, roles, &[9; 16]),
            false => encode_wallet(user < 4, roles),
        };
        entries.push((wallet_preimage(&Key::new(user).address.0 .0).to_vec(), wallet));
    }
    entries
}

/// Slot of an account's balance in the token.
pub(crate) fn balance_slot(account: Address) -> U256 {
    U256::from_be_bytes(keccak256([account.into_word().0, [0; 32]].concat()).0)
}

/// A chain with users, a token and two machines.
pub(crate) fn new_chain() -> Chain {
    let mut accounts = Vec::new();
    let mut balances = Vec::new();
    for user in 0..=USERS {
        let address = Key::new(user).address;
        accounts.push(GenesisAccount { address, balance: U256::from(10u64.pow(18)), ..Default::default() });
        balances.push((balance_slot(address), U256::from(1_000_000)));
    }
    let contract = |address, code, storage| GenesisAccount {
        address,
        nonce: 1,
        code,
        storage,
        balance: U256::from(5000),
    };
    accounts.push(contract(TOKEN, token_code(), balances));
    accounts.push(contract(MACHINE, machine_code(), Vec::new()));
    accounts.push(contract(OTHER_MACHINE, machine_code(), Vec::new()));
    Chain::new(accounts, policy_entries())
}

/// Makes transactions with valid nonces.
pub(crate) struct Generator {
    pub(crate) random: Random,
    pub(crate) nonces: Vec<u64>,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: Random(seed), nonces: vec![0; USERS as usize + 1] }
    }

    fn address(&mut self) -> Address {
        match self.random.below(8) {
            0 => TOKEN,
            1 => MACHINE,
            2 => OTHER_MACHINE,
            3 => Address::with_last_byte(1 + self.random.below(6) as u8),
            4 => Address::from_word(keccak256(self.random.below(4).to_be_bytes())),
            _ => Key::new(self.random.below(USERS)).address,
        }
    }

    fn small(&mut self) -> U256 {
        U256::from(self.random.below(4))
    }

    fn bytes(&mut self) -> Vec<u8> {
        (0..self.random.below(70)).map(|_| self.random.next() as u8).collect()
    }

    /// Data for the token.
    fn token_call(&mut self, sender: Address) -> Bytes {
        let (other, amount) = (self.address(), U256::from(self.random.below(1_100_000)));
        match self.random.below(10) {
            0 => call("mint(address,uint256)", &[other.into(), amount.into()]),
            1 => call("approve(address,uint256)", &[other.into(), amount.into()]),
            2 => call("approve(address,uint256)", &[sender.into(), amount.into()]),
            3 => call("transferFrom(address,address,uint256)", &[sender.into(), other.into(), amount.into()]),
            4 => call("balanceOf(address)", &[sender.into()]),
            5 => call("totalSupply()", &[]),
            _ => call("transfer(address,uint256)", &[other.into(), amount.into()]),
        }
    }

    /// Data for a machine, which may call further.
    fn machine_call(&mut self, sender: Address, depth: u32) -> Bytes {
        let (slot, value, other) = (self.small(), self.small(), self.address());
        let salt = U256::from(self.random.below(3));
        match self.random.below(23) {
            0 | 1 => call("store(uint256,uint256)", &[slot.into(), value.into()]),
            2 => call("fill(uint256,uint256,uint256)", &[slot.into(), value.into(), slot.into()]),
            3 => call("fill(uint256,uint256,uint256)", &[0.into(), 6.into(), 0.into()]),
            4 => call("log(uint256,bytes)", &[value.into(), self.bytes().as_slice().into()]),
            5 => call("fail(uint256)", &[value.into()]),
            6 => call("spin()", &[]),
            7 | 8 => call("spawn(bytes32,uint256)", &[salt.into(), value.into()]),
            9 => call("spawnPlain(uint256)", &[value.into()]),
            10 | 11 => call("spawnAndKill(bytes32,address)", &[salt.into(), other.into()]),
            12 => call("touchLast(uint256)", &[value.into()]),
            13 => call("killLast(address)", &[other.into()]),
            14 => call("recall(uint256)", &[U256::from(self.random.below(9)).into()]),
            15 => call("digest(bytes)", &[self.bytes().as_slice().into()]),
            16 => self.recover_call(),
            17 | 21 => call("mark(uint256)", &[value.into()]),
            22 => own_call(&[(if value.is_zero() { other } else { sender }, &self.bytes())]),
            _ if depth > 2 => Bytes::new(),
            18 => {
                let data = self.data_for(other, sender, depth + 1);
                call("forward(address,uint256,bytes)", &[other.into(), value.into(), data.as_ref().into()])
            }
            19 => {
                let data = self.data_for(other, sender, depth + 1);
                call("ask(address,bytes)", &[other.into(), data.as_ref().into()])
            }
            _ => {
                let data = self.machine_call(sender, depth + 1);
                call("borrow(address,bytes)", &[OTHER_MACHINE.into(), data.as_ref().into()])
            }
        }
    }

    fn recover_call(&mut self) -> Bytes {
        let hash = B256::from(U256::from(self.random.next()));
        let (v, r, s) = Key::new(1).sign_hash(&hash);
        let word = U256::from_be_bytes(hash.0);
        call("recover(bytes32,uint8,bytes32,bytes32)", &[word.into(), v.into(), r.into(), s.into()])
    }

    fn data_for(&mut self, target: Address, sender: Address, depth: u32) -> Bytes {
        match target {
            TOKEN => self.token_call(sender),
            MACHINE | OTHER_MACHINE => self.machine_call(sender, depth),
            _ => self.bytes().into(),
        }
    }

    /// A signed transaction of a random user; it may be invalid or denied.
    pub(crate) fn transaction(&mut self) -> (usize, Bytes) {
        let user = self.random.below(USERS + 1) as usize;
        let key = Key::new(user as u64);
        let to = match self.random.below(12) {
            0 => None,
            1..=4 => Some(MACHINE),
            5 | 6 => Some(OTHER_MACHINE),
            7..=9 => Some(TOKEN),
            _ => Some(self.address()),
        };
        let data = match to {
            Some(target) => self.data_for(target, key.address, 0),
            None if self.random.below(4) == 0 => self.bytes().into(),
            None => [&child_init()[..], &self.small().to_be_bytes::<32>()].concat().into(),
        };
        let takes_value =
            to.is_none_or(|to| ![TOKEN, MACHINE, OTHER_MACHINE].contains(&to)) || data.is_empty();
        let mut draft = Draft {
            kind: [0, 1, 2, 2, 4][self.random.below(5) as usize],
            nonce: self.nonces[user],
            gas_price: u128::from(self.random.below(2) * 7),
            gas_limit: 300_000 + self.random.below(3) * 400_000,
            to,
            value: U256::from(if takes_value { self.random.below(3) * 11 } else { 0 }),
            data,
            ..Draft::default()
        };
        if draft.kind == 1 {
            draft.access_list = vec![(MACHINE, vec![U256::ZERO, U256::from(2)]), (self.address(), vec![])];
        }
        if draft.kind == 4 {
            self.authorize(&mut draft);
        }
        (user, key.transaction(&draft))
    }

    /// Adds authorizations, some of them void; a creation cannot carry any and becomes a plain type.
    fn authorize(&mut self, draft: &mut Draft) {
        if draft.to.is_none() {
            draft.kind = 2;
            return;
        }
        for _ in 0..1 + self.random.below(2) {
            let user = self.random.below(USERS);
            let delegate = [MACHINE, TOKEN, Address::ZERO][self.random.below(3) as usize];
            let chain_id = [0, CHAIN_ID, 1][self.random.below(3) as usize];
            let nonce = self.nonces[user as usize] + self.random.below(2);
            draft.authorizations.push(Key::new(user).authorize(chain_id, delegate, nonce));
        }
    }

    /// A batch of transactions that may stand where they stand, or `None` if none of those tried may.
    pub(crate) fn batch(&mut self, chain: &Chain) -> Option<BuiltBatch> {
        let mut blocks: Vec<Vec<Bytes>> = vec![Vec::new()];
        let mut best = None;
        for _ in 0..4 + self.random.below(16) {
            if self.random.below(4) == 0 && blocks.last().is_some_and(|block| !block.is_empty()) {
                blocks.push(Vec::new());
            }
            let (_, raw) = self.transaction();
            blocks.last_mut().expect("there is a block").push(raw);
            match chain.build(&chain.request(blocks.clone())) {
                Ok(built) => {
                    self.follow(&built);
                    best = Some(built);
                }
                Err(BuildError::Execution { .. } | BuildError::Transaction { .. }) => {
                    blocks.last_mut().expect("there is a block").pop();
                    if blocks.last().is_some_and(Vec::is_empty) && blocks.len() > 1 {
                        blocks.pop();
                    }
                }
                Err(error) => panic!("a batch cannot be built: {error:?}"),
            }
        }
        best
    }

    /// Takes over the nonces that a batch leaves.
    fn follow(&mut self, built: &BuiltBatch) {
        for (user, nonce) in self.nonces.iter_mut().enumerate() {
            let address = Key::new(user as u64).address;
            if let Some(change) = built.changes.accounts.iter().find(|change| change.address == address) {
                *nonce = change.state.nonce;
            }
        }
    }
}

/// A witness of one transfer that `entry` (a rule of the token, or the sender's wallet) decides otherwise than when the
/// witness was made.
pub(crate) fn rejudged_witness(preimage: &[u8], entry: Option<Vec<u8>>) -> Vec<u8> {
    let chain = new_chain();
    let key = Key::new(1);
    let data = call("transfer(address,uint256)", &[Key::new(2).address.into(), 5.into()]);
    let raw = key.transaction(&Draft { to: Some(TOKEN), data, ..Draft::default() });
    let witness = chain.witness(&chain.request(vec![vec![raw]])).expect("the transfer is allowed");
    let mut entries = policy_entries();
    entries.retain(|(key, _)| key != preimage);
    entries.extend(entry.map(|bytes| (preimage.to_vec(), bytes)));
    let other = PolicyTable::new(2, entries, &chain.secret).expect("the entries are valid");
    replace(&witness, &consulted(&chain.policy, &key), &consulted(&other, &key))
}

/// The policy part of a witness of one transfer.
fn consulted(table: &PolicyTable, key: &Key) -> Vec<u8> {
    let recorder = PolicyRecorder::new(table);
    let Ok(_) = recorder.wallet(&key.address.0 .0);
    let Ok(_) = recorder.rule(&TOKEN.0 .0, Some(selector("transfer(address,uint256)")));
    let mut out = WordWriter::new();
    recorder.write(&mut out).expect("the table is consistent");
    out.into_bytes()
}

pub(crate) fn replace(bytes: &[u8], part: &[u8], with: &[u8]) -> Vec<u8> {
    let at = bytes.windows(part.len()).position(|window| window == part).expect("the witness holds the part");
    [&bytes[..at], with, &bytes[at + part.len()..]].concat()
}
