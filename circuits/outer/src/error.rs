//! What can stop the compiler or the prover.

use prividium_verifier::VerifyError;

/// Everything that can stop the compiler or the prover.
#[derive(Debug, thiserror::Error)]
pub enum OuterError {
    /// Counts of messages on a bus could wrap around the characteristic.
    #[error("counts of messages on bus {bus} may exceed the field's characteristic")]
    CountsOverflow {
        /// The bus.
        bus: u32,
    },
    /// A table does not fit the length of the stacked polynomials.
    #[error("a table of height 2^{log_height} does not fit the parameters")]
    TableTooTall {
        /// Log of its height.
        log_height: usize,
    },
    /// A constraint's quotient does not fit the length of the stacked polynomials.
    #[error(
        "a constraint of degree {degree} in a table of height 2^{log_height} does not fit the parameters"
    )]
    DegreeTooHigh {
        /// Log of the table's height.
        log_height: usize,
        /// Degree as a polynomial.
        degree: u64,
    },
    /// The masks of a table are fewer than the values that a proof publishes.
    #[error("a table of height 2^{log_height} has too few masks for {needed} published values")]
    TooFewMasks {
        /// Log of the table's height.
        log_height: usize,
        /// Number of published values that depend on one column.
        needed: usize,
    },
    /// The key that the compiler made is not one that a verifier accepts.
    #[error("the compiled key is invalid: {0}")]
    Key(VerifyError),
    /// The witness has another shape than the circuit.
    #[error("the witness does not fit the circuit: {0}")]
    WitnessShape(&'static str),
    /// The witness does not satisfy a table's constraints.
    #[error("the witness does not satisfy the constraints of the table of height 2^{log_height}")]
    Unsatisfied {
        /// Log of the table's height.
        log_height: usize,
    },
    /// The messages of the witness do not cancel.
    #[error("the messages of the witness do not cancel")]
    Unbalanced,
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness")]
    NoRandomness,
    /// A defect of the prover itself.
    #[error("internal error: {0}")]
    Internal(&'static str),
}
