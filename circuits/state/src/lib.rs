//! The salted sparse Merkle tree of the chain and every hash of `docs/protocol/commitments.md`.
//!
//! One implementation serves the sequencer and the proof. [`PartialTree`] holds the part of a tree that a batch touches;
//! [`tree`] opens such parts from a node store and applies updates to it.

#![no_std]
#![warn(missing_docs)]

extern crate alloc;

mod encoding;
mod hash;
mod key;
mod list;
mod partial;
mod update;
mod value;
mod words;

#[cfg(not(target_os = "zkvm"))]
pub mod salt;
#[cfg(not(target_os = "zkvm"))]
pub mod tree;

pub use encoding::{PartialTreeEncoder, MAX_DEPTH};
pub use hash::{hash_bytes, link, pair, sha256, Digest, Hash, Root, Sha256, EMPTY_ROOT};
pub use key::{account_key, head_key, policy_key, storage_key};
pub use list::{list_digest, list_path, list_top, verify_list_path};
pub use partial::{Change, Lookup, PartialTree, Position, TreeError};
pub use value::{
    account_digest, policy_value, storage_value, transaction_leaf, AccountValue, HeadValue, Salt,
    StorageValue, ValueError, NO_CODE,
};
pub use words::{WordReader, WordWriter, WordsError};
