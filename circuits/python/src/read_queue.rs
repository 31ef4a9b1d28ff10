//! Calls at the head on threads of their own, for an event loop, which must not wait: Python's lock is neither held
//! nor fought for while they run.

use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use prividium_ledger as ledger;
use prividium_ledger::primitives::Bytes;
use prividium_ledger::LedgerError;
use pyo3::prelude::*;

use crate::convert::bytes;
use crate::errors::{caught, exception};
use crate::ledger_class::{CallRequest, Ledger};

/// What the threads of Python have.
const STACK_BYTES: usize = 8 << 20;

struct Task {
    ticket: u64,
    request: ledger::CallRequest,
    of_contract: bool,
}

/// What is answered and not fetched.
struct Answers {
    ready: Mutex<Vec<(u64, Result<Bytes, LedgerError>)>>,
    bell: UnixStream,
}

impl Answers {
    fn add(&self, ticket: u64, answer: Result<Bytes, LedgerError>) {
        let mut ready = locked(&self.ready);
        ready.push((ticket, answer));
        if ready.len() == 1 {
            // It rings at most once for each time that all was fetched: its buffer is never full.
            let _ = (&self.bell).write(&[0]);
        }
    }
}

/// Runs calls of one ledger; `fileno` becomes readable when there are answers.
#[pyclass(frozen, module = "prividium._core")]
pub(crate) struct ReadQueue {
    tasks: Sender<Task>,
    answers: Arc<Answers>,
    listener: UnixStream,
}

#[pymethods]
impl ReadQueue {
    #[new]
    fn new(ledger: &Ledger, threads: usize) -> PyResult<Self> {
        let (bell, listener) = UnixStream::pair()?;
        bell.set_nonblocking(true)?;
        listener.set_nonblocking(true)?;
        let (tasks, waiting) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let answers = Arc::new(Answers { ready: Mutex::default(), bell });
        for number in 0..threads {
            let (ledger, waiting, answers) = (ledger.0.clone(), waiting.clone(), answers.clone());
            let thread = thread::Builder::new().name(format!("read-{number}")).stack_size(STACK_BYTES);
            thread.spawn(move || run(&ledger, &waiting, &answers))?;
        }
        Ok(Self { tasks, answers, listener })
    }

    fn fileno(&self) -> i32 {
        self.listener.as_raw_fd()
    }

    fn submit(&self, ticket: u64, request: &CallRequest, of_contract: bool) {
        // The threads end only with the queue.
        let _ = self.tasks.send(Task { ticket, request: request.0.clone(), of_contract });
    }

    fn fetch(&self, py: Python<'_>) -> PyResult<Vec<(u64, Py<PyAny>)>> {
        let _ = (&self.listener).read(&mut [0; 64]);
        let ready = std::mem::take(&mut *locked(&self.answers.ready));
        ready
            .into_iter()
            .map(|(ticket, answer)| match answer {
                Ok(output) => Ok((ticket, bytes(py, output).into_any().unbind())),
                Err(error) => Ok((ticket, exception(py, &error).into_value(py).into_any())),
            })
            .collect()
    }
}

fn run(ledger: &ledger::Ledger, waiting: &Mutex<Receiver<Task>>, answers: &Answers) {
    loop {
        let Ok(task) = locked(waiting).recv() else { return };
        let answer = caught(|| {
            if task.of_contract {
                ledger.read(&task.request)
            } else {
                ledger.call(&task.request, true)
            }
        });
        answers.add(task.ticket, answer);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
