//! One variant for each check of a verification, in the order of the checks.

use std::fmt;

/// The first check that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyError {
    /// The key file does not decode, or a parameter is out of range, or the program is not well formed.
    KeyMalformed,
    /// The key was made for another version of the protocol.
    KeyVersion,
    /// The program is not the one that the descriptor names.
    KeyProgramMismatch,
    /// There are more or fewer public values than the key says.
    PublicValuesLength,
    /// A public value is not less than the field's characteristic.
    PublicValueNotCanonical,
    /// The proof file does not decode, or has another number of parts.
    ProofMalformed,
    /// The proof file was made for other public values than those expected.
    PublicValuesMismatch,
    /// The header has another length than the key says.
    HeaderLength,
    /// A field element of the header is not less than the field's characteristic.
    HeaderNotCanonical,
    /// Too little work before the lookup challenges.
    LookupGrinding,
    /// Too little work before the out-of-domain point.
    PointGrinding,
    /// The out-of-domain point lies in the base field.
    PointInBaseField,
    /// Too little work before the batching challenge.
    BatchGrinding,
    /// Too little work before the challenge of a fold.
    FoldGrinding {
        /// Number of the fold, from 0.
        fold: usize,
    },
    /// Too little work before the queries.
    QueryGrinding,
    /// The lookup sums of the tables do not cancel.
    TerminalsUnbalanced,
    /// The constraints do not give the quotient at the out-of-domain point.
    ConstraintsUnsatisfied,
    /// A query part has another length than the key says.
    PartLength {
        /// Number of the query part, from 0.
        part: usize,
    },
    /// A cap is not that of the root in the header.
    CapMismatch {
        /// Number of the query part, from 0.
        part: usize,
        /// 0 trace, 1 lookup, 2 quotient, then the folds.
        tree: usize,
    },
    /// A field element of an opened leaf is not less than the field's characteristic.
    RowNotCanonical {
        /// Number of the query, from 0.
        query: usize,
        /// 0 trace, 1 lookup, 2 quotient, then the folds.
        tree: usize,
    },
    /// A path does not lead from the opened leaf to the cap.
    PathMismatch {
        /// Number of the query, from 0.
        query: usize,
        /// 0 trace, 1 lookup, 2 quotient, then the folds.
        tree: usize,
    },
    /// The last folded value is not that of the final polynomial.
    FinalPolynomial {
        /// Number of the query, from 0.
        query: usize,
    },
}

impl VerifyError {
    /// Stable identifier, the same in every implementation.
    pub fn code(&self) -> &'static str {
        match self {
            Self::KeyMalformed => "key_malformed",
            Self::KeyVersion => "key_version",
            Self::KeyProgramMismatch => "key_program_mismatch",
            Self::PublicValuesLength => "public_values_length",
            Self::PublicValueNotCanonical => "public_value_not_canonical",
            Self::ProofMalformed => "proof_malformed",
            Self::PublicValuesMismatch => "public_values_mismatch",
            Self::HeaderLength => "header_length",
            Self::HeaderNotCanonical => "header_not_canonical",
            Self::LookupGrinding => "lookup_grinding",
            Self::PointGrinding => "point_grinding",
            Self::PointInBaseField => "point_in_base_field",
            Self::BatchGrinding => "batch_grinding",
            Self::FoldGrinding { .. } => "fold_grinding",
            Self::QueryGrinding => "query_grinding",
            Self::TerminalsUnbalanced => "terminals_unbalanced",
            Self::ConstraintsUnsatisfied => "constraints_unsatisfied",
            Self::PartLength { .. } => "part_length",
            Self::CapMismatch { .. } => "cap_mismatch",
            Self::RowNotCanonical { .. } => "row_not_canonical",
            Self::PathMismatch { .. } => "path_mismatch",
            Self::FinalPolynomial { .. } => "final_polynomial",
        }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())?;
        match self {
            Self::FoldGrinding { fold } => write!(f, " (fold {fold})"),
            Self::PartLength { part } => write!(f, " (query part {part})"),
            Self::CapMismatch { part, tree } => write!(f, " (query part {part}, tree {tree})"),
            Self::RowNotCanonical { query, tree } | Self::PathMismatch { query, tree } => {
                write!(f, " (query {query}, tree {tree})")
            }
            Self::FinalPolynomial { query } => write!(f, " (query {query})"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for VerifyError {}
