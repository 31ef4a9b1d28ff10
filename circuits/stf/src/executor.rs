//! Executing transactions one at a time, judged, over any database.

use alloc::vec::Vec;

use prividium_policy::{Denial, PolicyView};
use revm::context::result::{EVMError, ExecutionResult, InvalidTransaction, Output};
use revm::context::{BlockEnv, CfgEnv, Context, ContextTr, JournalTr, TxEnv};
use revm::handler::instructions::EthInstructions;
use revm::handler::{EthFrame, Handler, MainnetHandler};
use revm::interpreter::interpreter::EthInterpreter;
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Address, Bytes, Log, TxKind, B256, U256};
use revm::state::EvmState;
use revm::Database;

use crate::estimate::cycles_of;
use crate::judge::{Judge, JudgedEvm, PlainEvm, Verdict};
use crate::precompiles::OsakaPrecompiles;
use crate::transaction::{SignedTransaction, TRANSACTION_GAS_MAX};

/// Rules of the EVM: mainnet as of the Osaka upgrade.
pub const SPEC: SpecId = SpecId::OSAKA;

/// What the EVM knows of the block that a transaction runs in. The base fee is zero; PREVRANDAO is the parent's hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlockContext {
    /// Number.
    pub number: u64,
    /// Timestamp in seconds.
    pub timestamp: u64,
    /// Receiver of priority fees.
    pub beneficiary: Address,
    /// Gas that all transactions together may take.
    pub gas_limit: u64,
    /// Hash of the block before.
    pub parent_hash: B256,
}

/// What a transaction did.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Whether it succeeded; a reverted or halted transaction is included with `false`.
    pub status: bool,
    /// Gas taken, after refunds.
    pub gas_used: u64,
    /// Return data, revert data, or the code of a created contract.
    pub output: Bytes,
    /// Events, none if it failed.
    pub logs: Vec<Log>,
    /// The contract that it created at the top level.
    pub created: Option<Address>,
    /// Estimate of the instructions that its proof takes, to seal batches by.
    pub cycles: u64,
}

/// Why a transaction cannot be in a block here. The state is as before it.
#[derive(Clone, Debug)]
pub enum ExecuteError<D, P> {
    /// The policy denies it or one of its frames.
    Denied(Denial),
    /// It is not valid in this state.
    Invalid(InvalidTransaction),
    /// Its gas limit is more than the block has left.
    BlockGas {
        /// Gas left in the block.
        left: u64,
    },
    /// The database failed.
    Database(D),
    /// The policy cannot be read.
    Policy(P),
    /// The EVM failed in a way that no transaction should cause.
    Internal,
}

impl<D, P> ExecuteError<D, P> {
    /// Stable identifier; of a denial, its reason.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Denied(denial) => denial.reason.id(),
            Self::Invalid(invalid) => invalid_code(invalid),
            Self::BlockGas { .. } => "block_gas_exceeded",
            Self::Database(_) => "database_failed",
            Self::Policy(_) => "policy_unreadable",
            Self::Internal => "execution_failed",
        }
    }
}

/// Stable identifier of what is invalid.
#[must_use]
pub const fn invalid_code(invalid: &InvalidTransaction) -> &'static str {
    match invalid {
        InvalidTransaction::NonceTooLow { .. } => "nonce_too_low",
        InvalidTransaction::NonceTooHigh { .. } => "nonce_too_high",
        InvalidTransaction::NonceOverflowInTransaction => "nonce_overflow",
        InvalidTransaction::LackOfFundForMaxFee { .. } | InvalidTransaction::OverflowPaymentInTransaction => {
            "insufficient_funds"
        }
        InvalidTransaction::CallGasCostMoreThanGasLimit { .. }
        | InvalidTransaction::GasFloorMoreThanGasLimit { .. } => "gas_limit_too_low",
        InvalidTransaction::CallerGasLimitMoreThanBlock
        | InvalidTransaction::TxGasLimitGreaterThanCap { .. } => "gas_limit_too_high",
        InvalidTransaction::PriorityFeeGreaterThanMaxFee => "priority_fee_too_high",
        InvalidTransaction::RejectCallerWithCode => "sender_has_code",
        InvalidTransaction::CreateInitCodeSizeLimit => "init_code_too_large",
        InvalidTransaction::EmptyAuthorizationList => "authorizations_empty",
        _ => "transaction_invalid",
    }
}

/// A call that leaves no trace: `eth_call` and gas estimation.
#[derive(Clone, Debug)]
pub struct CallRequest {
    /// The caller; need not sign anything.
    pub sender: Address,
    /// Callee, or `None` to simulate a creation.
    pub to: Option<Address>,
    /// Call data or init code.
    pub data: Bytes,
    /// Wei sent along.
    pub value: U256,
    /// Gas limit, at most [`TRANSACTION_GAS_MAX`].
    pub gas_limit: u64,
}

/// How a simulated call is judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judging {
    /// As a read: every frame needs read access.
    Read,
    /// As a transaction.
    Write,
    /// Not at all.
    Off,
}

type Evm<'p, DB, P> = JudgedEvm<'p, DB, P>;
type EvmFailure<DB> = EVMError<<DB as Database>::Error>;
type HandlerOf<'p, DB, P> = MainnetHandler<Evm<'p, DB, P>, EvmFailure<DB>, EthFrame<EthInterpreter>>;

/// Error of [`Executor::execute`] over `DB` and `P`.
pub type ExecutorError<DB, P> = ExecuteError<<DB as Database>::Error, <P as PolicyView>::Error>;

/// Runs transactions over a database, accumulating their changes.
pub struct Executor<'p, DB: Database, P: PolicyView> {
    evm: Evm<'p, DB, P>,
    gas_left: u64,
}

impl<'p, DB: Database, P: PolicyView> Executor<'p, DB, P> {
    /// Over `db`, judged by `policy`. Call [`Executor::begin_block`] next.
    pub fn new(db: DB, policy: &'p P, chain_id: u64) -> Self {
        let mut cfg = CfgEnv::new_with_spec(SPEC);
        cfg.chain_id = chain_id;
        let context: Context<BlockEnv, TxEnv, CfgEnv, DB> = Context::new(db, SPEC).with_cfg(cfg);
        let instructions = EthInstructions::new_mainnet_with_spec(SPEC);
        let evm = PlainEvm::new(context, instructions, OsakaPrecompiles::new());
        Self { evm: JudgedEvm { evm, judge: Judge::new(policy) }, gas_left: 0 }
    }

    /// Sets the block that the following transactions run in.
    pub fn begin_block(&mut self, block: &BlockContext) {
        self.gas_left = block.gas_limit;
        self.evm.judge.timestamp = block.timestamp;
        let env = &mut self.evm.evm.ctx.block;
        env.number = U256::from(block.number);
        env.timestamp = U256::from(block.timestamp);
        env.beneficiary = block.beneficiary;
        env.gas_limit = block.gas_limit;
        env.basefee = 0;
        env.difficulty = U256::ZERO;
        env.prevrandao = Some(block.parent_hash);
    }

    /// Judges the following as if the block's time were `timestamp`: what will be in a block that is still to be made.
    pub const fn judge_at(&mut self, timestamp: u64) {
        self.evm.judge.timestamp = timestamp;
    }

    /// The database.
    pub fn db_mut(&mut self) -> &mut DB {
        self.evm.evm.ctx.db_mut()
    }

    /// Executes a transaction and keeps its changes.
    ///
    /// # Errors
    /// See [`ExecuteError`]; the state is then as before and the next transaction may be tried.
    pub fn execute(&mut self, transaction: &SignedTransaction) -> Result<Outcome, ExecutorError<DB, P>> {
        let env = &transaction.env;
        if env.gas_limit > self.gas_left {
            return Err(ExecuteError::BlockGas { left: self.gas_left });
        }
        let has_authorizations = !env.authorization_list.is_empty();
        if has_authorizations {
            self.forget_empty_accounts();
        }
        self.evm.judge.begin(transaction.sender, has_authorizations, false).map_err(ExecuteError::Policy)?;
        let outcome = self.run(env.clone())?;
        self.gas_left -= outcome.gas_used;
        Ok(outcome)
    }

    /// Runs a call and drops all changes, those of transactions before it too: give a call an executor of its own. Nonce
    /// and gas price are not its caller's concern: the nonce is the account's, the price zero.
    ///
    /// # Errors
    /// See [`ExecuteError`].
    pub fn call(&mut self, request: &CallRequest, judging: Judging) -> Result<Outcome, ExecutorError<DB, P>> {
        match judging {
            Judging::Off => self.evm.judge.begin_unjudged(),
            _ => {
                let read_only = judging == Judging::Read;
                self.evm.judge.begin(request.sender, false, read_only).map_err(ExecuteError::Policy)?;
            }
        }
        let account = self.db_mut().basic(request.sender).map_err(ExecuteError::Database)?;
        let env = TxEnv {
            tx_type: 0,
            caller: request.sender,
            gas_limit: request.gas_limit.min(TRANSACTION_GAS_MAX),
            gas_price: 0,
            kind: request.to.map_or(TxKind::Create, TxKind::Call),
            value: request.value,
            data: request.data.clone(),
            nonce: account.map_or(0, |account| account.nonce),
            chain_id: None,
            ..Default::default()
        };
        let outcome = self.run(env);
        self.evm.evm.ctx.journal_mut().finalize();
        outcome
    }

    /// Calls `to` outside any transaction and drops the changes: no sender, no fees, nobody judges. It touches nothing
    /// but what the code itself reads, so that it can be replayed over openings.
    ///
    /// # Errors
    /// `Database` or `Internal`.
    pub fn view(&mut self, to: Address, data: Bytes) -> Result<Outcome, ExecutorError<DB, P>> {
        self.evm.judge.begin_unjudged();
        self.evm.evm.ctx.tx = TxEnv {
            caller: Address::ZERO,
            gas_limit: TRANSACTION_GAS_MAX,
            gas_price: 0,
            kind: TxKind::Call(to),
            data,
            ..Default::default()
        };
        let result = HandlerOf::<'p, DB, P>::default().run_system_call(&mut self.evm);
        self.evm.evm.ctx.journal_mut().finalize();
        match result {
            Ok(result) => Ok(outcome_of(result, false)),
            Err(EVMError::Database(error)) => Err(ExecuteError::Database(error)),
            Err(_) => Err(ExecuteError::Internal),
        }
    }

    /// Ends execution: all accounts and slots that were loaded, as they are now, and the database.
    pub fn finish(mut self) -> (EvmState, DB) {
        let state = self.evm.evm.ctx.journal_mut().finalize();
        (state, self.evm.evm.ctx.journaled_state.database)
    }

    /// Makes accounts that earlier transactions touched but left empty not existing again, as they are after each
    /// transaction on mainnet (EIP-161) and for an executor that begins here. Only the refund of EIP-7702 tells the
    /// difference.
    fn forget_empty_accounts(&mut self) {
        for account in self.evm.evm.ctx.journaled_state.inner.state.values_mut() {
            if account.is_empty() && account.is_loaded_as_not_existing() {
                account.unmark_touch();
            }
        }
    }

    fn run(&mut self, env: TxEnv) -> Result<Outcome, ExecutorError<DB, P>> {
        let creates = env.kind.is_create();
        self.evm.evm.ctx.tx = env;
        let result = HandlerOf::<'p, DB, P>::default().run(&mut self.evm);
        match (self.evm.judge.take_verdict(), result) {
            (Some(Verdict::Denied(denial)), _) => Err(ExecuteError::Denied(denial)),
            (Some(Verdict::Unreadable(error)), _) => Err(ExecuteError::Policy(error)),
            (None, Ok(result)) => Ok(outcome_of(result, creates)),
            (None, Err(EVMError::Transaction(invalid))) => Err(ExecuteError::Invalid(invalid)),
            (None, Err(EVMError::Database(error))) => Err(ExecuteError::Database(error)),
            (None, Err(_)) => Err(ExecuteError::Internal),
        }
    }
}

fn outcome_of(result: ExecutionResult, creates: bool) -> Outcome {
    let gas_used = result.tx_gas_used();
    let (status, output, logs) = match result {
        ExecutionResult::Success { output, logs, .. } => (true, output, logs),
        ExecutionResult::Revert { output, .. } => (false, Output::Call(output), Vec::new()),
        ExecutionResult::Halt { .. } => (false, Output::Call(Bytes::new()), Vec::new()),
    };
    let created = output.address().copied().filter(|_| status && creates);
    let output = output.into_data();
    let cycles = cycles_of(gas_used, &logs);
    Outcome { status, gas_used, output, logs, created, cycles }
}
