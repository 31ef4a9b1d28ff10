//! A transaction as it is shown: decoded, its sender recovered, and its place in the chain.

use prividium_stf::transaction::SignedTransaction;
use revm::primitives::{Address, Bytes, TxKind, B256, U256};
use serde::{Deserialize, Serialize};

use crate::error::{LedgerError, Result};

/// An entry of an EIP-2930 access list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessListItem {
    /// Account.
    pub address: Address,
    /// Slots of it.
    pub storage_keys: Vec<B256>,
}

/// Where a transaction stands in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Height of the block.
    pub block_number: u64,
    /// Hash of the block.
    pub block_hash: B256,
    /// Position in the block.
    pub index: u32,
}

/// A decoded transaction. What is skipped the store has elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// keccak-256 of the signed envelope.
    #[serde(skip)]
    pub hash: B256,
    /// The signed EIP-2718 envelope.
    #[serde(skip)]
    pub raw: Bytes,
    /// EIP-2718 type; 0 for legacy.
    pub kind: u8,
    /// EIP-155 chain id.
    #[serde(skip)]
    pub chain_id: u64,
    /// Nonce.
    pub nonce: u64,
    /// Recovered signer.
    pub sender: Address,
    /// Callee; `None` for a creation.
    pub to: Option<Address>,
    /// Wei sent along.
    pub value: U256,
    /// Gas limit.
    pub gas_limit: u64,
    /// Wei per gas; the gas price for types 0 and 1.
    pub max_fee_per_gas: u128,
    /// Wei per gas; the gas price for types 0 and 1.
    pub max_priority_fee_per_gas: u128,
    /// Call data or creation code.
    #[serde(skip)]
    pub data: Bytes,
    /// Access list; empty for legacy.
    pub access_list: Vec<AccessListItem>,
    /// Parity of the signature's point.
    pub y_parity: u8,
    /// First half of the signature.
    pub r: U256,
    /// Second half of the signature.
    pub s: U256,
    /// `None` while it is pending.
    #[serde(skip)]
    pub place: Option<Place>,
}

impl Transaction {
    pub(crate) fn new(signed: &SignedTransaction, raw: &[u8], place: Option<Place>) -> Self {
        let env = &signed.env;
        let access_list = env
            .access_list
            .0
            .iter()
            .map(|item| AccessListItem { address: item.address, storage_keys: item.storage_keys.clone() });
        Self {
            hash: signed.hash,
            raw: Bytes::copy_from_slice(raw),
            kind: env.tx_type,
            chain_id: env.chain_id.unwrap_or_default(),
            nonce: env.nonce,
            sender: signed.sender,
            to: match env.kind {
                TxKind::Call(to) => Some(to),
                TxKind::Create => None,
            },
            value: env.value,
            gas_limit: env.gas_limit,
            max_fee_per_gas: env.gas_price,
            max_priority_fee_per_gas: env.gas_priority_fee.unwrap_or(env.gas_price),
            data: env.data.clone(),
            access_list: access_list.collect(),
            y_parity: u8::from(signed.y_parity),
            r: signed.r,
            s: signed.s,
            place,
        }
    }
}

/// What the store keeps of a decoded transaction beside its envelope.
#[derive(Serialize, Deserialize)]
pub(crate) struct Decoded {
    transaction: Transaction,
    block_hash: B256,
    /// Where the data begins in the envelope, and its length.
    data: (usize, usize),
}

impl Decoded {
    /// Of a transaction in the block with this hash.
    pub(crate) fn of(signed: &SignedTransaction, raw: &[u8], block_hash: B256) -> Self {
        let data = &signed.env.data;
        // RLP keeps bytes as they are, so that the data lies somewhere in the envelope.
        let start = raw.windows(data.len().max(1)).position(|window| window == data.as_ref());
        let data = (start.unwrap_or_default(), data.len());
        Self { transaction: Transaction::new(signed, &[], None), block_hash, data }
    }

    /// As it is shown.
    ///
    /// # Errors
    /// `store_corrupt`.
    pub(crate) fn shown(
        self,
        hash: B256,
        chain_id: u64,
        raw: Vec<u8>,
        (block_number, index): (u64, u32),
    ) -> Result<Transaction> {
        let raw = Bytes::from(raw);
        let (start, length) = self.data;
        let end = start.checked_add(length).filter(|end| *end <= raw.len());
        let end = end.ok_or_else(|| LedgerError::StoreCorrupt(format!("the data of transaction {hash}")))?;
        let place = Some(Place { block_number, block_hash: self.block_hash, index });
        Ok(Transaction { hash, chain_id, data: raw.slice(start..end), raw, place, ..self.transaction })
    }
}
