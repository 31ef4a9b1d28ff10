//! What the policy decides about every frame of a call, denied ones included.
//!
//! The walk asks the evaluator what the judge asks it, but lets the execution go on: behind the frame that decides stand
//! those that would be denied next. It follows the judge of `prividium_stf`, and [`Explanation::settle`] holds the two
//! together: an explanation that contradicts the verdict is an error.

use prividium_policy::{
    decide, AccessKind, Charge, Denial as Refusal, Frame, PolicyView, Question, Reason, COUNTERS,
};
use revm::context::{ContextTr, JournalTr};
use revm::interpreter::{CallInputs, CallOutcome, CallScheme, CreateInputs, CreateOutcome};
use revm::precompile::Precompiles;
use revm::primitives::{Address, Bytes, KECCAK_EMPTY, U256};
use revm::{Database, Inspector};

use crate::error::{Denial, LedgerError, Result};
use crate::policy::PolicyTable;
use crate::trace::{call_kind, create_kind};

/// Frames that one explanation may have.
const FRAMES_MAX: usize = 1_000;
/// Bytes of inputs that one explanation may hold.
const BYTES_MAX: usize = 4 << 20;

/// One frame and what the policy decides about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedFrame {
    /// 0 for the call's own frame.
    pub depth: usize,
    /// Opcode that opened it.
    pub kind: &'static str,
    /// Who opened it.
    pub from: Address,
    /// Whose rule is asked: the callee, or for DELEGATECALL and CALLCODE the contract in whose context the code runs.
    pub target: Option<Address>,
    /// Whose code runs.
    pub code: Option<Address>,
    /// Call data; empty for a creation.
    pub data: Bytes,
    /// Wei sent along.
    pub value: U256,
    /// What the frame may do where it stands.
    pub access: AccessKind,
    /// Whether it is allowed.
    pub allowed: bool,
    /// Reason id of policy.md.
    pub reason: &'static str,
    /// Whether its rule waives the judgement of the frames below.
    pub waives: bool,
}

/// Why a call is allowed or denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The verdict of the judge.
    pub allowed: bool,
    /// Position of the frame that decided: the first denied one, or the call's own.
    pub decisive: usize,
    /// Every frame, each after the one that opened it.
    pub frames: Vec<ExplainedFrame>,
}

impl Explanation {
    /// Brings the walk and the judge's verdict together.
    ///
    /// # Errors
    /// `internal` if they contradict each other.
    pub(crate) fn settle(frames: Vec<ExplainedFrame>, verdict: Option<&Denial>) -> Result<Self> {
        let denied = frames.iter().position(|frame| !frame.allowed);
        let contradiction = || LedgerError::Internal("a call is explained otherwise than judged".into());
        let Some(denial) = verdict else {
            return match denied {
                None => Ok(Self { allowed: true, decisive: 0, frames }),
                Some(_) => Err(contradiction()),
            };
        };
        match denied {
            Some(decisive) if frames[decisive].is_refused_by(denial) => {
                Ok(Self { allowed: false, decisive, frames })
            }
            _ => Err(contradiction()),
        }
    }
}

impl ExplainedFrame {
    fn is_refused_by(&self, denial: &Denial) -> bool {
        let selector = self.data.get(..4).unwrap_or_default();
        let same_call = self.target == denial.target && selector == denial.selector;
        same_call && self.reason == denial.reason
    }
}

/// Asks the policy about every frame of one call.
pub(crate) struct Explainer<'p> {
    policy: &'p PolicyTable,
    signer: Address,
    read_only: bool,
    umbrella_depth: Option<usize>,
    /// The frames that have not returned.
    open: Vec<OpenFrame>,
    /// Counters that moved, with their new values, the last one behind.
    counts: Vec<(U256, U256)>,
    /// Time that the policy is asked for, in seconds.
    timestamp: u64,
    bytes: usize,
    frames: Vec<ExplainedFrame>,
}

struct OpenFrame {
    data: Bytes,
    /// How many counts there were before it.
    counts: usize,
}

impl<'p> Explainer<'p> {
    pub(crate) const fn new(
        policy: &'p PolicyTable,
        signer: Address,
        read_only: bool,
        timestamp: u64,
    ) -> Self {
        Self {
            policy,
            signer,
            read_only,
            umbrella_depth: None,
            open: Vec::new(),
            counts: Vec::new(),
            timestamp,
            bytes: 0,
            frames: Vec::new(),
        }
    }

    /// The frames, each after the one that opened it.
    pub(crate) fn finish(self) -> Result<Vec<ExplainedFrame>> {
        if self.is_full() {
            let message = format!("the call has more than {FRAMES_MAX} frames or {BYTES_MAX} bytes");
            return Err(LedgerError::invalid("explanation_too_large", message));
        }
        Ok(self.frames)
    }

    fn is_full(&self) -> bool {
        self.frames.len() > FRAMES_MAX || self.bytes > BYTES_MAX
    }

    /// Judges a frame; `counter` reads a counter as it was before the call.
    fn enter(
        &mut self,
        mut explained: ExplainedFrame,
        frame: Frame<'_>,
        is_static: bool,
        counter: impl FnMut(U256) -> U256,
    ) {
        let depth = self.open.len();
        if self.umbrella_depth.is_some_and(|umbrella| depth <= umbrella) {
            self.umbrella_depth = None;
        }
        let access = if is_static || self.read_only { AccessKind::Read } else { AccessKind::Write };
        let Ok(wallet) = self.policy.0.wallet(&self.signer.0 .0);
        let question = Question {
            signer: &self.signer.0 .0,
            wallet,
            frame,
            access,
            below_umbrella: self.umbrella_depth.is_some(),
            has_authorizations: false,
            timestamp: self.timestamp,
        };
        let Ok(mut decision) = decide(&self.policy.0, &question);
        let open = OpenFrame { data: explained.data.clone(), counts: self.counts.len() };
        // a proxy that hands on its own call was counted
        let is_delegated = matches!(explained.kind, "DELEGATECALL" | "CALLCODE");
        let continues = is_delegated && self.open.last().is_some_and(|above| above.data == open.data);
        if let Some(charges) =
            decision.as_ref().ok().filter(|_| !continues).map(|allow| allow.charges.clone())
        {
            if !self.count(&charges, counter) {
                let selector = explained.data.first_chunk().copied();
                let target = explained.target.map(Address::into_array);
                decision = Err(Refusal { reason: Reason::LimitExceeded, target, selector });
            }
        }
        self.open.push(open);
        let waives = decision.as_ref().is_ok_and(|allow| allow.umbrella);
        if waives {
            self.umbrella_depth = Some(depth);
        }
        explained.reason = decision.as_ref().map_or_else(|denial| denial.reason, |allow| allow.reason).id();
        (explained.depth, explained.access) = (depth, access);
        (explained.allowed, explained.waives) = (decision.is_ok(), waives);
        if !self.is_full() {
            self.bytes += explained.data.len();
            self.frames.push(explained);
        }
    }

    /// Moves the counters, or none of them if one would exceed its limit.
    fn count(&mut self, charges: &[Charge], mut counter: impl FnMut(U256) -> U256) -> bool {
        let mut counts = Vec::with_capacity(charges.len());
        for charge in charges {
            let slot = U256::from_be_bytes(charge.slot);
            let moved = self.counts.iter().rev().find(|(moved, _)| *moved == slot);
            let now = moved.map_or_else(|| counter(slot), |(_, value)| *value);
            let Some(after) = charge.apply(&now.to_be_bytes()) else { return false };
            counts.push((slot, U256::from_be_bytes(after)));
        }
        self.counts.extend(counts);
        true
    }

    fn leave(&mut self, is_ok: bool) {
        let Some(frame) = self.open.pop() else { return };
        if !is_ok {
            self.counts.truncate(frame.counts);
        }
    }
}

impl<CTX: ContextTr> Inspector<CTX> for Explainer<'_> {
    fn call(&mut self, context: &mut CTX, inputs: &mut CallInputs) -> Option<CallOutcome> {
        let target = inputs.target_address;
        let runs_own_code = matches!(inputs.scheme, CallScheme::Call | CallScheme::StaticCall);
        let has_code = (runs_own_code && inputs.known_bytecode.0 != KECCAK_EMPTY)
            || context
                .journal_mut()
                .load_account(target)
                .is_ok_and(|account| !account.data.info.is_empty_code_hash());
        let data = inputs.input.bytes(context);
        let (kind, from, code) = call_kind(inputs);
        let explained = ExplainedFrame {
            depth: 0,
            kind,
            from,
            target: Some(target),
            code: Some(code),
            data: data.clone(),
            value: inputs.value.get(),
            access: AccessKind::Read,
            allowed: false,
            reason: "",
            waives: false,
        };
        let is_precompile = Precompiles::osaka().contains(&target);
        let frame = Frame::Call { target: &target.0 .0, data: &data, is_precompile, has_code };
        // what cannot be read stops the execution itself
        let counter = |slot| context.db_mut().storage(Address::new(COUNTERS), slot).unwrap_or_default();
        self.enter(explained, frame, inputs.is_static, counter);
        None
    }

    fn call_end(&mut self, _: &mut CTX, _: &CallInputs, outcome: &mut CallOutcome) {
        self.leave(outcome.result.is_ok());
    }

    fn create(&mut self, _: &mut CTX, inputs: &mut CreateInputs) -> Option<CreateOutcome> {
        let explained = ExplainedFrame {
            depth: 0,
            kind: create_kind(inputs),
            from: inputs.caller(),
            target: None,
            code: None,
            data: Bytes::new(),
            value: inputs.value(),
            access: AccessKind::Write,
            allowed: false,
            reason: "",
            waives: false,
        };
        self.enter(explained, Frame::Creation, false, |_| U256::ZERO);
        None
    }

    fn create_end(&mut self, _: &mut CTX, _: &CreateInputs, outcome: &mut CreateOutcome) {
        self.leave(outcome.result.is_ok());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(allowed: bool, reason: &'static str) -> ExplainedFrame {
        ExplainedFrame {
            depth: 0,
            kind: "CALL",
            from: Address::ZERO,
            target: Some(Address::repeat_byte(1)),
            code: None,
            data: Bytes::from_static(&[1, 2, 3, 4, 5]),
            value: U256::ZERO,
            access: AccessKind::Write,
            allowed,
            reason,
            waives: false,
        }
    }

    fn denial(reason: &'static str) -> Denial {
        Denial { reason, target: Some(Address::repeat_byte(1)), selector: vec![1, 2, 3, 4] }
    }

    #[test]
    fn an_explanation_that_contradicts_the_judge_is_an_error() {
        let denied = vec![frame(true, "rule.public.allow"), frame(false, "permission.missing")];
        let allowed = vec![frame(true, "rule.public.allow")];
        assert!(Explanation::settle(denied.clone(), None).is_err());
        assert!(Explanation::settle(allowed.clone(), Some(&denial("permission.missing"))).is_err());
        assert!(Explanation::settle(denied.clone(), Some(&denial("rule.forbidden.deny"))).is_err());
        assert_eq!(Explanation::settle(denied, Some(&denial("permission.missing"))).unwrap().decisive, 1);
        assert!(Explanation::settle(allowed, None).unwrap().allowed);
    }
}
