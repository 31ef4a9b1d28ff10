//! The state transition of the chain.
//!
//! [`run`] is what is proven: it reads a witness (`docs/protocol/witness.md`), executes its blocks and returns the batch
//! output (`docs/protocol/commitments.md` §5). The sequencer uses the same pieces natively: [`transaction`] decodes,
//! [`executor`] executes and judges, [`changes`] collects writes, [`commit`] and [`history`] hash.

#![no_std]
#![warn(missing_docs)]

extern crate alloc;

mod ancestors;
#[cfg(not(target_os = "zkvm"))]
pub mod build;
pub mod changes;
pub mod commit;
mod counters;
pub mod crypto;
mod error;
pub mod estimate;
pub mod executor;
pub mod history;
mod judge;
mod openings;
mod output;
mod precompiles;
#[cfg(not(target_os = "zkvm"))]
pub mod replay;
mod rlp;
mod run;
pub mod transaction;

pub use error::{OpeningError, StfError, Table};
pub use output::BatchOutput;
pub use revm;
pub use run::{run, WITNESS_MAGIC, WITNESS_VERSION};
