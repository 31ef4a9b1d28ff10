//! Making witnesses: outside the proof only.
//!
//! [`build_batch`] executes blocks over a [`StateSource`] with the same executor as [`crate::run`], records what they
//! touch, and writes a witness that opens exactly that.

mod batch;
mod genesis;
mod paths;
mod recorder;
mod witness;

pub use batch::{build_batch, execute_batch, BatchRequest, BlockRequest, BuildError, BuiltBatch};
pub use genesis::{make_genesis, Genesis, GenesisAccount, GenesisError, GenesisSpec};
pub use paths::{open_paths, state_path, BlockLeaves, TransactionPaths};
pub use recorder::{RecordedAccount, Recorder, SourceError};

use alloc::vec::Vec;

use prividium_state::tree::NodeSource;
use prividium_state::Digest;
use revm::primitives::B256;

use crate::commit::BlockHeader;

/// Where the sequencer keeps what commitments stand for. Nodes come from [`NodeSource`].
pub trait StateSource: NodeSource<Error: core::error::Error + Send + Sync + 'static> {
    /// The stored value with this digest: the `encode` form of `AccountValue`, `StorageValue` or `HeadValue`.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn value(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Self::Error>;

    /// The code with this Keccak-256.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn code(&self, hash: &B256) -> Result<Option<Vec<u8>>, Self::Error>;

    /// The header of the block with this number.
    ///
    /// # Errors
    /// Whatever the store reports.
    fn header(&self, number: u64) -> Result<Option<BlockHeader>, Self::Error>;
}

impl<S: StateSource> StateSource for &S {
    fn value(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Self::Error> {
        (**self).value(digest)
    }

    fn code(&self, hash: &B256) -> Result<Option<Vec<u8>>, Self::Error> {
        (**self).code(hash)
    }

    fn header(&self, number: u64) -> Result<Option<BlockHeader>, Self::Error> {
        (**self).header(number)
    }
}
