//! Executing blocks natively and sealing them into a batch.

use alloc::vec::Vec;
use core::convert::Infallible;

use prividium_policy::{PolicyRecorder, PolicyTable, TableError};
use prividium_state::salt::SaltSecret;
use prividium_state::tree::Node;
use prividium_state::{head_key, list_digest, Digest, HeadValue, Root};
use revm::primitives::{Address, Bytes, B256};

use super::recorder::{read_value, Recorder, SourceError};
use super::witness::{write_witness, Executed, ExecutedBlock, ExecutedTransaction, Written};
use super::StateSource;
use crate::changes::StateChanges;
use crate::commit::{block_leaf, BlockCommitment, BlockHeader, TransactionSalts};
use crate::error::StfError;
use crate::executor::{BlockContext, ExecuteError, Executor, Outcome};
use crate::history::concerned;
use crate::output::BatchOutput;
use crate::transaction::{decode_transaction, TransactionError};

/// A block to be executed.
#[derive(Clone, Debug)]
pub struct BlockRequest {
    /// Timestamp in seconds, not before the block before.
    pub timestamp: u64,
    /// Receiver of priority fees.
    pub beneficiary: Address,
    /// Gas that all transactions together may take.
    pub gas_limit: u64,
    /// Signed envelopes, at least one.
    pub transactions: Vec<Bytes>,
}

/// Blocks to be sealed into the batch after the one that `prev_root` ends.
#[derive(Clone, Debug)]
pub struct BatchRequest {
    /// Chain id.
    pub chain_id: u64,
    /// Root of the state before.
    pub prev_root: Root,
    /// The blocks, in order.
    pub blocks: Vec<BlockRequest>,
}

/// A sealed batch.
#[derive(Clone, Debug)]
pub struct BuiltBatch {
    /// Input of the proof.
    pub witness: Vec<u8>,
    /// Its output, as [`crate::run`] computed it from the witness.
    pub output: BatchOutput,
    /// The new head leaf.
    pub head: HeadValue,
    /// Tree nodes to store before the batch counts as sealed.
    pub nodes: Vec<(Digest, Node)>,
    /// Leaf values to store.
    pub values: Vec<(Digest, Vec<u8>)>,
    /// State changes, the codes of created contracts among them.
    pub changes: StateChanges,
    /// Headers of the blocks.
    pub headers: Vec<BlockHeader>,
    /// Outcomes of the transactions, by block.
    pub outcomes: Vec<Vec<Outcome>>,
}

/// Why no batch can be built.
#[derive(Clone, Debug)]
pub enum BuildError<E> {
    /// The committed state.
    Source(SourceError<E>),
    /// The head leaf is missing: not a state of this chain.
    NoHead,
    /// The policy table.
    Policy(TableError),
    /// Bytes that are no transaction.
    Transaction {
        /// Number of the block.
        block: u64,
        /// Position in the block.
        index: usize,
        /// What is wrong.
        error: TransactionError,
    },
    /// A transaction that may not be where it stands.
    Execution {
        /// Number of the block.
        block: u64,
        /// Position in the block.
        index: usize,
        /// What is wrong.
        error: ExecuteError<SourceError<E>, Infallible>,
    },
    /// The state transition refuses the witness.
    Refused(StfError),
}

impl<E> BuildError<E> {
    /// Stable identifier: that of [`crate::run`] for the same batch, where it would see the fault.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Source(error) => error.code(),
            Self::NoHead => "store_corrupt",
            Self::Policy(error) => error.code(),
            Self::Transaction { error, .. } => error.code(),
            Self::Execution { error, .. } => error.code(),
            Self::Refused(error) => error.code(),
        }
    }
}

impl<E> From<SourceError<E>> for BuildError<E> {
    fn from(error: SourceError<E>) -> Self {
        Self::Source(error)
    }
}

type Failure<S> = BuildError<<S as prividium_state::tree::NodeSource>::Error>;
type Native<'p, S> = Executor<'p, Recorder<S>, PolicyRecorder<'p>>;

/// Executes the request's blocks and seals them.
///
/// # Errors
/// See [`BuildError`]; nothing was changed anywhere.
pub fn build_batch<S: StateSource>(
    source: S,
    request: &BatchRequest,
    policy: &PolicyTable,
    salts: &SaltSecret,
) -> Result<BuiltBatch, Failure<S>> {
    let (witness, built) = execute_batch(source, request, policy, salts)?;
    let output = crate::run(&witness).map_err(BuildError::Refused)?;
    Ok(BuiltBatch { witness, output, ..built })
}

/// The witness of a batch whether or not the state transition accepts it, so that tests can show refusals.
///
/// # Errors
/// See [`BuildError`]; a transaction that fails is an error here too.
pub fn execute_batch<S: StateSource>(
    source: S,
    request: &BatchRequest,
    policy: &PolicyTable,
    salts: &SaltSecret,
) -> Result<(Vec<u8>, BuiltBatch), Failure<S>> {
    if request.blocks.is_empty() || request.blocks.iter().any(|block| block.transactions.is_empty()) {
        return Err(BuildError::Refused(StfError::Empty));
    }
    let root = request.prev_root;
    let (head, head_salt) = read_value(&source, &root, &head_key(), |bytes| HeadValue::decode(bytes).ok())?
        .ok_or(BuildError::NoHead)?;
    let view = PolicyRecorder::new(policy);
    let mut executor = Executor::new(Recorder::new(source, root, head), &view, request.chain_id);
    let mut at = HeadValue { batch_number: head.batch_number + 1, ..head };
    let mut blocks = Vec::with_capacity(request.blocks.len());
    for block in &request.blocks {
        let executed = execute_block(&mut executor, block, &at, request.chain_id, salts)?;
        let hash = executed.header.hash();
        executor.db_mut().push_block(hash);
        at.block_number = executed.header.number;
        at.timestamp = executed.header.timestamp;
        at.block_hash = hash.0;
        blocks.push(executed);
    }
    let leaves: Vec<Digest> = blocks.iter().map(|block| block_leaf(&block.header.hash())).collect();
    at.blocks_digest = list_digest(&leaves);
    let (state, mut recorder) = executor.finish();
    let changes = StateChanges::collect(&state, &recorder);
    let executed = Executed { chain_id: request.chain_id, head, head_salt, new_head: at, blocks, changes };
    let Written { witness, root, nodes, values } = write_witness(&mut recorder, &executed, &view, salts)?;
    let headers = executed.blocks.iter().map(|block| block.header).collect();
    let outcomes = executed.blocks.into_iter().map(ExecutedBlock::into_outcomes).collect();
    let output = BatchOutput {
        chain_id: request.chain_id,
        batch_number: at.batch_number,
        prev_state: B256::from(request.prev_root),
        new_state: B256::from(root),
        policy_root: B256::from(policy.root()),
        l1_inbox_hash: B256::ZERO,
        message_root: B256::ZERO,
        imported_roots_hash: B256::ZERO,
        disclosure_log_root: B256::ZERO,
        da_commitment: B256::ZERO,
    };
    let changes = executed.changes;
    let built =
        BuiltBatch { witness: Vec::new(), output, head: at, nodes, values, changes, headers, outcomes };
    Ok((witness, built))
}

fn execute_block<S: StateSource>(
    executor: &mut Native<'_, S>,
    request: &BlockRequest,
    parent: &HeadValue,
    chain_id: u64,
    secret: &SaltSecret,
) -> Result<ExecutedBlock, Failure<S>> {
    let context = BlockContext {
        number: parent.block_number + 1,
        timestamp: request.timestamp,
        beneficiary: request.beneficiary,
        gas_limit: request.gas_limit,
        parent_hash: B256::from(parent.block_hash),
    };
    let block = context.number;
    executor.begin_block(&context);
    let mut commitment = BlockCommitment::new(context);
    let mut transactions = Vec::with_capacity(request.transactions.len());
    for (index, raw) in request.transactions.iter().enumerate() {
        let transaction = decode_transaction(raw, chain_id).map_err(|error| BuildError::Transaction {
            block,
            index,
            error,
        })?;
        let outcome =
            executor.execute(&transaction).map_err(|error| BuildError::Execution { block, index, error })?;
        let salts = TransactionSalts::derive(secret, &transaction.hash, outcome.logs.len(), block);
        if let Some(digests) = commitment.add(&transaction.hash, &outcome, &salts) {
            for address in concerned(&transaction, &outcome) {
                executor.db_mut().link(address, &digests.entry)?;
            }
        }
        transactions.push(ExecutedTransaction { raw: raw.clone(), salts, outcome });
    }
    Ok(ExecutedBlock { header: commitment.header(), transactions })
}
