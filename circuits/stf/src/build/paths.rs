//! Paths from a transaction to the root of its batch's state, for disclosures (docs/protocol/disclosure.md).

use alloc::vec::Vec;

use prividium_state::tree::{Node, NodeSource, StoreError};
use prividium_state::{head_key, list_path, Digest, Root, TreeError, MAX_DEPTH};

/// Leaves of one block, in order.
#[derive(Clone, Copy, Debug)]
pub struct BlockLeaves<'a> {
    /// Of its transactions.
    pub transactions: &'a [Digest],
    /// Of their receipts.
    pub receipts: &'a [Digest],
}

/// What leads from one transaction to the state root.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransactionPaths {
    /// Siblings in the list of transactions, from the leaf upwards.
    pub transaction: Vec<Digest>,
    /// Siblings in the list of receipts.
    pub receipt: Vec<Digest>,
    /// Siblings in the list of the batch's blocks.
    pub block: Vec<Digest>,
    /// Siblings of the head's leaf in the state tree.
    pub state: Vec<Digest>,
}

/// Opens transaction `index` of block `block_index` of the batch whose state is `root`; `blocks` are the leaves of all
/// its blocks. `None` if there is no such transaction.
///
/// # Errors
/// See [`StoreError`].
pub fn open_paths<S: NodeSource>(
    source: &S,
    root: &Root,
    block: &BlockLeaves<'_>,
    index: usize,
    blocks: &[Digest],
    block_index: usize,
) -> Result<Option<TransactionPaths>, StoreError<S::Error>> {
    let lists = (
        list_path(block.transactions, index),
        list_path(block.receipts, index),
        list_path(blocks, block_index),
    );
    let (Some(transaction), Some(receipt), Some(block)) = lists else {
        return Ok(None);
    };
    let state = state_path(source, root, &head_key())?.ok_or(StoreError::Tree(TreeError::MissingNode))?;
    Ok(Some(TransactionPaths { transaction, receipt, block, state }))
}

/// Siblings of the leaf of `key`, from the leaf upwards; `None` if the key is absent.
///
/// # Errors
/// See [`StoreError`].
pub fn state_path<S: NodeSource>(
    source: &S,
    root: &Root,
    key: &Digest,
) -> Result<Option<Vec<Digest>>, StoreError<S::Error>> {
    let mut siblings = Vec::new();
    let mut at = Digest::from_root(root);
    for depth in 0..=MAX_DEPTH {
        if at.is_empty() {
            return Ok(None);
        }
        match source.node(&at).map_err(StoreError::Source)?.ok_or(StoreError::Missing(at))? {
            Node::Leaf { key: found, .. } => {
                siblings.reverse();
                return Ok((found == *key).then_some(siblings));
            }
            Node::Branch { left, right } if depth < MAX_DEPTH => {
                let (next, sibling) = if key.bit(depth) { (right, left) } else { (left, right) };
                siblings.push(sibling);
                at = next;
            }
            Node::Branch { .. } => break,
        }
    }
    Err(TreeError::Malformed.into())
}
