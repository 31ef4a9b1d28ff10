//! Decoding signed transactions: legacy with EIP-155, EIP-2930, EIP-1559 and EIP-7702.

use alloc::vec::Vec;

use revm::context::either::Either;
use revm::context::transaction::{
    AccessList, AccessListItem, Authorization, RecoveredAuthority, RecoveredAuthorization,
};
use revm::context::TxEnv;
use revm::primitives::{keccak256, Address, Bytes, TxKind, B256, U256};

use crate::crypto::recover_signer;
use crate::rlp::{push_integer, push_list_header, Rlp, RlpError};

/// Largest encoded transaction, in bytes.
pub const TRANSACTION_BYTES_MAX: usize = 128 * 1024;

/// Largest gas limit of a transaction (EIP-7825).
pub const TRANSACTION_GAS_MAX: u64 = 1 << 24;

/// Magic byte of an authorization's signing hash (EIP-7702).
const AUTHORIZATION_MAGIC: u8 = 0x05;

const LEGACY: u8 = 0;
const ACCESS_LIST: u8 = 1;
const DYNAMIC_FEE: u8 = 2;
const SET_CODE: u8 = 4;

/// Why bytes are no transaction of this chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransactionError {
    /// Not canonical RLP of the type's fields.
    Rlp,
    /// An envelope type other than 1, 2 and 4, blobs included.
    TypeUnsupported(u8),
    /// Signed for another chain, or for any (before EIP-155).
    ChainId,
    /// No key signed it, or `s` is high, or the parity is not a bit.
    Signature,
    /// Gas limit above [`TRANSACTION_GAS_MAX`].
    GasLimitTooHigh,
    /// More than [`TRANSACTION_BYTES_MAX`] bytes.
    TooLarge,
}

impl TransactionError {
    /// Stable identifier.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Rlp => "rlp_invalid",
            Self::TypeUnsupported(_) => "transaction_type_unsupported",
            Self::ChainId => "chain_id_mismatch",
            Self::Signature => "signature_invalid",
            Self::GasLimitTooHigh => "gas_limit_too_high",
            Self::TooLarge => "transaction_too_large",
        }
    }
}

impl From<RlpError> for TransactionError {
    fn from(_: RlpError) -> Self {
        Self::Rlp
    }
}

impl core::fmt::Display for TransactionError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Rlp => f.write_str("the transaction is not canonical RLP of its type"),
            Self::TypeUnsupported(kind) => write!(f, "transaction type {kind} is not supported"),
            Self::ChainId => f.write_str("the transaction is not signed for this chain"),
            Self::Signature => f.write_str("the signature is not valid"),
            Self::GasLimitTooHigh => write!(f, "the gas limit is above {TRANSACTION_GAS_MAX}"),
            Self::TooLarge => write!(f, "the transaction has more than {TRANSACTION_BYTES_MAX} bytes"),
        }
    }
}

impl core::error::Error for TransactionError {}

/// A transaction whose signature was checked.
#[derive(Clone, Debug)]
pub struct SignedTransaction {
    /// Keccak-256 of the envelope.
    pub hash: B256,
    /// Signer; the same as `env.caller`.
    pub sender: Address,
    /// Fields as the EVM takes them. `gas_price` is the maximum fee for types 2 and 4.
    pub env: TxEnv,
    /// Parity of the signature point's y coordinate.
    pub y_parity: bool,
    /// Signature, r.
    pub r: U256,
    /// Signature, s.
    pub s: U256,
}

/// Decodes an envelope and recovers its signer.
///
/// # Errors
/// See [`TransactionError`].
pub fn decode_transaction(raw: &[u8], chain_id: u64) -> Result<SignedTransaction, TransactionError> {
    if raw.len() > TRANSACTION_BYTES_MAX {
        return Err(TransactionError::TooLarge);
    }
    let (kind, body) = match raw {
        [0xc0..=0xff, ..] => (LEGACY, raw),
        [kind @ (ACCESS_LIST | DYNAMIC_FEE | SET_CODE), body @ ..] => (*kind, body),
        [kind @ 0..=0x7f, ..] => return Err(TransactionError::TypeUnsupported(*kind)),
        _ => return Err(TransactionError::Rlp),
    };
    let mut outer = Rlp::new(body);
    let payload = outer.list()?;
    outer.end()?;
    let mut fields = payload;
    let mut env = TxEnv { chain_id: Some(chain_id), tx_type: kind, ..unsigned() };
    if kind != LEGACY && fields.u64()? != chain_id {
        return Err(TransactionError::ChainId);
    }
    read_common(&mut fields, &mut env)?;
    if env.gas_limit > TRANSACTION_GAS_MAX {
        return Err(TransactionError::GasLimitTooHigh);
    }
    let unsigned_length = payload.rest().len() - fields.rest().len();
    let y_parity = match (kind, fields.u64()?) {
        (LEGACY, v) => parity_of(v, chain_id)?,
        (_, v @ 0..=1) => v == 1,
        _ => return Err(TransactionError::Signature),
    };
    let (r, s) = (fields.u256()?, fields.u256()?);
    fields.end()?;
    let signing_hash = signing_hash(kind, &payload.rest()[..unsigned_length], chain_id);
    let sender = recover_signer(&signing_hash, &r, &s, y_parity).ok_or(TransactionError::Signature)?;
    env.caller = sender;
    Ok(SignedTransaction { hash: keccak256(raw), sender, env, y_parity, r, s })
}

fn unsigned() -> TxEnv {
    TxEnv {
        tx_type: LEGACY,
        caller: Address::ZERO,
        gas_limit: 0,
        gas_price: 0,
        kind: TxKind::Create,
        value: U256::ZERO,
        data: Bytes::new(),
        nonce: 0,
        chain_id: None,
        access_list: AccessList(Vec::new()),
        gas_priority_fee: None,
        blob_hashes: Vec::new(),
        max_fee_per_blob_gas: 0,
        authorization_list: Vec::new(),
    }
}

/// The fields between chain id and signature.
fn read_common(fields: &mut Rlp<'_>, env: &mut TxEnv) -> Result<(), TransactionError> {
    env.nonce = fields.u64()?;
    if matches!(env.tx_type, DYNAMIC_FEE | SET_CODE) {
        env.gas_priority_fee = Some(fields.u128()?);
    }
    env.gas_price = fields.u128()?;
    env.gas_limit = fields.u64()?;
    env.kind = match fields.string()? {
        [] if env.tx_type != SET_CODE => TxKind::Create,
        to => TxKind::Call(Address::from(<[u8; 20]>::try_from(to).map_err(|_| TransactionError::Rlp)?)),
    };
    env.value = fields.u256()?;
    env.data = Bytes::copy_from_slice(fields.string()?);
    if env.tx_type != LEGACY {
        env.access_list = read_access_list(fields.list()?)?;
    }
    if env.tx_type == SET_CODE {
        env.authorization_list = read_authorizations(fields.list()?, env.chain_id.unwrap_or_default())?;
    }
    Ok(())
}

fn read_access_list(mut list: Rlp<'_>) -> Result<AccessList, RlpError> {
    let mut items = Vec::new();
    while !list.is_empty() {
        let mut item = list.list()?;
        let address = Address::from(item.fixed::<20>()?);
        let mut keys = item.list()?;
        item.end()?;
        let mut storage_keys = Vec::new();
        while !keys.is_empty() {
            storage_keys.push(B256::from(keys.fixed::<32>()?));
        }
        items.push(AccessListItem { address, storage_keys });
    }
    Ok(AccessList(items))
}

type AuthorizationItem = Either<revm::context::transaction::SignedAuthorization, RecoveredAuthorization>;

/// Authorizations with their signers. One that no key signed, or that is for another chain, stays in the list without
/// authority: it is charged for and has no effect.
fn read_authorizations(mut list: Rlp<'_>, chain_id: u64) -> Result<Vec<AuthorizationItem>, RlpError> {
    let mut items = Vec::new();
    while !list.is_empty() {
        let payload = list.list()?;
        let mut fields = payload;
        let inner = Authorization {
            chain_id: fields.u256()?,
            address: Address::from(fields.fixed::<20>()?),
            nonce: fields.u64()?,
        };
        let signed = &payload.rest()[..payload.rest().len() - fields.rest().len()];
        let (parity, r, s) = (fields.u8()?, fields.u256()?, fields.u256()?);
        fields.end()?;
        let applies = inner.chain_id.is_zero() || inner.chain_id == U256::from(chain_id);
        let authority = if applies && parity <= 1 {
            let mut message = Vec::with_capacity(signed.len() + 4);
            message.push(AUTHORIZATION_MAGIC);
            push_list_header(&mut message, signed.len());
            message.extend_from_slice(signed);
            recover_signer(&keccak256(&message), &r, &s, parity == 1)
        } else {
            None
        };
        let authority = authority.map_or(RecoveredAuthority::Invalid, RecoveredAuthority::Valid);
        items.push(Either::Right(RecoveredAuthorization::new_unchecked(inner, authority)));
    }
    Ok(items)
}

/// Parity from the `v` of a legacy signature: `35 + 2 · chainId + parity` (EIP-155).
fn parity_of(v: u64, chain_id: u64) -> Result<bool, TransactionError> {
    match u128::from(v).checked_sub(35 + 2 * u128::from(chain_id)) {
        Some(0) => Ok(false),
        Some(1) => Ok(true),
        _ => Err(TransactionError::ChainId),
    }
}

/// Keccak-256 of what was signed, made from the encoded fields without encoding them again.
fn signing_hash(kind: u8, unsigned: &[u8], chain_id: u64) -> B256 {
    let mut tail = Vec::new();
    if kind == LEGACY {
        push_integer(&mut tail, chain_id);
        tail.extend_from_slice(&[0x80, 0x80]);
    }
    let length = unsigned.len() + tail.len();
    let mut message = Vec::with_capacity(length + 8);
    if kind != LEGACY {
        message.push(kind);
    }
    push_list_header(&mut message, length);
    message.extend_from_slice(unsigned);
    message.extend_from_slice(&tail);
    keccak256(&message)
}
