//! Taking in transactions: validate, judge, persist together.

use std::num::NonZero;
use std::thread;

use prividium_stf::changes::AccountState;
use prividium_stf::executor::{invalid_code, Executor, SPEC};
use prividium_stf::transaction::{decode_transaction, SignedTransaction, TRANSACTION_GAS_MAX};
use revm::handler::validation::validate_initial_tx_gas;
use revm::precompile::Precompiles;
use revm::primitives::{keccak256, TxKind, B256, KECCAK_EMPTY, U256};

use crate::chain_id::chain_id_of;
use crate::error::{LedgerError, Result};
use crate::mempool::{Pending, NONCE_AHEAD_MAX};
use crate::policy::{Access, TopLevelCall};
use crate::store::tables::{ARRIVALS, DROPPED, MEMPOOL, META, TRANSACTIONS};
use crate::transaction::Transaction;

use super::{time_after, Ledger, Writer};

/// A list is decoded in parallel once every processor gets this many transactions.
const PER_WORKER_MIN: usize = 16;

/// `None` for a transaction that is known already.
type Decoded = Option<Result<SignedTransaction>>;

impl Ledger {
    /// Validates, judges and persists transactions; what is accepted is durable on return. One answer per item.
    ///
    /// # Errors
    /// Those of the store, for all items together. A refusal is the answer of its item.
    pub fn submit(&self, raw: &[Vec<u8>]) -> Result<Vec<Result<B256>>> {
        // Recovering a sender is the dearest part and needs no lock; for a known transaction it is spared.
        let decoded = self.decode_all(raw)?;
        self.with_writer(|writer| {
            let mut accepted = Vec::new();
            let mut answers = Vec::with_capacity(raw.len());
            for (raw, decoded) in raw.iter().zip(decoded) {
                answers.push(settle(self.take(writer, raw, decoded, &mut accepted))?);
            }
            if !accepted.is_empty() {
                self.persist(&accepted)?;
            }
            Ok(answers)
        })
    }

    /// Number of transactions that wait for a block.
    ///
    /// # Errors
    /// `ledger_closed`.
    pub fn pending(&self) -> Result<usize> {
        self.store.check_open()?;
        Ok(self.mempool().len())
    }

    /// Decodes on all processors, in order.
    fn decode_all(&self, raw: &[Vec<u8>]) -> Result<Vec<Decoded>> {
        let workers = thread::available_parallelism().map_or(1, NonZero::get).min(raw.len() / PER_WORKER_MIN);
        if workers <= 1 {
            return raw.iter().map(|raw| self.decode_unknown(raw)).collect();
        }
        let decode_part = |part: &[Vec<u8>]| -> Result<Vec<Decoded>> {
            part.iter().map(|raw| self.decode_unknown(raw)).collect()
        };
        let parts = thread::scope(|scope| {
            let parts = raw.chunks(raw.len().div_ceil(workers));
            let running: Vec<_> = parts.map(|part| scope.spawn(move || decode_part(part))).collect();
            running.into_iter().map(|part| part.join()).collect::<Vec<_>>()
        });
        let mut decoded = Vec::with_capacity(raw.len());
        for part in parts {
            decoded.extend(part.map_err(|_| LedgerError::Internal("decoding panicked".into()))??);
        }
        Ok(decoded)
    }

    fn decode_unknown(&self, raw: &[u8]) -> Result<Decoded> {
        Ok(if self.is_known(&keccak256(raw))? {
            None
        } else {
            Some(decode(raw, Some(self.genesis.chain_id)))
        })
    }

    fn is_known(&self, hash: &B256) -> Result<bool> {
        if self.mempool().by_hash(hash).is_some() {
            return Ok(true);
        }
        self.store.view(|transaction| Ok(transaction.open_table(TRANSACTIONS)?.get_owned(&hash.0)?.is_some()))
    }

    /// Checks one transaction against the head and the queue, and queues it.
    fn take(
        &self,
        writer: &mut Writer,
        raw: &[u8],
        decoded: Decoded,
        accepted: &mut Vec<Pending>,
    ) -> Result<B256> {
        // Asked again under the lock: now what is known is durable, or will be before this call returns.
        let hash = keccak256(raw);
        if self.is_known(&hash)? {
            return Ok(hash);
        }
        let signed = decoded.unwrap_or_else(|| decode(raw, Some(self.genesis.chain_id)))?;
        let pending = Pending::new(signed, raw, writer.arrivals + 1);
        let account = writer.state.account(&pending.sender())?;
        self.validate(&pending, &account)?;
        self.mempool().admit(&pending)?;
        if pending.nonce() == account.nonce {
            self.simulate_transaction(writer, &pending)?;
        } else {
            self.judge_top(writer, &pending)?;
        }
        writer.arrivals += 1;
        self.mempool_mut().insert(pending.clone());
        accepted.push(pending);
        Ok(hash)
    }

    fn validate(&self, pending: &Pending, account: &AccountState) -> Result<()> {
        let env = &pending.signed.env;
        let refuse = |code, message| Err(LedgerError::invalid(code, message));
        if env.gas_limit > self.genesis.block_gas_limit {
            let limit = self.genesis.block_gas_limit;
            return refuse(
                "gas_limit_too_high",
                format!("gas limit {} is above the block's, {limit}", env.gas_limit),
            );
        }
        if let Err(error) = validate_initial_tx_gas(env, SPEC, false, false, TRANSACTION_GAS_MAX, None) {
            return refuse(invalid_code(&error), error.to_string());
        }
        let (nonce, expected) = (env.nonce, account.nonce);
        if nonce < expected {
            return refuse("nonce_too_low", format!("nonce {nonce} is below the account's, {expected}"));
        }
        if nonce > expected.saturating_add(NONCE_AHEAD_MAX) {
            let message =
                format!("nonce {nonce} is more than {NONCE_AHEAD_MAX} above the account's, {expected}");
            return refuse("nonce_too_high", message);
        }
        let fee = U256::from(env.gas_limit).saturating_mul(U256::from(env.gas_price));
        let cost = env.value.saturating_add(fee);
        if cost > account.balance {
            let message = format!("value and fees of {cost} wei exceed the balance");
            return refuse("insufficient_funds", message);
        }
        Ok(())
    }

    /// Runs the transaction on top of the head, every frame judged.
    fn simulate_transaction(&self, writer: &mut Writer, pending: &Pending) -> Result<()> {
        let context = self.next_block(&writer.head, writer.head.timestamp);
        let policy = self.policy();
        let mut executor = Executor::new(&mut writer.state, &policy.0, self.genesis.chain_id);
        executor.begin_block(&context);
        executor.judge_at(time_after(&writer.head));
        executor.execute(&pending.signed).map(|_| ()).map_err(LedgerError::from)
    }

    /// A transaction that waits for another one is judged at the top alone, without limits, until its turn comes.
    fn judge_top(&self, writer: &mut Writer, pending: &Pending) -> Result<()> {
        let env = &pending.signed.env;
        let target = match env.kind {
            TxKind::Call(target) => Some(target),
            TxKind::Create => None,
        };
        let target_has_code = match target {
            Some(target) => writer.state.account(&target)?.code_hash != KECCAK_EMPTY,
            None => false,
        };
        let call = TopLevelCall {
            signer: pending.sender(),
            target,
            data: &env.data,
            access: Access::Write,
            target_has_code,
            target_is_precompile: target.is_some_and(|target| Precompiles::osaka().contains(&target)),
            has_authorizations: !env.authorization_list.is_empty(),
            timestamp: time_after(&writer.head),
        };
        self.policy().decide(&call).map(|_| ())
    }

    fn persist(&self, accepted: &[Pending]) -> Result<()> {
        self.store.update(|transaction| {
            let mut mempool = transaction.open_table(MEMPOOL)?;
            let mut dropped = transaction.open_table(DROPPED)?;
            for pending in accepted {
                mempool.insert(&pending.key(), (pending.arrival, pending.raw.as_ref()))?;
                dropped.remove(&pending.hash().0)?;
            }
            if let Some(last) = accepted.last() {
                transaction.open_table(META)?.insert(ARRIVALS, last.arrival)?;
            }
            Ok(())
        })
    }
}

/// Separates a refusal (the answer of one item) from a failure of the store (of all).
fn settle<T>(outcome: Result<T>) -> Result<Result<T>> {
    match outcome {
        Err(error) if error.is_refusal() => Ok(Err(error)),
        Err(error) => Err(error),
        Ok(value) => Ok(Ok(value)),
    }
}

fn decode(raw: &[u8], chain_id: Option<u64>) -> Result<SignedTransaction> {
    // A transaction that names no chain id is refused by any chain.
    let chain_id = chain_id.or_else(|| chain_id_of(raw)).unwrap_or_default();
    decode_transaction(raw, chain_id).map_err(|error| LedgerError::invalid(error.code(), error.to_string()))
}

/// Decodes a transaction of any chain and recovers its sender.
///
/// # Errors
/// As for `Ledger::submit`.
pub fn decode_any_chain(raw: &[u8]) -> Result<Transaction> {
    decode(raw, None).map(|signed| Transaction::new(&signed, raw, None))
}
