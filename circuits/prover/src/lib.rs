//! Executes, proves and verifies batches of the private chain with OpenVM. See `main.rs` for the command line.
//!
//! An aggregated proof is succinct; it is not hiding. It stays with the operator; [`wrap`] makes the hiding one of it
//! that may leave.

pub mod aggregate;
pub mod cli;
pub mod commands;
pub mod commitment;
pub mod connection;
pub mod error;
pub mod files;
pub mod guest;
pub mod machine;
pub mod native;
pub mod panics;
pub mod parts;
pub mod progress;
pub mod proof;
pub mod prover;
pub mod resources;
pub mod root;
pub mod segments;
pub mod serve;
pub mod store;
pub mod verify;
pub mod vm;
pub mod wrap;
