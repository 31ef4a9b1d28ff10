//! The decision table of policy.md.

use alloc::vec::Vec;

use crate::conditions::{Conditions, Counted};
use crate::entry::{AccessKind, Rule, RuleKind, Selector, Wallet};
use crate::limits::Charge;
use crate::reason::Reason;
use crate::{Address, PolicyView};

/// A call frame, or the transaction itself.
#[derive(Clone, Copy, Debug)]
pub enum Frame<'a> {
    /// Creation of a contract.
    Creation,
    /// A call.
    Call {
        /// The callee; for DELEGATECALL and CALLCODE the contract in whose context the code runs.
        target: &'a Address,
        /// Call data.
        data: &'a [u8],
        /// Whether the target is a precompiled contract.
        is_precompile: bool,
        /// Whether the target has code, an EIP-7702 delegation included.
        has_code: bool,
    },
}

/// What is asked of the policy.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Signer of the transaction, or the wallet that reads.
    pub signer: &'a Address,
    /// The signer's entry.
    pub wallet: Option<Wallet<'a>>,
    /// The frame to be opened.
    pub frame: Frame<'a>,
    /// Write, unless the context is static or the whole call is a read.
    pub access: AccessKind,
    /// Whether an umbrella call lies above.
    pub below_umbrella: bool,
    /// Whether the transaction carries EIP-7702 authorizations.
    pub has_authorizations: bool,
    /// Time of the block, in seconds.
    pub timestamp: u64,
}

/// A permitted frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allow {
    /// Why.
    pub reason: Reason,
    /// Whether calls below need not be judged.
    pub umbrella: bool,
    /// Counters that the call must not exceed, each another one; none for a read.
    pub charges: Vec<Charge>,
}

/// A refused frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Denial {
    /// Why.
    pub reason: Reason,
    /// The frame's target; `None` for a creation.
    pub target: Option<Address>,
    /// The frame's selector.
    pub selector: Selector,
}

/// Outcome of a judgement.
pub type Decision = Result<Allow, Denial>;

/// Selector of call data.
fn selector_of(data: &[u8]) -> Selector {
    data.first_chunk().copied()
}

/// Judges one frame. The first row of the table in policy.md that applies decides.
///
/// # Errors
/// If the view cannot be read; such a frame must not run.
pub fn decide<P: PolicyView>(view: &P, question: &Question<'_>) -> Result<Decision, P::Error> {
    let (target, data) = match question.frame {
        Frame::Creation => (None, &[][..]),
        Frame::Call { target, data, .. } => (Some(*target), data),
    };
    let selector = selector_of(data);
    let deny = |reason| Ok(Err(Denial { reason, target, selector }));
    let allow = |reason| Ok(Ok(Allow { reason, umbrella: false, charges: Vec::new() }));
    let Some(wallet) = question.wallet else {
        return deny(Reason::WalletNotLinked);
    };
    let (target, is_precompile, has_code) = match question.frame {
        Frame::Creation if wallet.contract_deployment => return allow(Reason::DeployAllow),
        Frame::Creation => return deny(Reason::DeployPermissionMissing),
        Frame::Call { target, is_precompile, has_code, .. } => (target, is_precompile, has_code),
    };
    if question.has_authorizations && !wallet.contract_deployment {
        return deny(Reason::DelegationPermissionMissing);
    }
    if question.below_umbrella {
        return allow(Reason::UmbrellaAllow);
    }
    if is_precompile {
        return allow(Reason::PrecompileAllow);
    }
    if !has_code {
        return allow(Reason::TransferNativeAllow);
    }
    let Some(rule) = view.rule(target, selector)? else {
        return deny(Reason::PermissionMissing);
    };
    if question.access == AccessKind::Write && rule.access == AccessKind::Read {
        return deny(Reason::AccessTypeMismatch);
    }
    let Ok(conditions) = rule.conditions() else {
        // it was valid when it was read
        return deny(Reason::PermissionMissing);
    };
    if let Some(reason) = conditions.as_ref().and_then(|conditions| conditions.refuses_at(question.timestamp))
    {
        return deny(reason);
    }
    let reason = match judge(&rule, conditions.as_ref(), &wallet, question.signer, data) {
        Ok(reason) => reason,
        Err(reason) => return deny(reason),
    };
    let charges = match conditions {
        Some(conditions) if question.access == AccessKind::Write => conditions.charges(&Counted {
            owner: &wallet.counted_as(question.signer),
            target,
            selector,
            arguments: data.get(4..).unwrap_or_default(),
            timestamp: question.timestamp,
        }),
        _ => Some(Vec::new()),
    };
    match charges {
        Some(charges) => Ok(Ok(Allow { reason, umbrella: rule.umbrella, charges })),
        None => deny(Reason::LimitDecodeFailed),
    }
}

/// Row 10 of the table: the reason of an allowance, or of a denial as the error.
fn judge(
    rule: &Rule<'_>,
    conditions: Option<&Conditions<'_>>,
    wallet: &Wallet<'_>,
    signer: &Address,
    data: &[u8],
) -> Result<Reason, Reason> {
    let has_role = || wallet.roles.intersects(&rule.roles);
    let arguments = || arguments_match(rule, conditions, signer, data);
    match rule.kind {
        RuleKind::Forbidden => Err(Reason::ForbiddenDeny),
        RuleKind::Public => Ok(Reason::PublicAllow),
        RuleKind::CheckRole if has_role() => Ok(Reason::CheckRoleAllow),
        RuleKind::CheckRole => Err(Reason::CheckRoleDeny),
        RuleKind::RestrictArgument => match arguments() {
            Some(true) => Ok(Reason::RestrictArgumentAllow),
            Some(false) => Err(Reason::RestrictArgumentDeny),
            None => Err(Reason::RestrictArgumentDecodeFailed),
        },
        RuleKind::CheckRoleAndRestrictArgument if !has_role() => Err(Reason::AndDenyRole),
        RuleKind::CheckRoleAndRestrictArgument if arguments() == Some(true) => Ok(Reason::AndAllow),
        RuleKind::CheckRoleAndRestrictArgument => Err(Reason::AndDenyArgs),
        RuleKind::CheckRoleOrRestrictArgument if has_role() => Ok(Reason::OrAllowRole),
        RuleKind::CheckRoleOrRestrictArgument if arguments() == Some(true) => Ok(Reason::OrAllowArgs),
        RuleKind::CheckRoleOrRestrictArgument => Err(Reason::OrDenyBoth),
    }
}

/// Whether every restricted argument is the signer and every predicate holds; `None` if an argument cannot be read.
fn arguments_match(
    rule: &Rule<'_>,
    conditions: Option<&Conditions<'_>>,
    signer: &Address,
    data: &[u8],
) -> Option<bool> {
    let mut all = true;
    for position in rule.arguments() {
        let start = 4 + usize::from(position) * 32;
        let word: &[u8; 32] = data.get(start..)?.first_chunk()?;
        let (padding, address) = word.split_at(12);
        if padding.iter().any(|byte| *byte != 0) {
            return None;
        }
        all &= address == signer;
    }
    match conditions {
        Some(conditions) => Some(conditions.hold(signer, data.get(4..)?)? && all),
        None => Some(all),
    }
}
