//! What calls did: `TraceFrame`, `SimulatedCall`.

use prividium_ledger as ledger;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::chain::Log;
use crate::convert::{bytes, bytes_or_none, int};

/// One frame of an execution.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct TraceFrame(pub(crate) ledger::TraceFrame);

#[pymethods]
impl TraceFrame {
    #[getter]
    fn depth(&self) -> usize {
        self.0.depth
    }
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind
    }
    #[getter]
    fn sender<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.from)
    }
    #[getter]
    fn to<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        bytes_or_none(py, self.0.to)
    }
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, &self.0.input)
    }
    #[getter]
    fn output<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, &self.0.output)
    }
    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        int(py, &self.0.value)
    }
    #[getter]
    fn gas(&self) -> u64 {
        self.0.gas
    }
    #[getter]
    fn gas_used(&self) -> u64 {
        self.0.gas_used
    }
    #[getter]
    fn error(&self) -> Option<&'static str> {
        self.0.error
    }
    #[getter]
    fn permitted(&self) -> bool {
        self.0.permitted
    }
}

/// What one simulated call did.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct SimulatedCall(pub(crate) ledger::SimulatedCall);

#[pymethods]
impl SimulatedCall {
    #[getter]
    fn status(&self) -> bool {
        self.0.status
    }
    #[getter]
    fn output<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, &self.0.output)
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
    fn logs(&self) -> Vec<Log> {
        self.0.logs.iter().cloned().map(Log).collect()
    }
}
