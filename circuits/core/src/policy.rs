//! The compiled policy as the ledger holds it.

use std::convert::Infallible;

use prividium_policy::{decide, Frame, PolicyView, Question};
use prividium_state::salt::SaltSecret;
use revm::primitives::Address;

use crate::error::{Denial, LedgerError, Result};

pub use prividium_policy::AccessKind as Access;

/// A top-level call that the policy is asked about.
#[derive(Clone, Copy, Debug)]
pub struct TopLevelCall<'a> {
    /// The calling wallet.
    pub signer: Address,
    /// Callee; `None` for a creation.
    pub target: Option<Address>,
    /// Call data.
    pub data: &'a [u8],
    /// What the call may do.
    pub access: Access,
    /// Whether the target has code, an EIP-7702 delegation included.
    pub target_has_code: bool,
    /// Whether the target is a precompiled contract.
    pub target_is_precompile: bool,
    /// Whether the transaction carries EIP-7702 authorizations.
    pub has_authorizations: bool,
    /// Time of the block that the call would be in, in seconds.
    pub timestamp: u64,
}

/// One version of the policy: entries as in `docs/protocol/policy.md`.
///
/// Its salts, and so its root, come from the chain's secret once a ledger takes it.
#[derive(Clone, Debug)]
pub struct PolicyTable(pub(crate) prividium_policy::PolicyTable);

impl PolicyTable {
    /// Checks `entries` (key preimage, entry bytes).
    ///
    /// # Errors
    /// `policy_invalid`.
    pub fn new(version: u64, entries: Vec<(Vec<u8>, Vec<u8>)>) -> Result<Self> {
        Self::salted(version, entries, &SaltSecret::new([0; 32]))
    }

    pub(crate) fn salted(
        version: u64,
        entries: Vec<(Vec<u8>, Vec<u8>)>,
        secret: &SaltSecret,
    ) -> Result<Self> {
        let table = prividium_policy::PolicyTable::new(version, entries, secret);
        table.map(Self).map_err(|error| LedgerError::PolicyInvalid(error.to_string()))
    }

    /// Version of the table.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.0.version()
    }

    pub(crate) fn entries(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.0.entries().map(|(preimage, bytes)| (preimage.to_vec(), bytes.to_vec())).collect()
    }

    /// The reason id of an allowed top-level call. Limits count when a transaction executes, not here.
    ///
    /// # Errors
    /// `Denied`.
    pub fn decide(&self, call: &TopLevelCall<'_>) -> Result<&'static str> {
        let target = call.target.map(|target| target.into_array());
        let question = Question {
            signer: &call.signer.into_array(),
            wallet: infallible(self.0.wallet(&call.signer.into_array())),
            frame: match &target {
                None => Frame::Creation,
                Some(target) => Frame::Call {
                    target,
                    data: call.data,
                    is_precompile: call.target_is_precompile,
                    has_code: call.target_has_code,
                },
            },
            access: call.access,
            below_umbrella: false,
            has_authorizations: call.has_authorizations,
            timestamp: call.timestamp,
        };
        match infallible(decide(&self.0, &question)) {
            Ok(allow) => Ok(allow.reason.id()),
            Err(denial) => Err(LedgerError::Denied(denial.into())),
        }
    }
}

impl From<prividium_policy::Denial> for Denial {
    fn from(denial: prividium_policy::Denial) -> Self {
        Self {
            reason: denial.reason.id(),
            target: denial.target.map(Address::from),
            selector: denial.selector.map(|selector| selector.to_vec()).unwrap_or_default(),
        }
    }
}

fn infallible<T>(result: std::result::Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}
