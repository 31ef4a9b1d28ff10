//! The long-lived prover: one socket, any number of connections, one job at a time.

use std::{
    fs,
    io::{self, Write},
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use serde_json::{json, Value};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};

use crate::{
    connection,
    error::ProverError,
    files,
    panics::guard,
    progress::Progress,
    prover::{Job, Prover},
};

const PROGRESS_PERIOD: Duration = Duration::from_secs(1);

/// Where answers to one client go. Shared by the job and the requests that arrive meanwhile.
pub type Client = Arc<Mutex<UnixStream>>;

/// State shared by all connections.
pub struct Service {
    socket: PathBuf,
    prover: Mutex<Prover>,
    running: Mutex<Option<Running>>,
}

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
    Prove(Job),
}

/// Serves until a `shutdown` request or a signal; then removes the socket and ends the process with success.
pub fn serve(socket: &Path, prover: Prover) -> Result<(), ProverError> {
    let listener = listen(socket)?;
    let service = Arc::new(Service {
        socket: socket.to_path_buf(),
        prover: Mutex::new(prover),
        running: Mutex::new(None),
    });
    let signals = Signals::new([SIGINT, SIGTERM]).map_err(|e| ProverError::io(socket, e))?;
    spawn_for(&service, move |service| {
        let mut signals = signals;
        if signals.forever().next().is_some() {
            service.stop();
        }
    });
    // Keys take most of a minute: make them before the first job asks.
    spawn_for(&service, |service| {
        let ready = guard(|| lock(&service.prover).set_up().map(|_| ()));
        match ready {
            Ok(()) => eprintln!("prividium-prover: keys are ready"),
            Err(error) => eprintln!("prividium-prover: {error} [{}]", error.code()),
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
    /// Starts a job on its own thread, or fails with `Busy`.
    pub fn start(self: &Arc<Self>, id: Value, work: Work, client: &Client) -> Result<(), ProverError> {
        let progress = Arc::new(Progress::default());
        let mut running = lock(&self.running);
        if running.is_some() {
            return Err(ProverError::Busy);
        }
        *running = Some(Running { id: id.clone(), client: client.clone(), progress: progress.clone() });
        drop(running);
        let client = client.clone();
        spawn_for(self, move |service| service.work(id, work, &client, &progress));
        Ok(())
    }

    /// Asks the running job to stop after its current step. True if there is one.
    pub fn cancel(&self) -> bool {
        let running = lock(&self.running);
        running.as_ref().map(|job| job.progress.cancel()).is_some()
    }

    /// Ends the process. Finished segments are on disk; a step under way would only be waited for in vain.
    pub fn stop(&self) {
        if let Some(job) = lock(&self.running).as_ref() {
            send(&job.client, &error_answer(&job.id, &ProverError::Cancelled));
        }
        let _ = fs::remove_file(&self.socket);
        std::process::exit(0);
    }

    fn work(&self, id: Value, work: Work, client: &Client, progress: &Progress) {
        let result = thread::scope(|scope| {
            let job = scope.spawn(|| guard(|| self.run(&work, progress)));
            while !job.is_finished() {
                let now = progress.snapshot();
                send(
                    client,
                    &json!({"id": id, "event": "progress", "stage": now.stage, "percent": now.percent,
                        "eta_seconds": now.eta_seconds}),
                );
                wait_for(&job);
            }
            job.join().unwrap_or_else(|_| Err(ProverError::internal("the job's thread ended without a result")))
        });
        if matches!(result, Err(ProverError::Internal(_))) {
            lock(&self.prover).forget_keys();
        }
        // Free before answering: the client may send its next job as soon as it has read the answer.
        *lock(&self.running) = None;
        match result {
            Ok(fields) => send(client, &done_answer(&id, fields)),
            Err(error) => send(client, &error_answer(&id, &error)),
        }
    }

    fn run(&self, work: &Work, progress: &Progress) -> Result<Value, ProverError> {
        let mut prover = lock(&self.prover);
        progress.check()?;
        match work {
            Work::Execute(witness) => crate::commands::execute_file(prover.machine(), witness),
            Work::Prove(job) => serde_json::to_value(prover.prove(job, progress)?).map_err(ProverError::internal),
        }
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

fn wait_for<T>(job: &thread::ScopedJoinHandle<'_, T>) {
    let deadline = std::time::Instant::now() + PROGRESS_PERIOD;
    while !job.is_finished() && std::time::Instant::now() < deadline {
        thread::park_timeout(Duration::from_millis(20));
    }
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
