//! Tests of the state transition over a chain in memory; one binary, since linking the EVM takes long.

#[path = "../../examples/support/mod.rs"]
mod support;

mod batches;
mod conditions;
mod judging;
mod limits;
mod replaying;
mod tampering;
mod transactions;
