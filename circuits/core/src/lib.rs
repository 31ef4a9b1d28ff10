//! The ledger: what an institution's chain remembers, and how it moves on.
//!
//! A transaction is submitted (validated, judged, persisted), waits in the mempool, is executed into a block by one
//! durable write transaction, and its block is later sealed into a batch with the witness of its proof. Execution,
//! commitments and witnesses are those of `prividium-stf`; this crate adds the store, the queue and the order of things.

mod chain_id;
mod error;
mod explain;
mod genesis;
mod leaves;
mod ledger;
mod mempool;
mod opening;
mod past;
mod policy;
mod records;
mod state;
mod store;
mod trace;
mod transaction;
mod tree;

pub use error::{Denial, LedgerError, Result};
pub use explain::{ExplainedFrame, Explanation};
pub use genesis::{Genesis, GenesisAccount};
pub use ledger::{
    decode_any_chain as decode_transaction, execute_witness, now, CallRequest, Ledger, SealLimits,
    SimulatedCall,
};
pub use opening::replay::replay_call;
pub use policy::{Access, PolicyTable, TopLevelCall};
pub use prividium_stf::BatchOutput;
pub use records::{Batch, Block, Log, Receipt};
pub use trace::TraceFrame;
pub use transaction::{AccessListItem, Place, Transaction};

pub use revm::primitives;
