//! What the chain consists of: `Block`, `Transaction`, `AccessListItem`, `Receipt`, `Log`.

use prividium_ledger as ledger;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::convert::{bytes, bytes_list, bytes_or_none, int};

/// A block.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct Block(pub(crate) ledger::Block);

#[pymethods]
impl Block {
    #[getter]
    fn number(&self) -> u64 {
        self.0.number
    }
    #[getter]
    fn hash<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.hash)
    }
    #[getter]
    fn parent_hash<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.parent_hash)
    }
    #[getter]
    fn timestamp(&self) -> u64 {
        self.0.timestamp
    }
    #[getter]
    fn beneficiary<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.beneficiary)
    }
    #[getter]
    fn gas_limit(&self) -> u64 {
        self.0.gas_limit
    }
    #[getter]
    fn gas_used(&self) -> u64 {
        self.0.gas_used
    }
    #[getter]
    fn transactions_digest<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.transactions_digest)
    }
    #[getter]
    fn receipts_digest<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.receipts_digest)
    }
    #[getter]
    fn policy_version(&self) -> u64 {
        self.0.policy_version
    }
    #[getter]
    fn transaction_hashes<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        bytes_list(py, &self.0.transaction_hashes)
    }
}

/// A log of a transaction.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct Log(pub(crate) ledger::Log);

#[pymethods]
impl Log {
    #[getter]
    fn address<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.address)
    }
    #[getter]
    fn topics<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        bytes_list(py, &self.0.topics)
    }
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, &self.0.data)
    }
}

/// The outcome of a transaction in a block.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct Receipt(pub(crate) ledger::Receipt);

#[pymethods]
impl Receipt {
    #[getter]
    fn transaction_hash<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.transaction_hash)
    }
    #[getter]
    fn block_number(&self) -> u64 {
        self.0.block_number
    }
    #[getter]
    fn block_hash<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.block_hash)
    }
    #[getter]
    fn index(&self) -> u32 {
        self.0.index
    }
    #[getter]
    fn status(&self) -> u8 {
        self.0.status
    }
    #[getter]
    fn gas_used(&self) -> u64 {
        self.0.gas_used
    }
    #[getter]
    fn cumulative_gas_used(&self) -> u64 {
        self.0.cumulative_gas_used
    }
    #[getter]
    fn effective_gas_price(&self) -> u128 {
        self.0.effective_gas_price
    }
    #[getter]
    fn contract_address<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        bytes_or_none(py, self.0.contract_address)
    }
    #[getter]
    fn logs(&self) -> Vec<Log> {
        self.0.logs.iter().cloned().map(Log).collect()
    }
}

/// An entry of a transaction's access list.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct AccessListItem(ledger::AccessListItem);

#[pymethods]
impl AccessListItem {
    #[getter]
    fn address<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.address)
    }
    #[getter]
    fn storage_keys<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        bytes_list(py, &self.0.storage_keys)
    }
}

/// A decoded, signature-checked transaction; block fields are `None` while it is pending.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct Transaction(pub(crate) ledger::Transaction);

#[pymethods]
impl Transaction {
    #[getter]
    fn hash<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.hash)
    }
    #[getter]
    fn raw<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, &self.0.raw)
    }
    #[getter]
    fn r#type(&self) -> u8 {
        self.0.kind
    }
    #[getter]
    fn chain_id(&self) -> u64 {
        self.0.chain_id
    }
    #[getter]
    fn nonce(&self) -> u64 {
        self.0.nonce
    }
    #[getter]
    fn sender<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.sender)
    }
    #[getter]
    fn to<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        bytes_or_none(py, self.0.to)
    }
    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        int(py, &self.0.value)
    }
    #[getter]
    fn gas_limit(&self) -> u64 {
        self.0.gas_limit
    }
    #[getter]
    fn max_fee_per_gas(&self) -> u128 {
        self.0.max_fee_per_gas
    }
    #[getter]
    fn max_priority_fee_per_gas(&self) -> u128 {
        self.0.max_priority_fee_per_gas
    }
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, &self.0.data)
    }
    #[getter]
    fn access_list(&self) -> Vec<AccessListItem> {
        self.0.access_list.iter().cloned().map(AccessListItem).collect()
    }
    #[getter]
    fn y_parity(&self) -> u8 {
        self.0.y_parity
    }
    #[getter]
    fn r<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        int(py, &self.0.r)
    }
    #[getter]
    fn s<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        int(py, &self.0.s)
    }
    #[getter]
    fn block_number(&self) -> Option<u64> {
        self.0.place.as_ref().map(|place| place.block_number)
    }
    #[getter]
    fn block_hash<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        bytes_or_none(py, self.0.place.as_ref().map(|place| place.block_hash))
    }
    #[getter]
    fn index(&self) -> Option<u32> {
        self.0.place.as_ref().map(|place| place.index)
    }
}
