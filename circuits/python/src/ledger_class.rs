//! `Ledger`, `CallRequest` and the module's functions.

use std::path::PathBuf;
use std::sync::Arc;

use prividium_ledger as ledger;
use prividium_ledger::primitives::{Address, U256};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyList};

use crate::batch::{Batch, BatchOutput, SealLimits};
use crate::chain::{Block, Receipt, Transaction};
use crate::convert::{address, bytes, hash, int, word};
use crate::errors::{detached, exception};
use crate::explain::Explanation;
use crate::genesis::Genesis;
use crate::policy::{access_of, PolicyTable};
use crate::trace::{SimulatedCall, TraceFrame};

/// A read-only call or a gas estimate.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct CallRequest(pub(crate) ledger::CallRequest);

#[pymethods]
impl CallRequest {
    #[new]
    #[pyo3(
        signature = (sender, to, data=None, value=None, gas_limit=None),
        text_signature = "(sender, to, data=b'', value=0, gas_limit=None)"
    )]
    fn new(
        sender: &[u8],
        to: Option<&[u8]>,
        data: Option<&[u8]>,
        value: Option<Bound<'_, PyInt>>,
        gas_limit: Option<u64>,
    ) -> PyResult<Self> {
        Ok(Self(ledger::CallRequest {
            sender: address("sender", sender)?,
            to: to.map(|to| address("to", to)).transpose()?,
            data: data.unwrap_or_default().to_vec().into(),
            value: value.map(|value| word("value", &value)).transpose()?.unwrap_or_default(),
            gas_limit,
        }))
    }
}

/// The chain: store, executor, mempool, sealer.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct Ledger(pub(crate) Arc<ledger::Ledger>);

#[pymethods]
impl Ledger {
    /// Open or create the store in the directory `path`.
    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf, genesis: &Genesis, secret: &[u8]) -> PyResult<Self> {
        let opened = detached(py, || ledger::Ledger::open(&path, genesis.0.clone(), secret))?;
        Ok(Self(Arc::new(opened)))
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        detached(py, || {
            self.0.close();
            Ok(())
        })
    }

    fn head(&self, py: Python<'_>) -> PyResult<Block> {
        detached(py, || self.0.head()).map(Block)
    }

    fn block(&self, py: Python<'_>, number: u64) -> PyResult<Option<Block>> {
        Ok(detached(py, || self.0.block(number))?.map(Block))
    }

    fn block_transactions(
        &self,
        py: Python<'_>,
        number: u64,
    ) -> PyResult<Option<Vec<(Transaction, Receipt)>>> {
        let found = detached(py, || self.0.block_transactions(number))?;
        Ok(found.map(|each| {
            each.into_iter().map(|(sent, receipt)| (Transaction(sent), Receipt(receipt))).collect()
        }))
    }

    fn block_by_hash(&self, py: Python<'_>, block_hash: &[u8]) -> PyResult<Option<Block>> {
        let block_hash = hash("block_hash", block_hash)?;
        Ok(detached(py, || self.0.block_by_hash(&block_hash))?.map(Block))
    }

    fn transaction(&self, py: Python<'_>, transaction_hash: &[u8]) -> PyResult<Option<Transaction>> {
        let transaction_hash = hash("transaction_hash", transaction_hash)?;
        Ok(detached(py, || self.0.transaction(&transaction_hash))?.map(Transaction))
    }

    fn receipt(&self, py: Python<'_>, transaction_hash: &[u8]) -> PyResult<Option<Receipt>> {
        let transaction_hash = hash("transaction_hash", transaction_hash)?;
        Ok(detached(py, || self.0.receipt(&transaction_hash))?.map(Receipt))
    }

    fn dropped(&self, py: Python<'_>, transaction_hash: &[u8]) -> PyResult<Option<String>> {
        let transaction_hash = hash("transaction_hash", transaction_hash)?;
        detached(py, || self.0.dropped(&transaction_hash))
    }

    fn balance<'py>(&self, py: Python<'py>, address: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        let address = self::address("address", address)?;
        int(py, &detached(py, || self.0.balance(&address))?)
    }

    #[pyo3(signature = (address, pending=false))]
    fn nonce(&self, py: Python<'_>, address: &[u8], pending: bool) -> PyResult<u64> {
        let address = self::address("address", address)?;
        detached(py, || self.0.nonce(&address, pending))
    }

    fn code<'py>(&self, py: Python<'py>, address: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let address = self::address("address", address)?;
        Ok(bytes(py, detached(py, || self.0.code(&address))?))
    }

    fn storage<'py>(
        &self,
        py: Python<'py>,
        address: &[u8],
        slot: &Bound<'_, PyInt>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (address, slot): (Address, U256) = (self::address("address", address)?, word("slot", slot)?);
        int(py, &detached(py, || self.0.storage(&address, &slot))?)
    }

    fn policy_version(&self, py: Python<'_>) -> PyResult<u64> {
        detached(py, || self.0.policy_version())
    }

    fn set_policy(&self, py: Python<'_>, table: &PolicyTable) -> PyResult<()> {
        detached(py, || self.0.set_policy(&table.0))
    }

    fn require_readable(&self, py: Python<'_>, request: &CallRequest) -> PyResult<()> {
        detached(py, || self.0.require_readable(&request.0))
    }

    fn submit<'py>(&self, py: Python<'py>, raw: Vec<Bound<'py, PyBytes>>) -> PyResult<Bound<'py, PyList>> {
        let raw: Vec<Vec<u8>> = raw.iter().map(|raw| raw.as_bytes().to_vec()).collect();
        let answers = PyList::empty(py);
        for answer in detached(py, || self.0.submit(&raw))? {
            match answer {
                Ok(hash) => answers.append(bytes(py, hash))?,
                Err(error) => answers.append(exception(py, &error).into_value(py))?,
            }
        }
        Ok(answers)
    }

    fn pending(&self, py: Python<'_>) -> PyResult<usize> {
        detached(py, || self.0.pending())
    }

    #[pyo3(signature = (timestamp, limits=None))]
    fn produce_block(
        &self,
        py: Python<'_>,
        timestamp: u64,
        limits: Option<PyRef<'_, SealLimits>>,
    ) -> PyResult<Option<Block>> {
        let limits = limits.map(|limits| limits.0).unwrap_or_default();
        Ok(detached(py, || self.0.produce_block(timestamp, limits))?.map(Block))
    }

    #[pyo3(signature = (request, judged=true))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        request: &CallRequest,
        judged: bool,
    ) -> PyResult<Bound<'py, PyBytes>> {
        Ok(bytes(py, detached(py, || self.0.call(&request.0, judged))?))
    }

    fn read<'py>(&self, py: Python<'py>, request: &CallRequest) -> PyResult<Bound<'py, PyBytes>> {
        Ok(bytes(py, detached(py, || self.0.read(&request.0))?))
    }

    #[pyo3(signature = (request, judged=true))]
    fn estimate_gas(&self, py: Python<'_>, request: &CallRequest, judged: bool) -> PyResult<u64> {
        detached(py, || self.0.estimate_gas(&request.0, judged))
    }

    fn simulate(
        &self,
        py: Python<'_>,
        blocks: Vec<Vec<PyRef<'_, CallRequest>>>,
    ) -> PyResult<Vec<Vec<SimulatedCall>>> {
        let blocks: Vec<Vec<_>> =
            blocks.iter().map(|calls| calls.iter().map(|call| call.0.clone()).collect()).collect();
        let outcomes = detached(py, || self.0.simulate(&blocks))?;
        Ok(outcomes.into_iter().map(|calls| calls.into_iter().map(SimulatedCall).collect()).collect())
    }

    fn trace_transaction(&self, py: Python<'_>, transaction_hash: &[u8]) -> PyResult<Vec<TraceFrame>> {
        let transaction_hash = hash("transaction_hash", transaction_hash)?;
        let frames = detached(py, || self.0.trace_transaction(&transaction_hash))?;
        Ok(frames.into_iter().map(TraceFrame).collect())
    }

    #[pyo3(signature = (request, judged=true))]
    fn trace_call(&self, py: Python<'_>, request: &CallRequest, judged: bool) -> PyResult<Vec<TraceFrame>> {
        let frames = detached(py, || self.0.trace_call(&request.0, judged))?;
        Ok(frames.into_iter().map(TraceFrame).collect())
    }

    fn explain(&self, py: Python<'_>, request: &CallRequest, access: &str) -> PyResult<Explanation> {
        let access = access_of(access)?;
        detached(py, || self.0.explain(&request.0, access)).map(Explanation)
    }

    fn signature_valid(
        &self,
        py: Python<'_>,
        account: &[u8],
        digest: &[u8],
        signature: &[u8],
        gas_limit: u64,
    ) -> PyResult<bool> {
        let (account, digest) = (address("account", account)?, hash("digest", digest)?);
        detached(py, || self.0.signature_valid(account, digest, signature, gas_limit))
    }

    fn unsealed(&self, py: Python<'_>) -> PyResult<(u64, u64, u64)> {
        detached(py, || self.0.unsealed())
    }

    fn seal(&self, py: Python<'_>, limits: &SealLimits) -> PyResult<Option<Batch>> {
        Ok(detached(py, || self.0.seal(limits.0))?.map(Batch))
    }

    fn last_batch(&self, py: Python<'_>) -> PyResult<u64> {
        detached(py, || self.0.last_batch())
    }

    fn batch(&self, py: Python<'_>, number: u64) -> PyResult<Option<Batch>> {
        Ok(detached(py, || self.0.batch(number))?.map(Batch))
    }

    fn batch_of_block(&self, py: Python<'_>, number: u64) -> PyResult<Option<u64>> {
        detached(py, || self.0.batch_of_block(number))
    }

    fn witness<'py>(&self, py: Python<'py>, batch_number: u64) -> PyResult<Bound<'py, PyBytes>> {
        Ok(bytes(py, detached(py, || self.0.witness(batch_number))?))
    }

    fn open_transaction(&self, py: Python<'_>, transaction_hash: &[u8]) -> PyResult<String> {
        let transaction_hash = hash("transaction_hash", transaction_hash)?;
        detached(py, || self.0.open_transaction(&transaction_hash))
    }

    fn open_account(
        &self,
        py: Python<'_>,
        batch_number: u64,
        address: &[u8],
        slots: Vec<Bound<'_, PyInt>>,
    ) -> PyResult<String> {
        let address = self::address("address", address)?;
        let slots: Vec<U256> = slots.iter().map(|slot| word("slot", slot)).collect::<PyResult<_>>()?;
        detached(py, || self.0.open_account(batch_number, &address, &slots))
    }

    fn open_call(&self, py: Python<'_>, batch_number: u64, to: &[u8], data: &[u8]) -> PyResult<String> {
        let to = address("to", to)?;
        detached(py, || self.0.open_call(batch_number, &to, data))
    }
}

/// Run the state transition natively over a batch's witness.
#[pyfunction]
pub(crate) fn execute_witness(py: Python<'_>, witness: &[u8]) -> PyResult<BatchOutput> {
    detached(py, || ledger::execute_witness(witness)).map(BatchOutput)
}

/// Check the openings of `Ledger.open_call` against a state root and run the call over them alone.
#[pyfunction]
pub(crate) fn replay_call<'py>(
    py: Python<'py>,
    opening: &str,
    state_root: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    let state_root = hash("state_root", state_root)?;
    Ok(bytes(py, detached(py, || ledger::replay_call(opening, &state_root))?))
}

/// The address that a creation by `sender` with `nonce` gets.
#[pyfunction]
pub(crate) fn contract_address<'py>(
    py: Python<'py>,
    sender: &[u8],
    nonce: u64,
) -> PyResult<Bound<'py, PyBytes>> {
    Ok(bytes(py, address("sender", sender)?.create(nonce)))
}

/// Decode a raw transaction and recover its sender.
#[pyfunction]
pub(crate) fn decode_transaction(py: Python<'_>, raw: &[u8]) -> PyResult<Transaction> {
    detached(py, || ledger::decode_transaction(raw)).map(Transaction)
}
