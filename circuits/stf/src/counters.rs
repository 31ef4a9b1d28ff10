//! Counters of limits: slots of an account of their own (policy.md, "Limits").
//!
//! They go through the EVM's journal, so that a call that is undone has not been counted. The account stays cold: a
//! contract that looks at it pays the same gas whether or not anything was counted.

use alloc::vec::Vec;

use prividium_policy::{Charge, COUNTERS};
use revm::context::journal::{JournalEntry, JournalEntryTr};
use revm::context::Journal;
use revm::primitives::{Address, U256};
use revm::state::{Account, EvmStorageSlot};
use revm::Database;

/// Holder of the counters.
const HOLDER: Address = Address::new(COUNTERS);

/// Counters that change when the frame that was admitted runs: slot and new value.
pub(crate) type Counts = Vec<(U256, U256)>;

/// What a frame changes; `None` if it goes beyond a limit.
///
/// # Errors
/// If the database fails.
pub(crate) fn count<DB: Database>(
    journal: &mut Journal<DB>,
    charges: &[Charge],
) -> Result<Option<Counts>, DB::Error> {
    let mut counts = Vec::with_capacity(charges.len());
    for charge in charges {
        let slot = U256::from_be_bytes(charge.slot);
        let counter = load(journal, slot)?.present_value;
        let Some(after) = charge.apply(&counter.to_be_bytes()) else {
            return Ok(None);
        };
        counts.push((slot, U256::from_be_bytes(after)));
    }
    Ok(Some(counts))
}

/// Changes the counters, as part of the frame that runs now.
///
/// # Errors
/// If the database fails.
pub(crate) fn record<DB: Database>(journal: &mut Journal<DB>, counts: &mut Counts) -> Result<(), DB::Error> {
    for (slot, value) in counts.drain(..) {
        let counter = load(journal, slot)?;
        let before = core::mem::replace(&mut counter.present_value, value);
        journal.inner.journal.push(JournalEntry::storage_changed(HOLDER, slot, before));
    }
    Ok(())
}

#[allow(clippy::map_entry, reason = "the type of an entry depends on the features of the EVM's maps")]
fn load<DB: Database>(journal: &mut Journal<DB>, slot: U256) -> Result<&mut EvmStorageSlot, DB::Error> {
    let Journal { database, inner } = journal;
    if !inner.state.contains_key(&HOLDER) {
        let mut account = match database.basic(HOLDER)? {
            Some(info) => Account::from(info),
            None => Account::new_not_existing(inner.transaction_id),
        };
        account.mark_cold();
        inner.state.insert(HOLDER, account);
    }
    let holder = inner.state.entry(HOLDER).or_default();
    // a database that keeps changes keeps those of touched accounts
    holder.mark_touch();
    if !holder.storage.contains_key(&slot) {
        let value = database.storage(HOLDER, slot)?;
        holder.storage.insert(slot, EvmStorageSlot::new(value, inner.transaction_id));
    }
    Ok(holder.storage.entry(slot).or_default())
}
