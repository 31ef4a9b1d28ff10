//! Making a block: take what is ready, execute it judged, commit all of it in one write transaction.

use std::collections::{HashMap, VecDeque};

use prividium_stf::block::BlockCommitter;
use prividium_stf::executor::{ExecuteError, Executor, Outcome, StateChanges};
use redb::{ReadableTable, WriteTransaction};
use revm::context_interface::Transaction as _;
use revm::primitives::{Address, B256};

use crate::error::{LedgerError, Result};
use crate::mempool::Pending;
use crate::records::{self, slot_key, Block, Log, Receipt};
use crate::state::{account_after, HeadState};
use crate::store::tables::{
    ACCOUNTS, BLOCKS, BLOCK_NUMBERS, CODE, DROPPED, DROPPED_ORDER, HEAD, MEMPOOL, META, RECEIPTS, SLOTS, TRANSACTIONS,
};

use super::{Ledger, SealLimits, Writer};

/// How many dropped transactions are remembered.
const DROPPED_KEPT: u64 = 65_536;

/// A block that was executed and is not committed yet.
struct Candidate {
    included: Vec<(Pending, Outcome)>,
    dropped: Vec<(Pending, &'static str)>,
    changes: StateChanges,
}

impl Ledger {
    /// Executes what is ready and commits it as the next block, within the limits of one batch. `None` if nothing
    /// is ready. A transaction that turns out denied or invalid is dropped, see [`Ledger::dropped`].
    ///
    /// # Errors
    /// `timestamp_too_low`; those of the store.
    pub fn produce_block(&self, timestamp: u64, limits: SealLimits) -> Result<Option<Block>> {
        self.store.check_open()?;
        if self.mempool().len() == 0 {
            return Ok(None);
        }
        self.with_writer(|writer| {
            let parent = writer.head.timestamp;
            if timestamp < parent {
                return Err(LedgerError::TimestampTooLow { timestamp, parent });
            }
            let candidate = self.execute_ready(writer, timestamp, limits)?;
            let block = match candidate.included.is_empty() {
                true => None,
                false => Some(self.assemble(writer, timestamp, &candidate)?),
            };
            if block.is_none() && candidate.dropped.is_empty() {
                return Ok(None);
            }
            self.commit_candidate(writer, &candidate, block.as_ref())?;
            Ok(block.map(|(block, _)| block))
        })
    }

    fn execute_ready(&self, writer: &mut Writer, timestamp: u64, limits: SealLimits) -> Result<Candidate> {
        let context = self.next_block(&writer.head, timestamp);
        let policy = self.policy();
        let mut turns = Turns::new(self.mempool().heads());
        let mut executor = Executor::new(&mut writer.state, &policy.0, self.genesis.chain_id);
        executor.begin_block(&context);
        let (mut included, mut dropped) = (Vec::new(), Vec::new());
        let (mut cycles, mut dearest) = (0u64, 0u64);
        while (included.len() as u64) < limits.transactions_max {
            // What the next one costs is known afterwards only: the dearest so far stands in for it.
            if !included.is_empty() && cycles.saturating_add(dearest) > limits.cycles_max {
                break;
            }
            let Some(pending) = turns.next(&mut executor)? else { break };
            match executor.execute(&pending.signed) {
                Ok(outcome) => {
                    cycles = cycles.saturating_add(outcome.cycles_estimate);
                    dearest = dearest.max(outcome.cycles_estimate);
                    turns.follow(&pending, self.mempool().get(&pending.sender(), pending.nonce() + 1));
                    included.push((pending, outcome));
                }
                // It fits in a later block.
                Err(ExecuteError::BlockGasExceeded) => {}
                Err(error) => {
                    let error = LedgerError::from(error);
                    if !error.is_refusal() {
                        return Err(error);
                    }
                    dropped.push((pending, error.code()));
                }
            }
        }
        Ok(Candidate { included, dropped, changes: executor.finish() })
    }
}
