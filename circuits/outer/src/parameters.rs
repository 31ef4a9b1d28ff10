//! The product's parameters. They were chosen by measurement among those that [`crate::security`] gives 100 bits.

use prividium_verifier::key::{Grinding, Parameters};

/// Blowup 16.
pub const BLOWUP_16: Parameters = Parameters {
    log_length: 19,
    log_blowup: 4,
    queries: 42,
    queries_per_part: 21,
    log_cap: 5,
    log_arity: 3,
    log_final: 7,
    grinding: Grinding { lookup: 16, point: 16, batch: 24, fold: 20, query: 24 },
};

/// Blowup 32: a smaller proof that takes twice as long.
pub const BLOWUP_32: Parameters =
    Parameters { log_blowup: 5, queries: 34, queries_per_part: 17, ..BLOWUP_16 };
