//! Making a block: take what is ready, execute it judged, commit all of it in one write transaction.

use std::cmp::Ordering;
use std::collections::VecDeque;

use prividium_stf::changes::{AccountState, StateChanges};
use prividium_stf::commit::{BlockCommitment, TransactionSalts};
use prividium_stf::executor::{ExecuteError, Executor, Outcome};
use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};
use revm::primitives::B256;

use crate::error::{LedgerError, Result};
use crate::mempool::Pending;
use crate::records::{self, encode_account, slot_key, Block, Log, Receipt};
use crate::store::tables::{
    ACCOUNTS, BLOCKS, BLOCK_NUMBERS, CODE, DECODED, DROPPED, DROPPED_ORDER, HEAD, MEMPOOL, META, RECEIPTS,
    SLOTS, TRANSACTIONS,
};
use crate::transaction::Decoded;

use super::{Ledger, SealLimits, Writer};

/// How many dropped transactions are remembered.
const DROPPED_KEPT: u64 = 65_536;

/// A transaction that leaves the queue unexecuted, and the code of why.
type Dropped = (Pending, &'static str);

/// A block that was executed and is not committed yet.
struct Candidate {
    included: Vec<(Pending, Outcome)>,
    dropped: Vec<Dropped>,
    changes: StateChanges,
    policy_version: u64,
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
                false => Some(self.assemble(&writer.head, timestamp, &candidate)?),
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
        let (mut turns, mut dropped) = self.ready(writer)?;
        let mut executor = Executor::new(&mut writer.state, &policy.0, self.genesis.chain_id);
        executor.begin_block(&context);
        let mut included = Vec::new();
        let (mut cycles, mut dearest) = (0u64, 0u64);
        // Limits below one transaction would stop the chain.
        while (included.len() as u64) < limits.transactions_max.max(1) {
            // What the next one costs is known afterwards only: the dearest so far stands in for it.
            if !included.is_empty() && cycles.saturating_add(dearest) > limits.cycles_max {
                break;
            }
            let Some(pending) = turns.pop_front() else { break };
            match executor.execute(&pending.signed) {
                Ok(outcome) => {
                    cycles = cycles.saturating_add(outcome.cycles);
                    dearest = dearest.max(outcome.cycles);
                    // Its sender's next one queues up behind the other senders.
                    turns.extend(self.mempool().get(&pending.sender(), pending.nonce() + 1).cloned());
                    included.push((pending, outcome));
                }
                // It fits in a later block.
                Err(ExecuteError::BlockGas { .. }) => {}
                Err(error) => {
                    let error = LedgerError::from(error);
                    if !error.is_refusal() {
                        return Err(error);
                    }
                    dropped.push((pending, error.code()));
                }
            }
        }
        let (state, _) = executor.finish();
        let changes = StateChanges::collect(&state, &writer.state);
        Ok(Candidate { included, dropped, changes, policy_version: policy.version() })
    }

    /// The first transaction of every sender whose turn has come, in order of arrival; and what came too late.
    fn ready(&self, writer: &mut Writer) -> Result<(VecDeque<Pending>, Vec<Dropped>)> {
        let (mut ready, mut late) = (VecDeque::new(), Vec::new());
        for pending in self.mempool().heads() {
            let nonce = writer.state.account(&pending.sender())?.nonce;
            match pending.nonce().cmp(&nonce) {
                Ordering::Equal => ready.push_back(pending),
                Ordering::Less => late.push((pending, "nonce_too_low")),
                Ordering::Greater => {}
            }
        }
        Ok((ready, late))
    }

    /// The block of what was executed, and its receipts.
    fn assemble(
        &self,
        parent: &Block,
        timestamp: u64,
        candidate: &Candidate,
    ) -> Result<(Block, Vec<Receipt>)> {
        let context = self.next_block(parent, timestamp);
        let mut commitment = BlockCommitment::new(context);
        let mut receipts = Vec::with_capacity(candidate.included.len());
        let (mut gas_used, mut cycles) = (0, 0);
        for (index, (pending, outcome)) in candidate.included.iter().enumerate() {
            let salts =
                TransactionSalts::derive(&self.secret, &pending.hash(), outcome.logs.len(), context.number);
            commitment
                .add(&pending.hash(), outcome, &salts)
                .ok_or_else(|| LedgerError::Internal("a log without a salt".into()))?;
            gas_used += outcome.gas_used;
            cycles += outcome.cycles;
            receipts.push(receipt(context.number, index as u32, gas_used, pending, outcome));
        }
        let block = Block {
            policy_version: candidate.policy_version,
            transactions_total: parent.transactions_total + receipts.len() as u64,
            cycles_total: parent.cycles_total + cycles,
            transaction_hashes: receipts.iter().map(|receipt| receipt.transaction_hash).collect(),
            ..Block::from(&commitment.header())
        };
        receipts.iter_mut().for_each(|receipt| receipt.block_hash = block.hash);
        Ok((block, receipts))
    }

    fn commit_candidate(
        &self,
        writer: &mut Writer,
        candidate: &Candidate,
        made: Option<&(Block, Vec<Receipt>)>,
    ) -> Result<()> {
        self.store.update(|transaction| {
            if let Some((block, receipts)) = made {
                write_block(transaction, block)?;
                write_transactions(transaction, block.number, &candidate.included, receipts)?;
                write_state(transaction, &candidate.changes)?;
            }
            write_dropped(transaction, &candidate.dropped)?;
            let mut mempool = transaction.open_table(MEMPOOL)?;
            for pending in candidate.left() {
                mempool.remove(&pending.key())?;
            }
            Ok(())
        })?;
        let mut mempool = self.mempool_mut();
        candidate.left().for_each(|pending| mempool.remove(&pending.hash()));
        drop(mempool);
        if let Some((block, _)) = made {
            writer.head = block.clone();
            writer.state.advance(&self.store.snapshot()?, &candidate.changes)?;
        }
        Ok(())
    }
}

impl Candidate {
    /// What leaves the queue.
    fn left(&self) -> impl Iterator<Item = &Pending> {
        let included = self.included.iter().map(|(pending, _)| pending);
        included.chain(self.dropped.iter().map(|(pending, _)| pending))
    }
}

fn receipt(block_number: u64, index: u32, cumulative: u64, pending: &Pending, outcome: &Outcome) -> Receipt {
    let env = &pending.signed.env;
    Receipt {
        transaction_hash: pending.hash(),
        block_number,
        block_hash: B256::ZERO,
        index,
        status: u8::from(outcome.status),
        gas_used: outcome.gas_used,
        cumulative_gas_used: cumulative,
        // The base fee is zero.
        effective_gas_price: env.gas_priority_fee.map_or(env.gas_price, |tip| tip.min(env.gas_price)),
        contract_address: outcome.created,
        logs: outcome.logs.iter().map(Log::from).collect(),
    }
}

fn write_block(transaction: &WriteTransaction, block: &Block) -> Result<()> {
    transaction.open_table(BLOCKS)?.insert(block.number, records::encode(block)?.as_slice())?;
    transaction.open_table(BLOCK_NUMBERS)?.insert(&block.hash.0, block.number)?;
    transaction.open_table(META)?.insert(HEAD, block.number)?;
    Ok(())
}

fn write_transactions(
    transaction: &WriteTransaction,
    block_number: u64,
    included: &[(Pending, Outcome)],
    receipts: &[Receipt],
) -> Result<()> {
    let mut transactions = transaction.open_table(TRANSACTIONS)?;
    let mut stored_receipts = transaction.open_table(RECEIPTS)?;
    let mut decoded = transaction.open_table(DECODED)?;
    for ((pending, _), receipt) in included.iter().zip(receipts) {
        transactions.insert(&pending.hash().0, (block_number, receipt.index, pending.raw.as_ref()))?;
        stored_receipts.insert(&pending.hash().0, records::encode(receipt)?.as_slice())?;
        let record = Decoded::of(&pending.signed, &pending.raw, receipt.block_hash);
        decoded.insert(&pending.hash().0, records::encode(&record)?.as_slice())?;
    }
    Ok(())
}

fn write_state(transaction: &WriteTransaction, changes: &StateChanges) -> Result<()> {
    let mut accounts = transaction.open_table(ACCOUNTS)?;
    let mut codes = transaction.open_table(CODE)?;
    for change in &changes.accounts {
        if change.state == AccountState::default() {
            accounts.remove(&change.address.0 .0)?;
        } else {
            accounts.insert(&change.address.0 .0, &encode_account(&change.state))?;
        }
        if let Some(code) = &change.code {
            codes.insert(&change.state.code_hash.0, code.as_ref())?;
        }
    }
    let mut slots = transaction.open_table(SLOTS)?;
    for change in &changes.slots {
        let key = slot_key(&change.address, &change.slot);
        if change.value.is_zero() {
            slots.remove(&key)?;
        } else {
            slots.insert(&key, &change.value.to_be_bytes::<32>())?;
        }
    }
    Ok(())
}

fn write_dropped(transaction: &WriteTransaction, dropped: &[Dropped]) -> Result<()> {
    if dropped.is_empty() {
        return Ok(());
    }
    let mut records = transaction.open_table(DROPPED)?;
    let mut order = transaction.open_table(DROPPED_ORDER)?;
    let mut last = order.last()?.map(|(number, _)| number.value()).unwrap_or_default();
    for (pending, code) in dropped {
        last += 1;
        if let Some(before) = records.insert(&pending.hash().0, (last, *code))? {
            order.remove(before.value().0)?;
        }
        order.insert(last, &pending.hash().0)?;
    }
    while order.len()? > DROPPED_KEPT {
        let Some((_, hash)) = order.pop_first()? else { break };
        records.remove(hash.value())?;
    }
    Ok(())
}
