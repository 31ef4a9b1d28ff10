//! `prividium._core`: the ledger and the verifier of final proofs for Python. Types and errors are converted here and
//! nothing else happens; `prividium/_core.pyi` is its typed face.

mod batch;
mod chain;
mod convert;
mod errors;
mod explain;
mod final_proof;
mod genesis;
mod ledger_class;
mod policy;
mod read_queue;
mod trace;

use pyo3::prelude::*;

/// Typed face: `prividium/_core.pyi`.
#[pymodule(gil_used = true)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("CoreError", py.get_type::<errors::CoreError>())?;
    module.add("DeniedError", py.get_type::<errors::DeniedError>())?;
    module.add("RevertedError", py.get_type::<errors::RevertedError>())?;
    module.add_class::<genesis::GenesisAccount>()?;
    module.add_class::<genesis::Genesis>()?;
    module.add_class::<policy::PolicyTable>()?;
    module.add_class::<chain::Log>()?;
    module.add_class::<chain::Receipt>()?;
    module.add_class::<chain::AccessListItem>()?;
    module.add_class::<chain::Transaction>()?;
    module.add_class::<chain::Block>()?;
    module.add_class::<batch::BatchOutput>()?;
    module.add_class::<batch::Batch>()?;
    module.add_class::<batch::SealLimits>()?;
    module.add_class::<trace::TraceFrame>()?;
    module.add_class::<trace::SimulatedCall>()?;
    module.add_class::<explain::Explanation>()?;
    module.add_class::<explain::ExplainedFrame>()?;
    module.add_class::<ledger_class::CallRequest>()?;
    module.add_class::<ledger_class::Ledger>()?;
    module.add_class::<read_queue::ReadQueue>()?;
    module.add_function(wrap_pyfunction!(ledger_class::execute_witness, module)?)?;
    module.add_function(wrap_pyfunction!(ledger_class::replay_call, module)?)?;
    module.add_function(wrap_pyfunction!(ledger_class::contract_address, module)?)?;
    module.add_function(wrap_pyfunction!(ledger_class::decode_transaction, module)?)?;
    module.add_function(wrap_pyfunction!(final_proof::final_proof_parts, module)?)?;
    module.add_function(wrap_pyfunction!(final_proof::verify_final_proof, module)?)?;
    module.add_function(wrap_pyfunction!(final_proof::final_proof_context, module)?)?;
    Ok(())
}
