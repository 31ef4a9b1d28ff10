//! The tree's nodes and leaf values in the store, content addressed: the state of every batch stays readable.

use prividium_state::tree::Node;
use prividium_state::Digest;
use prividium_stf::build::StateSource;
use redb::{ReadOnlyTable, ReadTransaction, WriteTransaction};
use revm::primitives::{Bytes, B256};

use crate::error::{LedgerError, Result};
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
