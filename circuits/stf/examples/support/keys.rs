//! Keys and signed transactions of every supported type.

use k256::ecdsa::SigningKey;
use prividium_stf::revm::primitives::{keccak256, Address, Bytes, B256, U256};

use super::CHAIN_ID;

/// A secp256k1 key and its address.
#[derive(Clone)]
pub(crate) struct Key {
    secret: SigningKey,
    pub(crate) address: Address,
}

/// Fields of a transaction before it is signed.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) kind: u8,
    pub(crate) chain_id: u64,
    pub(crate) nonce: u64,
    pub(crate) gas_price: u128,
    pub(crate) gas_limit: u64,
    pub(crate) to: Option<Address>,
    pub(crate) value: U256,
    pub(crate) data: Bytes,
    pub(crate) access_list: Vec<(Address, Vec<U256>)>,
    /// RLP of signed authorizations.
    pub(crate) authorizations: Vec<Vec<u8>>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            kind: 2,
            chain_id: CHAIN_ID,
            nonce: 0,
            gas_price: 0,
            gas_limit: 200_000,
            to: None,
            value: U256::ZERO,
            data: Bytes::new(),
            access_list: Vec::new(),
            authorizations: Vec::new(),
        }
    }
}

impl Key {
    /// The key derived from a number.
    pub(crate) fn new(number: u64) -> Self {
        let secret = keccak256([&b"prividium test key"[..], &number.to_be_bytes()].concat());
        let secret = SigningKey::from_bytes(&secret.0.into()).expect("a hash is a valid key");
        let public = secret.verifying_key().to_encoded_point(false);
        Self { secret, address: Address::from_raw_public_key(&public.as_bytes()[1..]) }
    }

    fn sign(&self, hash: &B256) -> (u8, U256, U256) {
        let (signature, parity) =
            self.secret.sign_prehash_recoverable(&hash.0).expect("a hash can be signed");
        let (r, s) = signature.split_bytes();
        (parity.to_byte(), U256::from_be_slice(&r), U256::from_be_slice(&s))
    }

    /// The encoded envelope.
    pub(crate) fn transaction(&self, draft: &Draft) -> Bytes {
        let fields = draft.fields();
        let typed = |payload: &[Vec<u8>]| [&[draft.kind][..], &list(payload)].concat();
        if draft.kind == 0 {
            let unsigned =
                [&fields[..], &[integer(U256::from(draft.chain_id)), string(&[]), string(&[])]].concat();
            let (parity, r, s) = self.sign(&keccak256(list(&unsigned)));
            let v = U256::from(35 + 2 * u128::from(draft.chain_id) + u128::from(parity));
            return list(&[&fields[..], &[integer(v), integer(r), integer(s)]].concat()).into();
        }
        let (parity, r, s) = self.sign(&keccak256(typed(&fields)));
        typed(&[&fields[..], &[integer(U256::from(parity)), integer(r), integer(s)]].concat()).into()
    }

    /// A signed EIP-7702 authorization.
    pub(crate) fn authorize(&self, chain_id: u64, address: Address, nonce: u64) -> Vec<u8> {
        let fields = [integer(U256::from(chain_id)), string(address.as_slice()), integer(U256::from(nonce))];
        let (parity, r, s) = self.sign(&keccak256([&[5][..], &list(&fields)].concat()));
        list(&[&fields[..], &[integer(U256::from(parity)), integer(r), integer(s)]].concat())
    }

    /// Signature of a hash as ECRECOVER takes it: v, r, s.
    pub(crate) fn sign_hash(&self, hash: &B256) -> (u64, U256, U256) {
        let (parity, r, s) = self.sign(hash);
        (27 + u64::from(parity), r, s)
    }
}

impl Draft {
    fn fields(&self) -> Vec<Vec<u8>> {
        let price = integer(U256::from(self.gas_price));
        let mut fields = Vec::new();
        if self.kind != 0 {
            fields.push(integer(U256::from(self.chain_id)));
        }
        fields.push(integer(U256::from(self.nonce)));
        if matches!(self.kind, 2 | 4) {
            fields.push(price.clone());
        }
        fields.push(price);
        fields.push(integer(U256::from(self.gas_limit)));
        fields.push(string(self.to.as_ref().map_or(&[][..], |to| to.as_slice())));
        fields.push(integer(self.value));
        fields.push(string(&self.data));
        if self.kind != 0 {
            let items = self.access_list.iter().map(|(address, slots)| {
                let slots: Vec<_> = slots.iter().map(|slot| string(&slot.to_be_bytes::<32>())).collect();
                list(&[string(address.as_slice()), list(&slots)])
            });
            fields.push(list(&items.collect::<Vec<_>>()));
        }
        if self.kind == 4 {
            fields.push(list(&self.authorizations));
        }
        fields
    }
}

fn header(short: u8, length: usize) -> Vec<u8> {
    if length < 56 {
        return vec![short + length as u8];
    }
    let bytes: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    [&[short + 55 + bytes.len() as u8][..], &bytes].concat()
}

fn string(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [byte @ 0..=0x7f] => vec![*byte],
        _ => [header(0x80, bytes.len()), bytes.to_vec()].concat(),
    }
}

fn integer(value: U256) -> Vec<u8> {
    string(&value.to_be_bytes_trimmed_vec())
}

fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let payload = items.concat();
    [header(0xc0, payload.len()), payload].concat()
}
