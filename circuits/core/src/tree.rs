//! The tree's nodes and leaf values in the store, content addressed: the state of every batch stays readable.

use prividium_state::tree::{self, Node, NodeSource, StoreError};
use prividium_state::{Digest, Root};
use prividium_stf::build::{SourceError, StateSource};
use prividium_stf::commit::BlockHeader;
use redb::{ReadOnlyTable, ReadTransaction, WriteTransaction};
use revm::primitives::B256;

use crate::error::{LedgerError, Result};
use crate::records::{self, Block};
use crate::store::tables::{BLOCKS, CODE, NODES, VALUES};

/// A snapshot of everything that a batch is built from.
pub(crate) struct TreeSnapshot {
    nodes: ReadOnlyTable<&'static [u8; 27], &'static [u8]>,
    values: ReadOnlyTable<&'static [u8; 27], &'static [u8]>,
    code: ReadOnlyTable<&'static [u8; 32], &'static [u8]>,
    blocks: ReadOnlyTable<u64, &'static [u8]>,
}

impl TreeSnapshot {
    pub(crate) fn new(transaction: &ReadTransaction) -> Result<Self> {
        Ok(Self {
            nodes: transaction.open_table(NODES)?,
            values: transaction.open_table(VALUES)?,
            code: transaction.open_table(CODE)?,
            blocks: transaction.open_table(BLOCKS)?,
        })
    }
}

impl TreeSnapshot {
    /// The value of a key under `root`, its salt included; `None` if it is absent.
    pub(crate) fn leaf(&self, root: &Root, key: &Digest) -> Result<Option<Vec<u8>>> {
        let Some(digest) = tree::get(self, root, key)? else { return Ok(None) };
        let value = self.value(&digest)?;
        value.map(Some).ok_or_else(|| LedgerError::StoreCorrupt(format!("no value {digest:?}")))
    }
}

impl NodeSource for TreeSnapshot {
    type Error = LedgerError;

    fn node(&self, digest: &Digest) -> Result<Option<Node>> {
        let Some(stored) = self.nodes.get_owned(&digest.to_bytes())? else { return Ok(None) };
        let node = Node::decode(stored.value());
        node.map(Some).ok_or_else(|| LedgerError::StoreCorrupt(format!("tree node {digest:?}")))
    }
}

impl StateSource for TreeSnapshot {
    fn value(&self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        Ok(self.values.get_owned(&digest.to_bytes())?.map(|stored| stored.value().to_vec()))
    }

    fn code(&self, hash: &B256) -> Result<Option<Vec<u8>>> {
        Ok(self.code.get_owned(&hash.0)?.map(|stored| stored.value().to_vec()))
    }

    fn header(&self, number: u64) -> Result<Option<BlockHeader>> {
        let Some(stored) = self.blocks.get_owned(number)? else { return Ok(None) };
        Ok(Some(BlockHeader::from(&records::decode::<Block>(stored.value())?)))
    }
}

impl From<StoreError<LedgerError>> for LedgerError {
    fn from(error: StoreError<LedgerError>) -> Self {
        match error {
            StoreError::Source(error) => error,
            StoreError::Missing(digest) => Self::StoreCorrupt(format!("no tree node {digest:?}")),
            StoreError::Tree(error) => Self::StoreCorrupt(format!("the tree: {error}")),
        }
    }
}

impl From<SourceError<LedgerError>> for LedgerError {
    fn from(error: SourceError<LedgerError>) -> Self {
        match error {
            SourceError::Store(error) => error.into(),
            other => Self::StoreCorrupt(other.to_string()),
        }
    }
}

pub(crate) fn insert_nodes(transaction: &WriteTransaction, nodes: &[(Digest, Node)]) -> Result<()> {
    let mut table = transaction.open_table(NODES)?;
    for (digest, node) in nodes {
        table.insert(&digest.to_bytes(), node.encode().as_slice())?;
    }
    Ok(())
}

pub(crate) fn insert_values(transaction: &WriteTransaction, values: &[(Digest, Vec<u8>)]) -> Result<()> {
    let mut table = transaction.open_table(VALUES)?;
    for (digest, value) in values {
        table.insert(&digest.to_bytes(), value.as_slice())?;
    }
    Ok(())
}
