//! Hashes of earlier blocks, for BLOCKHASH.

use alloc::vec::Vec;

use prividium_state::{HeadValue, WordReader};
use revm::primitives::{Address, B256};

use crate::commit::BlockHeader;
use crate::error::{OpeningError, StfError, Table};

/// Blocks of the batch and as many blocks before it as BLOCKHASH reaches back.
pub(crate) struct Ancestors {
    head_number: u64,
    /// Hashes of the head, of its parent, and so on.
    back: Vec<B256>,
    /// Hashes of the batch's blocks so far.
    batch: Vec<B256>,
    deepest: usize,
}

impl Ancestors {
    /// Reads headers, the head's first, and checks that each is the parent of the one before.
    pub(crate) fn read(reader: &mut WordReader<'_>, head: &HeadValue) -> Result<Self, StfError> {
        let count = reader.count(35)?;
        let mut back = Vec::with_capacity(count + 1);
        let mut expected = B256::from(head.block_hash);
        back.push(expected);
        for depth in 0..count {
            let header = read_header(reader)?;
            if header.hash() != expected {
                return Err(StfError::Ancestor(head.block_number.saturating_sub(depth as u64)));
            }
            expected = header.parent_hash;
            back.push(expected);
        }
        Ok(Self { head_number: head.block_number, back, batch: Vec::new(), deepest: 0 })
    }

    /// Adds a block of the batch.
    pub(crate) fn push(&mut self, hash: B256) {
        self.batch.push(hash);
    }

    /// The hash of a block before the current one.
    pub(crate) fn hash_of(&mut self, number: u64) -> Result<B256, OpeningError> {
        let missing = OpeningError::Ancestor(number);
        if let Some(ahead) = number.checked_sub(self.head_number.saturating_add(1)) {
            return usize::try_from(ahead).ok().and_then(|at| self.batch.get(at)).copied().ok_or(missing);
        }
        let depth = usize::try_from(self.head_number - number).map_err(|_| missing)?;
        let hash = *self.back.get(depth).ok_or(missing)?;
        self.deepest = self.deepest.max(depth);
        Ok(hash)
    }

    /// Checks that no header was given beyond the deepest that was needed.
    pub(crate) fn finish(&self) -> Result<(), StfError> {
        if self.deepest + 1 == self.back.len() {
            Ok(())
        } else {
            Err(StfError::Surplus(Table::Ancestors))
        }
    }
}

fn read_header(reader: &mut WordReader<'_>) -> Result<BlockHeader, StfError> {
    Ok(BlockHeader {
        parent_hash: B256::from(*reader.byte_array::<32>()?),
        number: reader.u64()?,
        timestamp: reader.u64()?,
        beneficiary: Address::from(*reader.byte_array::<20>()?),
        gas_limit: reader.u64()?,
        gas_used: reader.u64()?,
        transactions_digest: reader.digest()?,
        receipts_digest: reader.digest()?,
    })
}
