//! The state transition of the chain.
//!
//! [`run`] is what is proven: it reads a witness (`docs/protocol/witness.md`), executes its blocks and returns the batch
//! output (`docs/protocol/commitments.md` §5). The sequencer uses the same pieces natively: [`transaction`] decodes,
//! [`executor`] executes and judges, [`commit`] hashes.

#![no_std]
#![warn(missing_docs)]

extern crate alloc;

pub mod crypto;
pub mod estimate;
pub mod executor;
mod judge;
mod rlp;
pub mod transaction;

pub use revm;
