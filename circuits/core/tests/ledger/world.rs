//! A small chain for tests: signers, hand-assembled contracts, policies.

use k256::ecdsa::SigningKey;
use prividium_ledger::primitives::{keccak256, Address, Bytes, B256, U256};
use prividium_ledger::{Genesis, GenesisAccount, Ledger, PolicyTable, Result, SealLimits};
use prividium_policy::encode::{add_conditions, Draft};
use prividium_policy::{encode_rule, encode_wallet, rule_preimage, wallet_preimage, AccessKind, RuleKind};

pub(crate) const CHAIN_ID: u64 = 6565;
pub(crate) const SECRET: [u8; 32] = [7; 32];
pub(crate) const START: u64 = 1_764_000_000;
pub(crate) const NO_LIMITS: SealLimits = SealLimits { transactions_max: 1_000, cycles_max: u64::MAX };

/// Stores word 1 of its data under word 0; with one word only, returns what is stored under it.
pub(crate) const STORE_CODE: &[u8] = &[
    0x36, 0x60, 0x24, 0x14, 0x60, 0x0f, 0x57, // calldatasize == 36: jump to the read
    0x60, 0x24, 0x35, 0x60, 0x04, 0x35, 0x55, 0x00, // sstore(word 0, word 1)
    0x5b, 0x60, 0x04, 0x35, 0x54, 0x60, 0x00, 0x52, 0x60, 0x20, 0x60, 0x00,
    0xf3, // return sload(word 0)
];

/// Calls the address in word 0 with the data after it; reverts if that call fails.
pub(crate) const FORWARD_CODE: &[u8] = &[
    0x60, 0x24, 0x36, 0x03, 0x60, 0x24, 0x60, 0x00, 0x37, // copy the data after word 0 to memory
    0x60, 0x00, 0x60, 0x00, 0x60, 0x24, 0x36, 0x03, 0x60, 0x00, 0x60,
    0x00, // no output, this input, no value
    0x60, 0x04, 0x35, 0x5a, 0xf1, 0x15, 0x60, 0x1f, 0x57, 0x00, // call; failed: jump
    0x5b, 0x60, 0x00, 0x60, 0x00, 0xfd, // revert
];

pub(crate) const SET: [u8; 4] = [0xaa, 0, 0, 1];
pub(crate) const GET: [u8; 4] = [0xaa, 0, 0, 2];
pub(crate) const FORWARD: [u8; 4] = [0xaa, 0, 0, 3];

/// A wallet with a key of its own.
#[derive(Clone)]
pub(crate) struct Wallet {
    key: SigningKey,
    pub(crate) address: Address,
}

impl Wallet {
    pub(crate) fn new(seed: u8) -> Self {
        let key = SigningKey::from_slice(&[seed; 32]).expect("a valid key");
        let public = key.verifying_key().to_encoded_point(false);
        Self { address: Address::from_raw_public_key(&public.as_bytes()[1..]), key }
    }

    /// Signs an EIP-1559 transaction.
    pub(crate) fn sign(&self, sent: &Sent) -> Vec<u8> {
        let to = sent.to.map(|to| to.to_vec()).unwrap_or_default();
        let fields = [
            number(U256::from(sent.chain_id)),
            number(U256::from(sent.nonce)),
            number(U256::from(sent.tip)),
            number(U256::from(sent.fee)),
            number(U256::from(sent.gas)),
            string(&to),
            number(sent.value),
            string(&sent.data),
            list(&[]),
        ]
        .concat();
        let hash = keccak256([&[2][..], &list(&fields)].concat());
        let (signature, recovery) = self.key.sign_prehash_recoverable(hash.as_slice()).expect("signs");
        let (r, s) = signature.split_bytes();
        let tail = [
            number(U256::from(recovery.to_byte())),
            number(U256::from_be_slice(&r)),
            number(U256::from_be_slice(&s)),
        ]
        .concat();
        [&[2][..], &list(&[fields, tail].concat())].concat()
    }
}

/// The fields of a transaction that tests choose.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) chain_id: u64,
    pub(crate) nonce: u64,
    pub(crate) tip: u128,
    pub(crate) fee: u128,
    pub(crate) gas: u64,
    pub(crate) to: Option<Address>,
    pub(crate) value: U256,
    pub(crate) data: Vec<u8>,
}

impl Default for Sent {
    fn default() -> Self {
        Self {
            chain_id: CHAIN_ID,
            nonce: 0,
            tip: 0,
            fee: 0,
            gas: 500_000,
            to: None,
            value: U256::ZERO,
            data: Vec::new(),
        }
    }
}

fn string(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [byte @ 0..=0x7f] => vec![*byte],
        _ => [header(0x80, bytes.len()), bytes.to_vec()].concat(),
    }
}

fn number(value: U256) -> Vec<u8> {
    string(&value.to_be_bytes_trimmed_vec())
}

fn list(payload: &[u8]) -> Vec<u8> {
    [header(0xc0, payload.len()), payload.to_vec()].concat()
}

fn header(offset: u8, length: usize) -> Vec<u8> {
    if length < 56 {
        return vec![offset + length as u8];
    }
    let length = U256::from(length).to_be_bytes_trimmed_vec();
    [vec![offset + 55 + length.len() as u8], length].concat()
}

/// Selector and words.
pub(crate) fn data(selector: [u8; 4], words: &[U256]) -> Vec<u8> {
    let words = words.iter().flat_map(|word| word.to_be_bytes::<32>());
    selector.into_iter().chain(words).collect()
}

/// Init code that deploys `runtime`.
pub(crate) fn init_code(runtime: &[u8]) -> Vec<u8> {
    let length = runtime.len() as u8;
    let prefix = [0x60, length, 0x60, 0x0c, 0x60, 0x00, 0x39, 0x60, length, 0x60, 0x00, 0xf3];
    [&prefix[..], runtime].concat()
}

/// Address of a contract that stands in genesis.
pub(crate) fn contract(seed: u8) -> Address {
    Address::repeat_byte(seed)
}

pub(crate) fn genesis(wallets: &[&Wallet]) -> Genesis {
    let funded = wallets.iter().map(|wallet| GenesisAccount {
        address: wallet.address,
        balance: U256::from(10).pow(U256::from(21)),
        nonce: 0,
        code: Bytes::new(),
    });
    let contracts = [(0xc1, STORE_CODE), (0xc2, FORWARD_CODE)].map(|(seed, code)| GenesisAccount {
        address: contract(seed),
        balance: U256::ZERO,
        nonce: 1,
        code: Bytes::from_static(code),
    });
    Genesis {
        chain_id: CHAIN_ID,
        timestamp: START,
        beneficiary: Address::repeat_byte(0xfe),
        block_gas_limit: 1 << 27,
        accounts: funded.chain(contracts).collect(),
    }
}

/// Entries of a policy under construction.
#[derive(Clone, Default)]
pub(crate) struct Rules(Vec<(Vec<u8>, Vec<u8>)>);

impl Rules {
    pub(crate) fn wallet(mut self, wallet: &Wallet, may_deploy: bool) -> Self {
        self.0.push((wallet_preimage(&wallet.address.into_array()).to_vec(), encode_wallet(may_deploy, &[])));
        self
    }

    /// Everybody may call `selector` of `target`.
    pub(crate) fn public(self, target: Address, selector: [u8; 4]) -> Self {
        self.rule(target, selector, encode_rule(RuleKind::Public, AccessKind::Write, false, &[], &[]))
    }

    /// The rule of these bytes.
    pub(crate) fn rule(mut self, target: Address, selector: [u8; 4], rule: Vec<u8>) -> Self {
        let (preimage, length) = rule_preimage(&target.into_array(), Some(selector));
        self.0.push((preimage[..length].to_vec(), rule));
        self
    }

    /// Everybody may call `selector` of `target` under conditions.
    pub(crate) fn conditional(mut self, target: Address, selector: [u8; 4], conditions: &Draft) -> Self {
        let (preimage, length) = rule_preimage(&target.into_array(), Some(selector));
        self.0.retain(|(key, _)| key != &preimage[..length]);
        let rule = encode_rule(RuleKind::Public, AccessKind::Write, false, &[], &[]);
        self.rule(target, selector, add_conditions(rule, conditions))
    }

    pub(crate) fn table(self, version: u64) -> PolicyTable {
        PolicyTable::new(version, self.0).expect("a valid table")
    }
}

/// All wallets may deploy, store, read and forward.
pub(crate) fn open_rules(wallets: &[&Wallet]) -> Rules {
    let rules = Rules::default()
        .public(contract(0xc1), SET)
        .public(contract(0xc1), GET)
        .public(contract(0xc2), FORWARD);
    wallets.iter().fold(rules, |rules, wallet| rules.wallet(wallet, true))
}

/// A ledger in a fresh directory, with the open policy as version 1.
pub(crate) fn open_chain(directory: &std::path::Path, wallets: &[&Wallet]) -> Ledger {
    let ledger = Ledger::open(directory, genesis(wallets), &SECRET).expect("opens");
    ledger.set_policy(&open_rules(wallets).table(1)).expect("takes the policy");
    ledger
}

/// A transaction that stores `value` under `slot`.
pub(crate) fn store(nonce: u64, slot: u64, value: u64) -> Sent {
    let data = data(SET, &[U256::from(slot), U256::from(value)]);
    Sent { nonce, to: Some(contract(0xc1)), data, ..Sent::default() }
}

/// Submits one transaction.
pub(crate) fn submit(ledger: &Ledger, raw: Vec<u8>) -> Result<B256> {
    ledger.submit(&[raw]).expect("the store works").remove(0)
}
