//! The ledger: one writer at a time moves the chain on, readers see snapshots and never wait.

mod batches;
mod blocks;
mod creation;
mod explaining;
mod openings;
mod policies;
mod reading;
mod sequence;
mod signature;
mod simulation;
mod submission;
mod tracing;

pub use sequence::SimulatedCall;
pub use simulation::CallRequest;
pub use submission::decode_any_chain;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use prividium_state::salt::SaltSecret;
use prividium_stf::executor::BlockContext;
use prividium_stf::transaction::decode_transaction;
use prividium_stf::BatchOutput;
use redb::ReadableTable;
use zeroize::Zeroizing;

use crate::error::{LedgerError, Result};
use crate::genesis::Genesis;
use crate::mempool::{Mempool, Pending};
use crate::policy::PolicyTable;
use crate::records::Block;
use crate::state::HeadState;
use crate::store::tables::{ARRIVALS, MEMPOOL, POLICY};
use crate::store::{chain, Store};

/// How much one batch may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealLimits {
    /// Transactions.
    pub transactions_max: u64,
    /// Estimated instructions of the proof.
    pub cycles_max: u64,
}

impl Default for SealLimits {
    /// What a block may hold when its maker names no limits.
    fn default() -> Self {
        Self { transactions_max: 4_096, cycles_max: u64::MAX }
    }
}

/// The chain: store, executor, mempool, sealer.
pub struct Ledger {
    store: Store,
    genesis: Genesis,
    secret: SaltSecret,
    /// `None` after a failure: the writer then starts anew from the store.
    writer: Mutex<Option<Writer>>,
    /// Held while a batch is built, so that each is built once.
    sealing: Mutex<()>,
    mempool: RwLock<Mempool>,
    policy: RwLock<Arc<PolicyTable>>,
}

/// What only the one writer uses.
struct Writer {
    head: Block,
    state: HeadState,
    /// Last arrival number given out.
    arrivals: u64,
}

impl Ledger {
    /// Opens the store in `directory`, or creates it with `genesis`. `secret` is the 32-byte key of all salts.
    ///
    /// # Errors
    /// `store_locked`, `store_corrupt`, `store_version`, `genesis_mismatch`, `disk_full`, `secret_invalid`.
    pub fn open(directory: &Path, genesis: Genesis, secret: &[u8]) -> Result<Self> {
        let secret: Zeroizing<[u8; 32]> = secret
            .try_into()
            .map(Zeroizing::new)
            .map_err(|_| LedgerError::invalid("secret_invalid", "the chain's secret must be 32 bytes"))?;
        let secret = SaltSecret::new(*secret);
        let store = Store::open(directory)?;
        creation::create_or_check(&store, &genesis, &secret)?;
        let ledger = Self {
            store,
            genesis,
            secret,
            writer: Mutex::new(None),
            sealing: Mutex::new(()),
            mempool: RwLock::new(Mempool::default()),
            policy: RwLock::new(Arc::new(PolicyTable::new(0, Vec::new())?)),
        };
        ledger.with_writer(|_| Ok(()))?;
        Ok(ledger)
    }

    /// Closes the store; every later call fails with `ledger_closed`.
    pub fn close(&self) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        *writer = None;
        self.store.close();
    }

    /// Runs `work` as the one writer. After a failure of the store, or a panic, memory is filled from the store anew.
    fn with_writer<T>(&self, work: impl FnOnce(&mut Writer) -> Result<T>) -> Result<T> {
        let mut guard: MutexGuard<'_, Option<Writer>> =
            self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut writer = match guard.take() {
            Some(writer) => writer,
            None => self.load_writer()?,
        };
        let outcome = work(&mut writer);
        if outcome.as_ref().err().is_none_or(LedgerError::is_refusal) {
            *guard = Some(writer);
        }
        outcome
    }

    fn load_writer(&self) -> Result<Writer> {
        self.store.view(|transaction| {
            let policy = self.stored_policy(transaction, chain::number(transaction, POLICY)?)?;
            *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
            *self.mempool_mut() = load_mempool(transaction, self.genesis.chain_id)?;
            let head = chain::head(transaction)?;
            let arrivals = chain::number(transaction, ARRIVALS)?;
            Ok(Writer { head, state: HeadState::new(transaction)?, arrivals })
        })
    }

    fn mempool(&self) -> RwLockReadGuard<'_, Mempool> {
        self.mempool.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn mempool_mut(&self) -> RwLockWriteGuard<'_, Mempool> {
        self.mempool.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn policy(&self) -> Arc<PolicyTable> {
        self.policy.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The environment of the block after `head`, at `timestamp`.
    fn next_block(&self, head: &Block, timestamp: u64) -> BlockContext {
        BlockContext {
            number: head.number + 1,
            timestamp,
            beneficiary: self.genesis.beneficiary,
            gas_limit: self.genesis.block_gas_limit,
            parent_hash: head.hash,
        }
    }
}

/// Seconds since the epoch.
#[must_use]
pub fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Timestamp of the block that would be made after `head` now.
fn time_after(head: &Block) -> u64 {
    head.timestamp.max(now())
}

fn load_mempool(transaction: &redb::ReadTransaction, chain_id: u64) -> Result<Mempool> {
    let mut mempool = Mempool::default();
    for entry in transaction.open_table(MEMPOOL)?.iter()? {
        let (_, value) = entry?;
        let (arrival, raw) = value.value();
        let signed = decode_transaction(raw, chain_id)
            .map_err(|error| LedgerError::StoreCorrupt(format!("a waiting transaction: {error}")))?;
        mempool.insert(Pending::new(signed, raw, arrival));
    }
    Ok(mempool)
}

/// Runs the state transition over a batch's witness.
///
/// # Errors
/// The exact failure of the transition.
pub fn execute_witness(witness: &[u8]) -> Result<BatchOutput> {
    prividium_stf::run(witness)
        .map_err(|error| LedgerError::Transition { code: error.code(), message: error.to_string() })
}
