//! The ledger: what an institution's chain remembers and how it moves on.
mod error;
mod genesis;
mod mempool;
mod records;
mod store;
pub use error::{Denial, LedgerError, Result};
