//! Who may call what (`docs/protocol/policy.md`).
//!
//! [`decide`] is the one evaluator: the door calls it over a [`PolicyTable`], the proof over [`OpenedPolicy`], the part
//! of the table that a batch consults.

#![no_std]
#![warn(missing_docs)]

extern crate alloc;

mod arguments;
mod conditions;
mod decide;
#[cfg(not(target_os = "zkvm"))]
pub mod encode;
mod entry;
mod limits;
mod opened;
mod reason;
#[cfg(not(target_os = "zkvm"))]
mod table;

pub use decide::{decide, Allow, Decision, Denial, Frame, Question};
pub use entry::{
    encode_rule, encode_wallet, rule_preimage, wallet_preimage, AccessKind, EntryError, Owner, Roles, Rule,
    RuleKind, Selector, Wallet,
};
pub use limits::{Amount, Charge, COUNTERS};
pub use opened::{OpenedError, OpenedPolicy};
pub use reason::Reason;
#[cfg(not(target_os = "zkvm"))]
pub use table::{PolicyRecorder, PolicyTable, TableError};

/// A 20-byte account address.
pub type Address = [u8; 20];

/// The policy without entries: it knows nobody.
impl PolicyView for () {
    type Error = core::convert::Infallible;

    fn wallet(&self, _: &Address) -> Result<Option<Wallet<'_>>, Self::Error> {
        Ok(None)
    }

    fn rule(&self, _: &Address, _: Selector) -> Result<Option<Rule<'_>>, Self::Error> {
        Ok(None)
    }
}

/// A policy that can be consulted.
pub trait PolicyView {
    /// Why an entry cannot be read.
    type Error;

    /// The wallet entry of an address.
    ///
    /// # Errors
    /// If the view cannot tell whether there is one.
    fn wallet(&self, address: &Address) -> Result<Option<Wallet<'_>>, Self::Error>;

    /// The rule for calls of `target` with `selector`.
    ///
    /// # Errors
    /// If the view cannot tell whether there is one.
    fn rule(&self, target: &Address, selector: Selector) -> Result<Option<Rule<'_>>, Self::Error>;
}
