//! The long-lived prover: one socket, any number of connections, one job at a time.

use std::{
    fs,
    io::{self, Write},
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::{
        mpsc::{channel, Receiver, RecvTimeoutError, Sender},
        Arc, Mutex, MutexGuard, PoisonError,
    },
    thread,
    time::Duration,
};

use serde_json::{json, Value};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};

use crate::{
    commands, connection,
    error::ProverError,
    files,
    guest::BuiltIn,
    panics::guard,
    progress::Progress,
    prover::{self, Prover},
};

const PROGRESS_PERIOD: Duration = Duration::from_secs(1);

/// Where answers to one client go. Shared by the job and the requests that arrive meanwhile.
pub type Client = Arc<Mutex<UnixStream>>;

/// State shared by all connections.
pub struct Service {
    /// The guest that `info` and `verify` speak of.
    pub built_in: &'static BuiltIn,
    socket: PathBuf,
    jobs: Sender<Job>,
    running: Mutex<Option<Running>>,
}

#[derive(Clone)]
struct Running {
    id: Value,
    client: Client,
    progress: Arc<Progress>,
}

/// Work that occupies the prover.
#[derive(Debug)]
pub enum Work {
    /// Execute a witness file.
    Execute(PathBuf),
    /// Prove a witness.
    Prove(prover::Job),
    /// Wrap a proof into the final one.
    Wrap {
        /// Proof file.
        proof: PathBuf,
        /// Final proof to write.
        out: PathBuf,
    },
}

struct Job {
    work: Work,
    running: Running,
}

/// Serves until a `shutdown` request or a signal; then removes the socket and ends the process with success.
///
/// `make` runs on the thread that does the jobs, since a prover cannot move between threads.
pub fn serve(
    socket: &Path,
    built_in: &'static BuiltIn,
    make: impl FnOnce() -> Result<Prover, ProverError> + Send + 'static,
) -> Result<(), ProverError> {
    let listener = listen(socket)?;
    let (jobs, queue) = channel();
    let service =
        Arc::new(Service { built_in, socket: socket.to_path_buf(), jobs, running: Mutex::new(None) });
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(|e| ProverError::io(socket, e))?;
    spawn_for(&service, move |service| {
        if signals.forever().next().is_some() {
            service.stop(0);
        }
    });
    spawn_for(&service, move |service| match guard(|| work_off(&service, make()?, queue)) {
        Ok(()) => service.stop(0),
        Err(error) => {
            eprintln!("prividium-prover: {error} [{}]", error.code());
            service.stop(error.exit_status().into());
        }
    });
    eprintln!("prividium-prover: listening on {}", socket.display());
    for stream in listener.incoming() {
        match stream {
            Ok(stream) => spawn_for(&service, move |service| connection::handle(&service, stream)),
            Err(error) => eprintln!("prividium-prover: {}", ProverError::io(socket, error)),
        }
    }
    Ok(())
}

impl Service {
    /// Queues a job for the prover's thread, or fails with `Busy`.
    pub fn start(&self, id: Value, work: Work, client: &Client) -> Result<(), ProverError> {
        let job = Running { id, client: client.clone(), progress: Arc::new(Progress::default()) };
        let mut running = lock(&self.running);
        if running.is_some() {
            return Err(ProverError::Busy);
        }
        self.jobs
            .send(Job { work, running: job.clone() })
            .map_err(|_| ProverError::internal("the prover's thread has ended"))?;
        *running = Some(job);
        Ok(())
    }

    /// Asks the running job to stop after its current step. True if there is one.
    pub fn cancel(&self) -> bool {
        lock(&self.running).as_ref().map(|job| job.progress.cancel()).is_some()
    }

    /// Ends the process. Finished segments are on disk; a step under way would only be waited for in vain.
    pub fn stop(&self, status: i32) {
        if let Some(job) = lock(&self.running).as_ref() {
            send(&job.client, &error_answer(&job.id, &ProverError::Cancelled));
        }
        let _ = fs::remove_file(&self.socket);
        std::process::exit(status);
    }
}

fn work_off(service: &Service, mut prover: Prover, queue: Receiver<Job>) -> Result<(), ProverError> {
    // Keys take most of a minute: make them before the first job asks.
    prover.set_up()?;
    eprintln!("prividium-prover: keys are ready");
    for Job { work, running } in queue {
        let reporter = Reporter::start(&running);
        let result = guard(|| do_work(service.built_in, &mut prover, &work, &running.progress));
        reporter.stop();
        if matches!(result, Err(ProverError::Internal(_))) {
            prover.forget_keys();
        }
        // Free before answering: the client may send its next job as soon as it has read the answer.
        *lock(&service.running) = None;
        match result {
            Ok(fields) => send(&running.client, &done_answer(&running.id, fields)),
            Err(error) => send(&running.client, &error_answer(&running.id, &error)),
        }
    }
    Ok(())
}

fn do_work(
    built_in: &BuiltIn,
    prover: &mut Prover,
    work: &Work,
    progress: &Progress,
) -> Result<Value, ProverError> {
    progress.check()?;
    match work {
        Work::Execute(witness) => commands::execute_file(prover.machine(), witness),
        Work::Wrap { proof, out } => commands::wrap_file(built_in, proof, out, progress),
        Work::Prove(job) => serde_json::to_value(prover.prove(job, progress)?).map_err(ProverError::internal),
    }
}

/// Sends a progress event every second while a job runs.
struct Reporter {
    finished: Sender<()>,
    thread: thread::JoinHandle<()>,
}

impl Reporter {
    fn start(running: &Running) -> Self {
        let (finished, until) = channel();
        let Running { id, client, progress } = running.clone();
        let thread = thread::spawn(move || loop {
            let now = progress.snapshot();
            let event = json!({"id": id, "event": "progress", "stage": now.stage, "percent": now.percent,
                "eta_seconds": now.eta_seconds});
            send(&client, &event);
            if until.recv_timeout(PROGRESS_PERIOD) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        });
        Self { finished, thread }
    }

    fn stop(self) {
        let _ = self.finished.send(());
        let _ = self.thread.join();
    }
}

/// The answer that ends a request with success.
pub fn done_answer(id: &Value, fields: Value) -> Value {
    let mut answer = json!({"id": id, "event": "done"});
    if let (Value::Object(answer), Value::Object(fields)) = (&mut answer, fields) {
        answer.extend(fields);
    }
    answer
}

/// The answer that ends a request with a failure.
pub fn error_answer(id: &Value, error: &ProverError) -> Value {
    json!({"id": id, "event": "error", "code": error.code(), "message": error.to_string()})
}

/// Writes one line. A client that has gone away does not stop its job: the result is in the job's files.
pub fn send(client: &Client, answer: &Value) {
    let _ = writeln!(lock(client), "{answer}");
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spawn_for(service: &Arc<Service>, work: impl FnOnce(Arc<Service>) + Send + 'static) {
    let service = service.clone();
    thread::spawn(move || work(service));
}

/// Binds under a temporary name and renames: the path never leads to a socket that others may open.
fn listen(socket: &Path) -> Result<UnixListener, ProverError> {
    if UnixStream::connect(socket).is_ok() {
        let in_use = io::Error::new(io::ErrorKind::AddrInUse, "another prover is listening here");
        return Err(ProverError::io(socket, in_use));
    }
    let temporary = files::temporary_beside(socket);
    let bound = UnixListener::bind(&temporary).and_then(|listener| {
        fs::set_permissions(&temporary, fs::Permissions::from_mode(0o600))?;
        fs::rename(&temporary, socket)?;
        Ok(listener)
    });
    bound.map_err(|e| ProverError::io(socket, e))
}
