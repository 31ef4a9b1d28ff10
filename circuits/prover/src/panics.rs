//! OpenVM panics where it meets what it holds impossible. Here a panic becomes an error, without a stack trace.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{Mutex, PoisonError},
};

use crate::error::ProverError;

static LAST_MESSAGE: Mutex<String> = Mutex::new(String::new());

/// Keeps panic messages for [`guard`] instead of printing them. Called once, by `main`.
pub fn capture_messages() {
    panic::set_hook(Box::new(|info| {
        *LAST_MESSAGE.lock().unwrap_or_else(PoisonError::into_inner) = info.to_string().replace('\n', " ");
    }));
}

/// Runs `work`; a panic in it, or in a thread that it waits for, is an internal error.
pub fn guard<T>(work: impl FnOnce() -> Result<T, ProverError>) -> Result<T, ProverError> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let message = LAST_MESSAGE.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Err(ProverError::Internal(message))
    })
}
