//! The one error tree of the ledger. Every variant has a stable code; `circuits/python` maps it to an exception.

use std::convert::Infallible;

use prividium_stf::executor::ExecuteError;
use revm::primitives::{Address, Bytes};
use thiserror::Error;

/// Result of a ledger operation.
pub type Result<T> = std::result::Result<T, LedgerError>;

/// A refusal by policy, as `docs/protocol/policy.md` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The reason id, for example `permission.missing`.
    pub reason: &'static str,
    /// The callee of the denied frame; `None` for a creation.
    pub target: Option<Address>,
    /// The first bytes of the frame's data (at most four).
    pub selector: Vec<u8>,
}

/// A refusal or failure of the ledger.
#[derive(Clone, Debug, Error)]
pub enum LedgerError {
    /// The policy denied the call or a frame that it opened.
    #[error("denied by policy: {}", .0.reason)]
    Denied(Denial),
    /// A simulated call reverted; holds its data.
    #[error("execution reverted")]
    Reverted(Bytes),
    /// A simulated call halted without data (out of gas, invalid opcode, …).
    #[error("execution failed: {0}")]
    Halted(String),
    /// The transaction or request is invalid; the code is one of those listed for `Ledger.submit`.
    #[error("{message}")]
    Invalid {
        /// Stable code.
        code: &'static str,
        /// What is wrong, with both numbers where there are two.
        message: String,
    },
    /// The state transition refused a witness.
    #[error("{message}")]
    Transition {
        /// Stable code.
        code: &'static str,
        /// What was refused.
        message: String,
    },
    /// Another process holds the store.
    #[error("the store is open in another process; stop it first")]
    StoreLocked,
    /// The file is damaged or not a store of ours.
    #[error("the store is corrupt: {0}; restore it from a backup")]
    StoreCorrupt(String),
    /// The store was written by another version of the schema.
    #[error("the store has schema version {found}, this program needs {needed}; migrate or rebuild it")]
    StoreVersion {
        /// Version in the file.
        found: u64,
        /// Version of this program.
        needed: u64,
    },
    /// The store belongs to a chain with another genesis, chain id or secret.
    #[error(
        "the store belongs to another chain: its genesis is {found}, the configuration's is {configured}"
    )]
    GenesisMismatch {
        /// Genesis root in the store, hex.
        found: String,
        /// Genesis root of the configuration, hex.
        configured: String,
    },
    /// No space left on the device.
    #[error("no space left on the device that holds the store; nothing was lost, free some and try again")]
    DiskFull,
    /// Any other failure of the file system.
    #[error("the store could not be read or written: {0}")]
    StoreIo(String),
    /// The ledger was closed.
    #[error("the ledger is closed")]
    Closed,
    /// A batch, block or transaction that does not exist.
    #[error("{0} is not known")]
    NotFound(String),
    /// An opening would show the key of another leaf.
    #[error("something that is read is absent, and showing that would show another key")]
    AbsenceUndisclosable,
    /// An opening is malformed or does not lead to the root.
    #[error("the opening is invalid: {0}")]
    OpeningInvalid(String),
    /// The compiled policy is malformed or conflicts with a stored version.
    #[error("the policy table is invalid: {0}")]
    PolicyInvalid(String),
    /// A block's timestamp must not precede its parent's.
    #[error("the timestamp {timestamp} is before the parent's, {parent}")]
    TimestampTooLow {
        /// Timestamp asked for, seconds.
        timestamp: u64,
        /// Timestamp of the head, seconds.
        parent: u64,
    },
    /// A broken internal invariant; never expected.
    #[error("internal error: {0}")]
    Internal(String),
}

impl LedgerError {
    /// The stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Denied(denial) => denial.reason,
            Self::Reverted(_) => "execution_reverted",
            Self::Halted(_) => "execution_failed",
            Self::Invalid { code, .. } | Self::Transition { code, .. } => code,
            Self::StoreLocked => "store_locked",
            Self::StoreCorrupt(_) => "store_corrupt",
            Self::StoreVersion { .. } => "store_version",
            Self::GenesisMismatch { .. } => "genesis_mismatch",
            Self::DiskFull => "disk_full",
            Self::StoreIo(_) => "store_io",
            Self::Closed => "ledger_closed",
            Self::NotFound(_) => "not_found",
            Self::AbsenceUndisclosable => "absence_undisclosable",
            Self::OpeningInvalid(_) => "opening_invalid",
            Self::PolicyInvalid(_) => "policy_invalid",
            Self::TimestampTooLow { .. } => "timestamp_too_low",
            Self::Internal(_) => "internal",
        }
    }

    /// Whether it answers one request, and says nothing about the state of the ledger.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Denied(_)
                | Self::Reverted(_)
                | Self::Halted(_)
                | Self::Invalid { .. }
                | Self::PolicyInvalid(_)
                | Self::TimestampTooLow { .. }
        )
    }

    /// An invalid transaction or request.
    pub(crate) fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { code, message: message.into() }
    }
}

impl From<ExecuteError<LedgerError, Infallible>> for LedgerError {
    fn from(error: ExecuteError<LedgerError, Infallible>) -> Self {
        let code = error.code();
        match error {
            ExecuteError::Denied(denial) => Self::Denied(denial.into()),
            ExecuteError::Invalid(invalid) => Self::invalid(code, invalid.to_string()),
            ExecuteError::BlockGas { left } => Self::invalid(code, format!("the block has {left} gas left")),
            ExecuteError::Database(error) => error,
            ExecuteError::Policy(never) => match never {},
            ExecuteError::Internal => Self::Internal("the EVM failed".into()),
        }
    }
}

impl From<redb::Error> for LedgerError {
    fn from(error: redb::Error) -> Self {
        use redb::Error as E;
        match error {
            E::DatabaseAlreadyOpen | E::LockProtocolMismatch => Self::StoreLocked,
            E::Io(io) => from_io(&io),
            E::DatabaseClosed => Self::Closed,
            E::Corrupted(what) => Self::StoreCorrupt(what),
            E::UpgradeRequired(version) => Self::StoreCorrupt(format!("file format {version} is too old")),
            E::TableTypeMismatch { .. }
            | E::TableIsMultimap(_)
            | E::TableIsNotMultimap(_)
            | E::TypeDefinitionChanged { .. }
            | E::TableDoesNotExist(_) => Self::StoreCorrupt(error.to_string()),
            other => Self::StoreIo(other.to_string()),
        }
    }
}

fn from_io(error: &std::io::Error) -> LedgerError {
    use std::io::ErrorKind;
    match error.kind() {
        // A limit on the size of files (ulimit -f) is a full disk to whoever writes.
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => LedgerError::DiskFull,
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof => LedgerError::StoreCorrupt(error.to_string()),
        _ => LedgerError::StoreIo(error.to_string()),
    }
}

macro_rules! from_redb {
    ($($kind:ty),+) => {
        $(impl From<$kind> for LedgerError {
            fn from(error: $kind) -> Self {
                redb::Error::from(error).into()
            }
        })+
    };
}

from_redb!(
    redb::DatabaseError,
    redb::StorageError,
    redb::TableError,
    redb::TransactionError,
    redb::CommitError,
    redb::SetDurabilityError
);
