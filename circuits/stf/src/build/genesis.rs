//! The state of batch 0.

use alloc::vec::Vec;

use prividium_state::salt::SaltSecret;
use prividium_state::tree::{self, Node};
use prividium_state::{
    account_key, head_key, list_digest, storage_key, AccountValue, Digest, HeadValue, Root, StorageValue,
    NO_CODE,
};
use revm::primitives::{keccak256, Address, Bytes, B256, U256};

use crate::commit::{block_leaf, BlockHeader};

/// An account that exists from the start.
#[derive(Clone, Default, Debug)]
pub struct GenesisAccount {
    /// Address.
    pub address: Address,
    /// Balance in wei.
    pub balance: U256,
    /// Nonce.
    pub nonce: u64,
    /// Code.
    pub code: Bytes,
    /// Slots and values.
    pub storage: Vec<(U256, U256)>,
}

/// What a chain starts from.
#[derive(Clone, Default, Debug)]
pub struct GenesisSpec {
    /// Timestamp of block 0, in seconds.
    pub timestamp: u64,
    /// Beneficiary of block 0.
    pub beneficiary: Address,
    /// Gas limit of block 0.
    pub gas_limit: u64,
    /// Accounts.
    pub accounts: Vec<GenesisAccount>,
}

/// Why there is no such genesis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GenesisError {
    /// An account or slot appears twice.
    Duplicate,
    /// Code that no contract could have (EIP-3541).
    Code(Address),
    /// Storage without code.
    Storage(Address),
    /// An account with nothing in it.
    Empty(Address),
}

impl GenesisError {
    /// Stable identifier.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Duplicate => "genesis_duplicate",
            Self::Code(_) => "genesis_code_invalid",
            Self::Storage(_) => "genesis_storage_without_code",
            Self::Empty(_) => "genesis_account_empty",
        }
    }
}

impl core::fmt::Display for GenesisError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.code())
    }
}

impl core::error::Error for GenesisError {}

/// Everything to store before block 1.
#[derive(Clone, Debug)]
pub struct Genesis {
    /// Root of the state.
    pub root: Root,
    /// Head leaf.
    pub head: HeadValue,
    /// Header of block 0.
    pub header: BlockHeader,
    /// Tree nodes.
    pub nodes: Vec<(Digest, Node)>,
    /// Leaf values.
    pub values: Vec<(Digest, Vec<u8>)>,
    /// Codes by hash.
    pub codes: Vec<(B256, Bytes)>,
}

/// Makes the state of batch 0. Salts are those of batch 0.
///
/// # Errors
/// See [`GenesisError`].
pub fn make_genesis(spec: &GenesisSpec, salts: &SaltSecret) -> Result<Genesis, GenesisError> {
    let mut leaves = Vec::new();
    let mut values = Vec::new();
    let mut codes = Vec::new();
    for account in &spec.accounts {
        let code_hash = check(account)?;
        if !account.code.is_empty() {
            codes.push((code_hash, account.code.clone()));
        }
        let key = account_key(&account.address.0 .0);
        let value = AccountValue {
            nonce: account.nonce,
            balance: account.balance.to_be_bytes(),
            code_hash: code_hash.0,
            ..AccountValue::ABSENT
        };
        let salt = salts.state(&key, 0).shortened();
        leaves.push((key, value.digest(&salt)));
        values.push((value.digest(&salt), value.encode(&salt)));
        for (slot, value) in account.storage.iter().filter(|(_, value)| !value.is_zero()) {
            let key = storage_key(&account.address.0 .0, &slot.to_be_bytes());
            let value = StorageValue { value: value.to_be_bytes(), salt: salts.state(&key, 0) };
            leaves.push((key, value.digest()));
            values.push((value.digest(), value.encode()));
        }
    }
    let header = BlockHeader {
        parent_hash: B256::ZERO,
        number: 0,
        timestamp: spec.timestamp,
        beneficiary: spec.beneficiary,
        gas_limit: spec.gas_limit,
        gas_used: 0,
        transactions_digest: list_digest(&[]),
        receipts_digest: list_digest(&[]),
    };
    let head = HeadValue {
        batch_number: 0,
        block_number: 0,
        timestamp: spec.timestamp,
        block_hash: header.hash().0,
        blocks_digest: list_digest(&[block_leaf(&header.hash())]),
    };
    let salt = salts.state(&head_key(), 0);
    leaves.push((head_key(), head.digest(&salt)));
    values.push((head.digest(&salt), head.encode(&salt)));
    let (root, nodes) = tree::build(&leaves).map_err(|_| GenesisError::Duplicate)?;
    Ok(Genesis { root, head, header, nodes, values, codes })
}

/// The code hash of an account that may exist.
fn check(account: &GenesisAccount) -> Result<B256, GenesisError> {
    let has_code = !account.code.is_empty();
    if account.code.first() == Some(&0xef) {
        return Err(GenesisError::Code(account.address));
    }
    if !account.storage.is_empty() && !has_code {
        return Err(GenesisError::Storage(account.address));
    }
    if !has_code && account.nonce == 0 && account.balance.is_zero() {
        return Err(GenesisError::Empty(account.address));
    }
    Ok(if has_code { keccak256(&account.code) } else { B256::from(NO_CODE) })
}
