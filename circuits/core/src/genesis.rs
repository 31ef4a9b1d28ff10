//! The genesis: what a chain begins with.

use revm::primitives::{Address, Bytes, U256};

/// An account of the genesis state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenesisAccount {
    /// The account.
    pub address: Address,
    /// Balance in wei.
    pub balance: U256,
    /// First nonce.
    pub nonce: u64,
    /// Runtime code.
    pub code: Bytes,
}

/// The configuration that a chain is created from; fixed for its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Timestamp of block 0, seconds.
    pub timestamp: u64,
    /// Receives the priority fees of every block.
    pub beneficiary: Address,
    /// Gas limit of every block.
    pub block_gas_limit: u64,
    /// Accounts at block 0.
    pub accounts: Vec<GenesisAccount>,
}
