//! Why a call would be allowed or denied: `Explanation`, `ExplainedFrame`.

use prividium_ledger as ledger;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::convert::{bytes, bytes_or_none, int};

/// The verdict on a call.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct Explanation(pub(crate) ledger::Explanation);

#[pymethods]
impl Explanation {
    #[getter]
    fn allowed(&self) -> bool {
        self.0.allowed
    }
    #[getter]
    fn decisive(&self) -> usize {
        self.0.decisive
    }
    #[getter]
    fn frames(&self) -> Vec<ExplainedFrame> {
        self.0.frames.iter().cloned().map(ExplainedFrame).collect()
    }
}

/// One frame and what the policy decides about it.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct ExplainedFrame(ledger::ExplainedFrame);

#[pymethods]
impl ExplainedFrame {
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
    fn target<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        bytes_or_none(py, self.0.target)
    }
    #[getter]
    fn code<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        bytes_or_none(py, self.0.code)
    }
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, &self.0.data)
    }
    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        int(py, &self.0.value)
    }
    #[getter]
    fn access(&self) -> &'static str {
        match self.0.access {
            ledger::Access::Read => "read",
            ledger::Access::Write => "write",
        }
    }
    #[getter]
    fn allowed(&self) -> bool {
        self.0.allowed
    }
    #[getter]
    fn reason(&self) -> &'static str {
        self.0.reason
    }
    #[getter]
    fn waives(&self) -> bool {
        self.0.waives
    }
}
