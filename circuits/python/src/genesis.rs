//! `GenesisAccount` and `Genesis`.

use prividium_ledger as ledger;
use pyo3::prelude::*;
use pyo3::types::PyInt;

use crate::convert::{address, word};

/// An account of the genesis state.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct GenesisAccount(ledger::GenesisAccount);

#[pymethods]
impl GenesisAccount {
    #[new]
    #[pyo3(
        signature = (address, balance=None, nonce=0, code=None),
        text_signature = "(address, balance=0, nonce=0, code=b'')"
    )]
    fn new(
        address: &[u8],
        balance: Option<Bound<'_, PyInt>>,
        nonce: u64,
        code: Option<&[u8]>,
    ) -> PyResult<Self> {
        Ok(Self(ledger::GenesisAccount {
            address: crate::convert::address("address", address)?,
            balance: balance.map(|value| word("balance", &value)).transpose()?.unwrap_or_default(),
            nonce,
            code: code.unwrap_or_default().to_vec().into(),
        }))
    }
}

/// What a chain begins with.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct Genesis(pub(crate) ledger::Genesis);

#[pymethods]
impl Genesis {
    #[new]
    fn new(
        chain_id: u64,
        timestamp: u64,
        beneficiary: &[u8],
        block_gas_limit: u64,
        accounts: Vec<PyRef<'_, GenesisAccount>>,
    ) -> PyResult<Self> {
        Ok(Self(ledger::Genesis {
            chain_id,
            timestamp,
            beneficiary: address("beneficiary", beneficiary)?,
            block_gas_limit,
            accounts: accounts.iter().map(|account| account.0.clone()).collect(),
        }))
    }
}
