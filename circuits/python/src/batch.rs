//! `Batch`, `BatchOutput` and `SealLimits`.

use prividium_ledger as ledger;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::convert::bytes;

/// The public output of a batch.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct BatchOutput(pub(crate) ledger::BatchOutput);

#[pymethods]
impl BatchOutput {
    #[getter]
    fn chain_id(&self) -> u64 {
        self.0.chain_id
    }
    #[getter]
    fn batch_number(&self) -> u64 {
        self.0.batch_number
    }
    #[getter]
    fn prev_state<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.prev_state)
    }
    #[getter]
    fn new_state<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.new_state)
    }
    #[getter]
    fn policy_root<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.policy_root)
    }
    #[getter]
    fn l1_inbox_hash<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.l1_inbox_hash)
    }
    #[getter]
    fn message_root<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.message_root)
    }
    #[getter]
    fn imported_roots_hash<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.imported_roots_hash)
    }
    #[getter]
    fn disclosure_log_root<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.disclosure_log_root)
    }
    #[getter]
    fn da_commitment<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.da_commitment)
    }

    /// keccak256 of the ABI encoding: the public value of the proof.
    fn digest<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.digest())
    }
}

/// A sealed batch.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct Batch(pub(crate) ledger::Batch);

#[pymethods]
impl Batch {
    #[getter]
    fn number(&self) -> u64 {
        self.0.number
    }
    #[getter]
    fn first_block(&self) -> u64 {
        self.0.first_block
    }
    #[getter]
    fn last_block(&self) -> u64 {
        self.0.last_block
    }
    #[getter]
    fn transaction_count(&self) -> u64 {
        self.0.transaction_count
    }
    #[getter]
    fn policy_version(&self) -> u64 {
        self.0.policy_version
    }
    #[getter]
    fn output(&self) -> BatchOutput {
        BatchOutput(self.0.output)
    }
}

/// How much one batch may hold.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct SealLimits(pub(crate) ledger::SealLimits);

#[pymethods]
impl SealLimits {
    #[new]
    fn new(transactions_max: u64, cycles_max: u64) -> Self {
        Self(ledger::SealLimits { transactions_max, cycles_max })
    }
}
