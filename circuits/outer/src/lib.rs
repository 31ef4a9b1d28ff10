//! The hiding final layer. [`compile()`] turns a circuit into a verifying key, [`prove()`] makes the proof that L1 and
//! `prividium-verifier` check. The protocol is `docs/protocol/proof.md`.

pub mod circuit;
pub mod compile;
pub mod error;
pub mod parameters;
pub mod prove;
pub mod security;

pub use compile::{compile, Compiled};
pub use error::OuterError;
pub use prove::{prove, random::Randomness};

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
