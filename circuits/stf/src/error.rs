//! Everything that can be wrong with a witness.

use prividium_policy::{Denial, OpenedError};
use prividium_state::{TreeError, WordsError};
use revm::database_interface::DBErrorMarker;
use revm::primitives::{Address, B256, U256};

use crate::executor::{invalid_code, ExecuteError};
use crate::transaction::TransactionError;

/// Data that execution needs and the witness lacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpeningError {
    /// An account.
    Account(Address),
    /// A slot.
    Slot(Address, U256),
    /// A code.
    Code(B256),
    /// A code that cannot be run.
    CodeInvalid(B256),
    /// A block's hash.
    Ancestor(u64),
}

impl OpeningError {
    /// Stable identifier.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Account(_) => "witness_missing_account",
            Self::Slot(..) => "witness_missing_slot",
            Self::Code(_) => "witness_missing_code",
            Self::CodeInvalid(_) => "witness_code_invalid",
            Self::Ancestor(_) => "witness_missing_ancestor",
        }
    }
}

impl core::fmt::Display for OpeningError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.code())
    }
}

impl core::error::Error for OpeningError {}
impl DBErrorMarker for OpeningError {}

/// A table of the witness.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    /// Opened accounts.
    Accounts,
    /// Opened slots.
    Slots,
    /// Codes.
    Codes,
    /// Headers of ancestors.
    Ancestors,
    /// Salts of written leaves.
    Salts,
}

/// Why a witness proves no batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StfError {
    /// Not a whole number of words.
    Length,
    /// Not a witness.
    Magic,
    /// A witness of another version.
    Version(u32),
    /// The stream ends early.
    Truncated,
    /// A bit outside the form.
    Padding,
    /// Words after the end.
    Trailing,
    /// A table is not in ascending order.
    Order(Table),
    /// A table has an item that nothing needs.
    Surplus(Table),
    /// A table lacks an item.
    Missing(Table),
    /// No block, or a block without transactions.
    Empty,
    /// The state tree.
    Tree(TreeError),
    /// The policy.
    Policy(OpenedError),
    /// The head leaf is not in the state tree.
    Head,
    /// An account is not in the state tree as opened.
    Account(Address),
    /// A slot is not in the state tree as opened.
    Slot(Address, U256),
    /// An ancestor is not the block that its successor names.
    Ancestor(u64),
    /// A number that overflows.
    Overflow,
    /// The timestamp of a block before that of its parent.
    Timestamp {
        /// Number of the block.
        block: u64,
    },
    /// Bytes that are no transaction.
    Transaction {
        /// Number of the block.
        block: u64,
        /// Position in the block.
        index: u32,
        /// What is wrong.
        error: TransactionError,
    },
    /// A denied transaction.
    Denied {
        /// Number of the block.
        block: u64,
        /// Position in the block.
        index: u32,
        /// The verdict.
        denial: Denial,
    },
    /// A transaction that is not valid where it stands.
    Invalid {
        /// Number of the block.
        block: u64,
        /// Position in the block.
        index: u32,
        /// Stable identifier of what is invalid.
        code: &'static str,
    },
    /// Execution needs data that the witness lacks.
    Opening(OpeningError),
    /// Not one salt for each log.
    LogSalts {
        /// Number of the block.
        block: u64,
        /// Position in the block.
        index: u32,
    },
}

impl StfError {
    /// Stable identifier.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Length => "witness_length",
            Self::Magic => "witness_magic",
            Self::Version(_) => "witness_version",
            Self::Truncated => "witness_truncated",
            Self::Padding => "witness_padding",
            Self::Trailing => "witness_trailing",
            Self::Order(_) => "witness_order",
            Self::Surplus(_) => "witness_surplus",
            Self::Missing(_) => "witness_missing",
            Self::Empty => "block_empty",
            Self::Tree(error) => error.code(),
            Self::Policy(error) => error.code(),
            Self::Head => "witness_head",
            Self::Account(_) => "witness_account",
            Self::Slot(..) => "witness_slot",
            Self::Ancestor(_) => "witness_ancestor",
            Self::Overflow => "witness_overflow",
            Self::Timestamp { .. } => "block_timestamp",
            Self::Transaction { error, .. } => error.code(),
            Self::Denied { denial, .. } => denial.reason.id(),
            Self::Invalid { code, .. } => code,
            Self::Opening(error) => error.code(),
            Self::LogSalts { .. } => "witness_log_salts",
        }
    }

    /// Of a transaction that did not execute.
    pub(crate) fn of_execution(
        block: u64,
        index: u32,
        error: ExecuteError<OpeningError, OpenedError>,
    ) -> Self {
        match error {
            ExecuteError::Denied(denial) => Self::Denied { block, index, denial },
            ExecuteError::Invalid(invalid) => Self::Invalid { block, index, code: invalid_code(&invalid) },
            ExecuteError::Database(error) => Self::Opening(error),
            ExecuteError::Policy(error) => Self::Policy(error),
            other => Self::Invalid { block, index, code: other.code() },
        }
    }
}

impl From<WordsError> for StfError {
    fn from(error: WordsError) -> Self {
        match error {
            WordsError::Truncated => Self::Truncated,
            WordsError::Padding => Self::Padding,
        }
    }
}

impl From<TreeError> for StfError {
    fn from(error: TreeError) -> Self {
        Self::Tree(error)
    }
}

impl From<OpenedError> for StfError {
    fn from(error: OpenedError) -> Self {
        Self::Policy(error)
    }
}

impl core::fmt::Display for StfError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}: {self:?}", self.code())
    }
}

impl core::error::Error for StfError {}
