//! What an execution did, frame by frame: the call tracer.

use prividium_policy::AccessKind;
use revm::context::{ContextTr, CreateScheme, JournalTr};
use revm::interpreter::{
    CallInputs, CallOutcome, CallScheme, CreateInputs, CreateOutcome, InstructionResult, InterpreterResult,
};
use revm::precompile::Precompiles;
use revm::primitives::{Address, Bytes, KECCAK_EMPTY, U256};
use revm::Inspector;

use crate::error::{LedgerError, Result};
use crate::policy::{PolicyTable, TopLevelCall};

/// Frames that one trace may have.
const FRAMES_MAX: usize = 10_000;
/// Bytes of inputs and outputs that one trace may hold.
const BYTES_MAX: usize = 8 << 20;

/// One frame of an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceFrame {
    /// 0 for the transaction's own frame.
    pub depth: usize,
    /// Opcode that opened it: `CALL`, `STATICCALL`, `DELEGATECALL`, `CALLCODE`, `CREATE`, `CREATE2`, `SELFDESTRUCT`.
    pub kind: &'static str,
    /// Who opened it.
    pub from: Address,
    /// Whose code runs, or the created contract; `None` if a creation failed before it had an address.
    pub to: Option<Address>,
    /// Call data or creation code.
    pub input: Bytes,
    /// Return data, revert data, or the code of a created contract.
    pub output: Bytes,
    /// Wei sent along.
    pub value: U256,
    /// Gas that it was given.
    pub gas: u64,
    /// Gas that it took.
    pub gas_used: u64,
    /// Why it failed.
    pub error: Option<&'static str>,
    /// Whether the policy in force would let the signer make this very call directly, as a read.
    pub permitted: bool,
}

/// Records the frames of one transaction.
pub(crate) struct CallTracer<'p> {
    policy: &'p PolicyTable,
    signer: Address,
    /// Time that the policy is asked for, in seconds.
    timestamp: u64,
    frames: Vec<TraceFrame>,
    /// Positions of the frames that have not returned.
    open: Vec<usize>,
    bytes: usize,
}

impl<'p> CallTracer<'p> {
    pub(crate) const fn new(policy: &'p PolicyTable, signer: Address, timestamp: u64) -> Self {
        Self { policy, signer, timestamp, frames: Vec::new(), open: Vec::new(), bytes: 0 }
    }

    /// The frames, each after the one that opened it.
    pub(crate) fn finish(self) -> Result<Vec<TraceFrame>> {
        if self.is_full() {
            let message = format!("the trace has more than {FRAMES_MAX} frames or {BYTES_MAX} bytes");
            return Err(LedgerError::invalid("trace_too_large", message));
        }
        Ok(self.frames)
    }

    fn is_full(&self) -> bool {
        self.frames.len() > FRAMES_MAX || self.bytes > BYTES_MAX
    }

    fn enter(&mut self, frame: TraceFrame) {
        self.open.push(self.frames.len());
        self.record(frame);
    }

    fn record(&mut self, frame: TraceFrame) {
        if !self.is_full() {
            self.bytes += frame.input.len();
            self.frames.push(frame);
        }
    }

    fn leave(&mut self, result: &InterpreterResult, created: Option<Address>) {
        let Some(position) = self.open.pop() else { return };
        let full = self.is_full();
        let Some(frame) = self.frames.get_mut(position) else { return };
        frame.gas_used = frame.gas.saturating_sub(result.gas.remaining());
        frame.error = error_of(result.result);
        frame.to = frame.to.or(created);
        if !full {
            self.bytes += result.output.len();
            frame.output = result.output.clone();
        }
    }

    fn permits(&self, target: Address, data: &[u8], has_code: bool) -> bool {
        let call = TopLevelCall {
            signer: self.signer,
            target: Some(target),
            data,
            access: AccessKind::Read,
            target_has_code: has_code,
            target_is_precompile: Precompiles::osaka().contains(&target),
            has_authorizations: false,
            timestamp: self.timestamp,
        };
        self.policy.decide(&call).is_ok()
    }
}

/// Opcode of a call, who opened it and whose code runs.
pub(crate) const fn call_kind(inputs: &CallInputs) -> (&'static str, Address, Address) {
    match inputs.scheme {
        CallScheme::Call => ("CALL", inputs.caller, inputs.target_address),
        CallScheme::StaticCall => ("STATICCALL", inputs.caller, inputs.target_address),
        CallScheme::DelegateCall => ("DELEGATECALL", inputs.target_address, inputs.bytecode_address),
        CallScheme::CallCode => ("CALLCODE", inputs.target_address, inputs.bytecode_address),
    }
}

/// Opcode of a creation.
pub(crate) fn create_kind(inputs: &CreateInputs) -> &'static str {
    match inputs.scheme() {
        CreateScheme::Create2 { .. } => "CREATE2",
        _ => "CREATE",
    }
}

fn error_of(result: InstructionResult) -> Option<&'static str> {
    if result.is_ok() {
        return None;
    }
    if result == InstructionResult::Revert {
        return Some("execution reverted");
    }
    match result {
        InstructionResult::OutOfGas
        | InstructionResult::MemoryOOG
        | InstructionResult::MemoryLimitOOG
        | InstructionResult::PrecompileOOG
        | InstructionResult::InvalidOperandOOG
        | InstructionResult::ReentrancySentryOOG => Some("out of gas"),
        InstructionResult::OutOfFunds => Some("insufficient balance for transfer"),
        InstructionResult::CallTooDeep => Some("max call depth exceeded"),
        _ => Some("execution failed"),
    }
}

impl<CTX: ContextTr> Inspector<CTX> for CallTracer<'_> {
    fn call(&mut self, context: &mut CTX, inputs: &mut CallInputs) -> Option<CallOutcome> {
        let runs_own_code = matches!(inputs.scheme, CallScheme::Call | CallScheme::StaticCall);
        let input = inputs.input.bytes(context);
        let has_code = !runs_own_code || inputs.known_bytecode.0 != KECCAK_EMPTY;
        let (kind, from, to) = call_kind(inputs);
        self.enter(TraceFrame {
            depth: self.open.len(),
            kind,
            from,
            to: Some(to),
            permitted: self.permits(inputs.target_address, &input, has_code),
            input,
            output: Bytes::new(),
            value: inputs.value.get(),
            gas: inputs.gas_limit,
            gas_used: 0,
            error: None,
        });
        None
    }

    fn call_end(&mut self, _: &mut CTX, _: &CallInputs, outcome: &mut CallOutcome) {
        self.leave(&outcome.result, None);
    }

    fn create(&mut self, context: &mut CTX, inputs: &mut CreateInputs) -> Option<CreateOutcome> {
        let nonce =
            context.journal_mut().load_account(inputs.caller()).map(|account| account.data.info.nonce);
        self.enter(TraceFrame {
            depth: self.open.len(),
            kind: create_kind(inputs),
            from: inputs.caller(),
            to: nonce.ok().map(|nonce| inputs.created_address(nonce)),
            input: inputs.init_code().clone(),
            output: Bytes::new(),
            value: inputs.value(),
            gas: inputs.gas_limit(),
            gas_used: 0,
            error: None,
            permitted: false,
        });
        None
    }

    fn create_end(&mut self, _: &mut CTX, _: &CreateInputs, outcome: &mut CreateOutcome) {
        self.leave(&outcome.result, outcome.address);
    }

    fn selfdestruct(&mut self, contract: Address, target: Address, value: U256) {
        let frame = TraceFrame {
            depth: self.open.len(),
            kind: "SELFDESTRUCT",
            from: contract,
            to: Some(target),
            input: Bytes::new(),
            output: Bytes::new(),
            value,
            gas: 0,
            gas_used: 0,
            error: None,
            permitted: false,
        };
        self.record(frame);
    }
}
