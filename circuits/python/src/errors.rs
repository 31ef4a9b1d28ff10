//! The core's errors as Python exceptions, and the one place where work leaves the GIL.

use std::panic::{catch_unwind, AssertUnwindSafe};

use prividium_ledger::LedgerError;
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

create_exception!(
    _core,
    CoreError,
    PyException,
    "A refusal or failure with a stable `code` and a `message`."
);
create_exception!(
    _core,
    DeniedError,
    CoreError,
    "The policy denied the call: `code` is the reason, with `target` and `selector`."
);
create_exception!(_core, RevertedError, CoreError, "A simulated call reverted; `data` is the revert data.");

/// The exception of an error, its attributes set.
pub(crate) fn exception(py: Python<'_>, error: &LedgerError) -> PyErr {
    let message = error.to_string();
    let raised = match error {
        LedgerError::Denied(_) => DeniedError::new_err(message.clone()),
        LedgerError::Reverted(_) => RevertedError::new_err(message.clone()),
        _ => CoreError::new_err(message.clone()),
    };
    match attributes(py, &raised, error, &message) {
        Ok(()) => raised,
        Err(failure) => failure,
    }
}

fn attributes(py: Python<'_>, raised: &PyErr, error: &LedgerError, message: &str) -> PyResult<()> {
    let value = raised.value(py);
    value.setattr("code", error.code())?;
    value.setattr("message", message)?;
    match error {
        LedgerError::Denied(denial) => {
            value.setattr("target", denial.target.map(|target| PyBytes::new(py, target.as_slice())))?;
            value.setattr("selector", PyBytes::new(py, &denial.selector))
        }
        LedgerError::Reverted(data) => value.setattr("data", PyBytes::new(py, data)),
        _ => Ok(()),
    }
}

/// Runs `work` without the GIL; errors and panics become exceptions.
pub(crate) fn detached<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T, LedgerError> + Send,
) -> PyResult<T> {
    py.detach(|| caught(work)).map_err(|error| exception(py, &error))
}

/// Runs `work`; a panic becomes an error.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T, LedgerError>) -> Result<T, LedgerError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(LedgerError::Internal("a panic; see the log of the process".into())))
}
