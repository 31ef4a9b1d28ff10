//! The ledger through its public face, with signed transactions and hand-assembled contracts.

mod durability;
mod explaining;
mod limits;
mod mempool;
mod openings;
mod sealing;
mod simulation;
mod throughput;
mod tracing;
mod world;
