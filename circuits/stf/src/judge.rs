//! The EVM with a judge before every frame.
//!
//! [`JudgedEvm`] wraps revm's EVM and overrides the one step that opens a frame, so judging costs nothing between
//! frames. A denied frame fails the whole transaction with an error; the handler then discards its changes.

use alloc::string::String;

use alloc::vec::Vec;

use prividium_policy::{decide, AccessKind, Charge, Denial, Frame, PolicyView, Question, Reason, Wallet};
use revm::context::{ContextTr, Evm, FrameStack, JournalTr};
use revm::context_interface::context::ContextError;
use revm::handler::evm::FrameTr;
use revm::handler::instructions::EthInstructions;
use revm::handler::{EthFrame, EvmTr, FrameInitOrResult, MainnetContext};
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::interpreter_action::FrameInit;
use revm::interpreter::{CallInputs, CallScheme, FrameInput};
use revm::primitives::{Address, KECCAK_EMPTY};
use revm::Database;

use crate::counters::{self, Counts};
use crate::precompiles::OsakaPrecompiles;

type PlainInstructions<DB> = EthInstructions<EthInterpreter, MainnetContext<DB>>;
/// revm's mainnet EVM with the static table of precompiles.
pub(crate) type PlainEvm<DB> =
    Evm<MainnetContext<DB>, (), PlainInstructions<DB>, OsakaPrecompiles, EthFrame<EthInterpreter>>;
type FrameResultOf<DB> = <<PlainEvm<DB> as EvmTr>::Frame as FrameTr>::FrameResult;
type InitResult<'a, DB> = revm::handler::ItemOrResult<&'a mut EthFrame<EthInterpreter>, FrameResultOf<DB>>;

/// Marks the error with which a judged frame stops the handler; the verdict itself is in the judge.
const STOPPED: &str = "stopped by the policy";

/// What the judge found.
pub(crate) enum Verdict<E> {
    /// The policy denies the frame.
    Denied(Denial),
    /// The policy cannot be read.
    Unreadable(E),
}

/// On whose behalf the current transaction runs.
struct Subject<'p> {
    signer: Address,
    wallet: Option<Wallet<'p>>,
    has_authorizations: bool,
    read_only: bool,
}

/// Judges frames of one transaction at a time.
pub(crate) struct Judge<'p, P: PolicyView> {
    policy: &'p P,
    /// Time that the policy is asked for, in seconds.
    pub(crate) timestamp: u64,
    subject: Option<Subject<'p>>,
    umbrella_depth: Option<usize>,
    /// What the admitted frame counts as soon as it runs.
    counts: Counts,
    verdict: Option<Verdict<P::Error>>,
}

impl<'p, P: PolicyView> Judge<'p, P> {
    pub(crate) const fn new(policy: &'p P) -> Self {
        Self { policy, timestamp: 0, subject: None, umbrella_depth: None, counts: Vec::new(), verdict: None }
    }

    /// Begins a transaction of `signer`.
    pub(crate) fn begin(
        &mut self,
        signer: Address,
        has_authorizations: bool,
        read_only: bool,
    ) -> Result<(), P::Error> {
        let wallet = self.policy.wallet(&signer.0 .0)?;
        self.subject = Some(Subject { signer, wallet, has_authorizations, read_only });
        self.umbrella_depth = None;
        self.counts.clear();
        self.verdict = None;
        Ok(())
    }

    /// Begins a call that nobody judges.
    pub(crate) fn begin_unjudged(&mut self) {
        self.subject = None;
        self.counts.clear();
        self.verdict = None;
    }

    /// The verdict that stopped the transaction, if one did.
    pub(crate) const fn take_verdict(&mut self) -> Option<Verdict<P::Error>> {
        self.verdict.take()
    }

    /// Judges a frame at `depth`: what it adds to counters, or `None` to stop the transaction.
    fn admits(&mut self, depth: usize, frame: Frame<'_>, is_static: bool) -> Option<Vec<Charge>> {
        let Some(subject) = &self.subject else {
            return Some(Vec::new());
        };
        if self.umbrella_depth.is_some_and(|umbrella| depth <= umbrella) {
            self.umbrella_depth = None;
        }
        let question = Question {
            signer: &subject.signer.0 .0,
            wallet: subject.wallet,
            frame,
            access: if is_static || subject.read_only { AccessKind::Read } else { AccessKind::Write },
            below_umbrella: self.umbrella_depth.is_some(),
            has_authorizations: subject.has_authorizations,
            timestamp: self.timestamp,
        };
        match decide(self.policy, &question) {
            Ok(Ok(allow)) => {
                if allow.umbrella {
                    self.umbrella_depth = Some(depth);
                }
                return Some(allow.charges);
            }
            Ok(Err(denial)) => self.verdict = Some(Verdict::Denied(denial)),
            Err(error) => self.verdict = Some(Verdict::Unreadable(error)),
        }
        None
    }
}

/// revm's mainnet EVM whose frames are judged.
pub(crate) struct JudgedEvm<'p, DB: Database, P: PolicyView> {
    pub(crate) evm: PlainEvm<DB>,
    pub(crate) judge: Judge<'p, P>,
}

impl<DB: Database, P: PolicyView> JudgedEvm<'_, DB, P> {
    fn judge_call(&mut self, depth: usize, inputs: &CallInputs) -> Result<bool, ContextError<DB::Error>> {
        let target = inputs.target_address;
        let runs_own_code = matches!(inputs.scheme, CallScheme::Call | CallScheme::StaticCall);
        let is_precompile = self.evm.precompiles.contains(&target);
        // a delegation to an account without code is code of the delegating account all the same
        let has_code = (runs_own_code && inputs.known_bytecode.0 != KECCAK_EMPTY) || {
            let account = self.evm.ctx.journal_mut().load_account(target)?;
            !account.data.info.is_empty_code_hash()
        };
        let data = inputs.input.as_bytes_local(&self.evm.ctx.local);
        let frame = Frame::Call { target: &target.0 .0, data: &data, is_precompile, has_code };
        let Some(charges) = self.judge.admits(depth, frame, inputs.is_static) else {
            return Ok(false);
        };
        if charges.is_empty() {
            return Ok(true);
        }
        if !runs_own_code {
            let caller = &self.evm.frame_stack.get().interpreter.input.input;
            if *caller.as_bytes_local(&self.evm.ctx.local) == *data {
                // a proxy that hands on its own call, which was counted
                return Ok(true);
            }
        }
        let selector = data.first_chunk().copied();
        drop(data);
        match counters::count(&mut self.evm.ctx.journaled_state, &charges)? {
            Some(counts) => self.judge.counts = counts,
            None => {
                let denial = Denial { reason: Reason::LimitExceeded, target: Some(target.0 .0), selector };
                self.judge.verdict = Some(Verdict::Denied(denial));
            }
        }
        Ok(self.judge.verdict.is_none())
    }
}

impl<DB: Database, P: PolicyView> EvmTr for JudgedEvm<'_, DB, P> {
    type Context = MainnetContext<DB>;
    type Instructions = PlainInstructions<DB>;
    type Precompiles = OsakaPrecompiles;
    type Frame = EthFrame<EthInterpreter>;

    fn all(&self) -> (&Self::Context, &Self::Instructions, &Self::Precompiles, &FrameStack<Self::Frame>) {
        self.evm.all()
    }

    fn all_mut(
        &mut self,
    ) -> (&mut Self::Context, &mut Self::Instructions, &mut Self::Precompiles, &mut FrameStack<Self::Frame>)
    {
        self.evm.all_mut()
    }

    fn frame_init(&mut self, init: FrameInit) -> Result<InitResult<'_, DB>, ContextError<DB::Error>> {
        let admitted = match &init.frame_input {
            FrameInput::Call(inputs) => self.judge_call(init.depth, inputs)?,
            FrameInput::Create(_) => self.judge.admits(init.depth, Frame::Creation, false).is_some(),
            FrameInput::Empty => true,
        };
        if !admitted {
            return Err(ContextError::Custom(String::from(STOPPED)));
        }
        let opened = self.evm.frame_init(init)?;
        if opened.is_result() {
            // no code runs
            self.judge.counts.clear();
        }
        Ok(opened)
    }

    fn frame_run(&mut self) -> Result<FrameInitOrResult<Self::Frame>, ContextError<DB::Error>> {
        if !self.judge.counts.is_empty() {
            counters::record(&mut self.evm.ctx.journaled_state, &mut self.judge.counts)?;
        }
        self.evm.frame_run()
    }

    fn frame_return_result(
        &mut self,
        result: FrameResultOf<DB>,
    ) -> Result<Option<FrameResultOf<DB>>, ContextError<DB::Error>> {
        self.evm.frame_return_result(result)
    }
}
