//! Conversions between Python's `bytes` and `int` and the core's fixed-size types.

use prividium_ledger::primitives::{Address, B256, U256};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt};

/// Exactly `N` bytes, or a `ValueError` that names the field.
pub(crate) fn fixed<const N: usize>(name: &str, bytes: &[u8]) -> PyResult<[u8; N]> {
    bytes
        .try_into()
        .map_err(|_| PyValueError::new_err(format!("{name} must be {N} bytes, not {}", bytes.len())))
}

/// A 20-byte address.
pub(crate) fn address(name: &str, bytes: &[u8]) -> PyResult<Address> {
    fixed::<20>(name, bytes).map(Address::from)
}

/// A 32-byte hash.
pub(crate) fn hash(name: &str, bytes: &[u8]) -> PyResult<B256> {
    fixed::<32>(name, bytes).map(B256::from)
}

/// An unsigned 256-bit integer.
pub(crate) fn word(name: &str, value: &Bound<'_, PyInt>) -> PyResult<U256> {
    let bytes = value
        .call_method1("to_bytes", (32, "big"))
        .map_err(|_| PyValueError::new_err(format!("{name} must be between 0 and 2**256 - 1")))?;
    Ok(U256::from_be_slice(bytes.cast::<PyBytes>()?.as_bytes()))
}

/// A Python `int`.
pub(crate) fn int<'py>(py: Python<'py>, value: &U256) -> PyResult<Bound<'py, PyAny>> {
    let bytes = PyBytes::new(py, &value.to_be_bytes::<32>());
    py.get_type::<PyInt>().call_method1("from_bytes", (bytes, "big"))
}

/// Python `bytes`.
pub(crate) fn bytes<'py>(py: Python<'py>, value: impl AsRef<[u8]>) -> Bound<'py, PyBytes> {
    PyBytes::new(py, value.as_ref())
}

/// Python `bytes` or `None`.
pub(crate) fn bytes_or_none<'py>(
    py: Python<'py>,
    value: Option<impl AsRef<[u8]>>,
) -> Option<Bound<'py, PyBytes>> {
    value.map(|value| bytes(py, value))
}

/// A list of `bytes`.
pub(crate) fn bytes_list<'py, T: AsRef<[u8]>>(py: Python<'py>, values: &[T]) -> Vec<Bound<'py, PyBytes>> {
    values.iter().map(|value| bytes(py, value)).collect()
}
