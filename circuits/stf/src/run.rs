//! The proven function: witness in, batch output out.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use prividium_policy::OpenedPolicy;
use prividium_state::{list_digest, HeadValue, Salt, WordReader};
use revm::primitives::{Address, B256};

use crate::ancestors::Ancestors;
use crate::changes::StateChanges;
use crate::commit::{block_leaf, BlockCommitment, TransactionSalts};
use crate::crypto;
use crate::error::StfError;
use crate::executor::{BlockContext, Executor};
use crate::history::concerned;
use crate::openings::OpenedState;
use crate::output::BatchOutput;
use crate::transaction::decode_transaction;

/// First word of a witness: the bytes `PVWT`.
pub const WITNESS_MAGIC: u32 = u32::from_le_bytes(*b"PVWT");

/// Version of the witness format.
pub const WITNESS_VERSION: u32 = 1;

type BatchExecutor<'p, 'a> = Executor<'p, OpenedState<'a>, OpenedPolicy<'a>>;

/// Executes the batch of a witness.
///
/// # Errors
/// See [`StfError`]. Every input gives an output or an error, never a panic.
pub fn run(witness: &[u8]) -> Result<BatchOutput, StfError> {
    crypto::install();
    let words = words_of(witness)?;
    let mut reader = WordReader::new(&words);
    if reader.u32()? != WITNESS_MAGIC {
        return Err(StfError::Magic);
    }
    match reader.u32()? {
        WITNESS_VERSION => {}
        version => return Err(StfError::Version(version)),
    }
    let chain_id = reader.u64()?;
    let (head, salt) = read_head(&mut reader)?;
    let ancestors = Ancestors::read(&mut reader, &head)?;
    let state = OpenedState::read(&mut reader, &head, &salt, ancestors)?;
    let prev_state = state.root()?;
    let policy = OpenedPolicy::read(&mut reader)?;
    let policy_root = policy.root()?;

    let mut executor = Executor::new(state, &policy, chain_id);
    let new_head = execute_blocks(&mut executor, &mut reader, &head, chain_id)?;
    let (evm_state, state) = executor.finish();
    let changes = StateChanges::collect(&evm_state, &state);
    let new_state = state.commit(&changes, &new_head, &mut reader)?;
    policy.finish()?;
    if !reader.is_empty() {
        return Err(StfError::Trailing);
    }
    Ok(BatchOutput {
        chain_id,
        batch_number: new_head.batch_number,
        prev_state: B256::from(prev_state),
        new_state: B256::from(new_state),
        policy_root: B256::from(policy_root),
        l1_inbox_hash: B256::ZERO,
        message_root: B256::ZERO,
        imported_roots_hash: B256::ZERO,
        disclosure_log_root: B256::ZERO,
        da_commitment: B256::ZERO,
    })
}

/// The witness as words: in place if it is aligned, as it is in the zkVM.
fn words_of(witness: &[u8]) -> Result<Cow<'_, [u32]>, StfError> {
    if witness.len() % 4 != 0 {
        return Err(StfError::Length);
    }
    // SAFETY: every bit pattern is a u32.
    let (before, words, after) = unsafe { witness.align_to::<u32>() };
    if before.is_empty() && after.is_empty() {
        return Ok(Cow::Borrowed(words));
    }
    let word = |chunk: &[u8]| u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
    Ok(Cow::Owned(witness.chunks_exact(4).map(word).collect()))
}

fn read_head(reader: &mut WordReader<'_>) -> Result<(HeadValue, Salt), StfError> {
    let head = HeadValue {
        batch_number: reader.u64()?,
        block_number: reader.u64()?,
        timestamp: reader.u64()?,
        block_hash: *reader.byte_array::<32>()?,
        blocks_digest: reader.digest()?,
    };
    Ok((head, reader.salt()?))
}

/// Executes all blocks and returns the head that they lead to.
fn execute_blocks(
    executor: &mut BatchExecutor<'_, '_>,
    reader: &mut WordReader<'_>,
    head: &HeadValue,
    chain_id: u64,
) -> Result<HeadValue, StfError> {
    let count = reader.count(9)?;
    let mut leaves = Vec::with_capacity(count);
    let mut at =
        HeadValue { batch_number: head.batch_number.checked_add(1).ok_or(StfError::Overflow)?, ..*head };
    for _ in 0..count {
        let block = read_block(reader, &at)?;
        let hash = execute_block(executor, reader, block, chain_id)?;
        executor.db_mut().ancestors.push(hash);
        leaves.push(block_leaf(&hash));
        at.block_number = block.number;
        at.timestamp = block.timestamp;
        at.block_hash = hash.0;
    }
    if leaves.is_empty() {
        return Err(StfError::Empty);
    }
    at.blocks_digest = list_digest(&leaves);
    Ok(at)
}

/// A block's own fields; the others follow from the block before.
fn read_block(reader: &mut WordReader<'_>, parent: &HeadValue) -> Result<BlockContext, StfError> {
    let block = BlockContext {
        number: parent.block_number.checked_add(1).ok_or(StfError::Overflow)?,
        timestamp: reader.u64()?,
        gas_limit: reader.u64()?,
        beneficiary: Address::from(*reader.byte_array::<20>()?),
        parent_hash: B256::from(parent.block_hash),
    };
    if block.timestamp < parent.timestamp {
        return Err(StfError::Timestamp { block: block.number });
    }
    Ok(block)
}

/// Executes the transactions of a block and returns its hash.
fn execute_block(
    executor: &mut BatchExecutor<'_, '_>,
    reader: &mut WordReader<'_>,
    block: BlockContext,
    chain_id: u64,
) -> Result<B256, StfError> {
    let count = reader.count(14)?;
    if count == 0 {
        return Err(StfError::Empty);
    }
    let number = block.number;
    let mut commitment = BlockCommitment::new(block);
    executor.begin_block(&block);
    for index in 0..count as u32 {
        let length = reader.u32()? as usize;
        let raw = reader.bytes(length)?;
        let salts = read_salts(reader)?;
        let transaction = decode_transaction(raw, chain_id).map_err(|error| StfError::Transaction {
            block: number,
            index,
            error,
        })?;
        let outcome =
            executor.execute(&transaction).map_err(|error| StfError::of_execution(number, index, error))?;
        let digests = commitment
            .add(&transaction.hash, &outcome, &salts)
            .ok_or(StfError::LogSalts { block: number, index })?;
        for address in concerned(&transaction, &outcome) {
            executor.db_mut().link(&address, &digests.entry)?;
        }
    }
    Ok(commitment.header().hash())
}

fn read_salts(reader: &mut WordReader<'_>) -> Result<TransactionSalts, StfError> {
    let (transaction, receipt) = (reader.salt()?, reader.salt()?);
    let count = reader.count(6)?;
    let logs = (0..count).map(|_| reader.salt()).collect::<Result<_, _>>()?;
    Ok(TransactionSalts { transaction, receipt, logs })
}
