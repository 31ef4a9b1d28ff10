//! The read-only call of a disclosure: the same run for whoever opens it and whoever checks it.

use prividium_policy::PolicyTable;
use prividium_state::salt::SaltSecret;
use prividium_stf::executor::{BlockContext, CallRequest, Executor, Judging};
use prividium_stf::transaction::TRANSACTION_GAS_MAX;
use revm::database_interface::Database;
use revm::primitives::{address, Address, Bytes, B256, U256};

use crate::error::{LedgerError, Result};

/// Who asks: the system address of EIP-4788, to whom no key belongs. It counts as an account with nothing in it, so
/// that an opening need not show its absence.
pub(crate) const ASKER: Address = address!("0xfffffffffffffffffffffffffffffffffffffffe");

/// Asks `to` with `data` over `state`, in a block whose number, time and parent are zero.
pub(crate) fn ask<D: Database<Error = LedgerError>>(state: D, to: Address, data: Bytes) -> Result<Bytes> {
    let nobody = PolicyTable::new(0, Vec::new(), &SaltSecret::new([0; 32]))
        .map_err(|error| LedgerError::Internal(error.to_string()))?;
    let mut executor = Executor::new(state, &nobody, 0);
    executor.begin_block(&BlockContext {
        number: 0,
        timestamp: 0,
        beneficiary: ASKER,
        gas_limit: TRANSACTION_GAS_MAX,
        parent_hash: B256::ZERO,
    });
    let gas_limit = TRANSACTION_GAS_MAX;
    let request = CallRequest { sender: ASKER, to: Some(to), data, value: U256::ZERO, gas_limit };
    let outcome = executor.call(&request, Judging::Off)?;
    if outcome.status {
        Ok(outcome.output)
    } else {
        Err(LedgerError::Reverted(outcome.output))
    }
}
