//! `PolicyTable`, and the words `read` and `write`.

use prividium_ledger as ledger;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::convert::address;
use crate::errors::{detached, exception};

/// The compiled policy.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct PolicyTable(pub(crate) ledger::PolicyTable);

#[pymethods]
impl PolicyTable {
    #[new]
    fn new(
        py: Python<'_>,
        version: u64,
        entries: Vec<(Bound<'_, PyBytes>, Bound<'_, PyBytes>)>,
    ) -> PyResult<Self> {
        let entries =
            entries.iter().map(|(key, entry)| (key.as_bytes().to_vec(), entry.as_bytes().to_vec())).collect();
        detached(py, || ledger::PolicyTable::new(version, entries)).map(Self)
    }

    #[getter]
    fn version(&self) -> u64 {
        self.0.version()
    }

    /// The reason id of an allowed top-level call; by default at the present time.
    #[pyo3(signature = (signer, target, data, access, target_has_code, target_is_precompile=false, timestamp=None))]
    #[allow(clippy::too_many_arguments, reason = "the arguments are the facts of a decision")]
    fn decide(
        &self,
        py: Python<'_>,
        signer: &[u8],
        target: Option<&[u8]>,
        data: &[u8],
        access: &str,
        target_has_code: bool,
        target_is_precompile: bool,
        timestamp: Option<u64>,
    ) -> PyResult<&'static str> {
        let call = ledger::TopLevelCall {
            signer: address("signer", signer)?,
            target: target.map(|target| address("target", target)).transpose()?,
            data,
            access: access_of(access)?,
            target_has_code,
            target_is_precompile,
            has_authorizations: false,
            timestamp: timestamp.unwrap_or_else(ledger::now),
        };
        self.0.decide(&call).map_err(|error| exception(py, &error))
    }
}

pub(crate) fn access_of(word: &str) -> PyResult<ledger::Access> {
    match word {
        "read" => Ok(ledger::Access::Read),
        "write" => Ok(ledger::Access::Write),
        other => Err(PyValueError::new_err(format!("access must be 'read' or 'write', not {other:?}"))),
    }
}
