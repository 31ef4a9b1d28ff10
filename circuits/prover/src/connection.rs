//! One client of the socket: newline-delimited JSON requests, answered in the order in which they finish.

use std::{
    io::{BufRead, BufReader, Read},
    os::unix::net::UnixStream,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use serde::Deserialize;
use serde_json::{json, Value};

use crate::{
    commands,
    error::ProverError,
    panics::guard,
    prover::Job,
    serve::{done_answer, error_answer, send, Client, Service, Work},
};

const REQUEST_BYTES_MAX: u64 = 64 << 10;

#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
enum Request {
    Info { id: Value },
    Execute { id: Value, witness: PathBuf },
    Prove { id: Value, witness: PathBuf, out: PathBuf, work: PathBuf },
    Wrap { id: Value, proof: PathBuf, out: PathBuf },
    Verify { id: Value, proof: PathBuf, output: Option<String> },
    Cancel { id: Value },
    Shutdown { id: Value },
}

/// Answers requests until the client closes the connection.
pub fn handle(service: &Arc<Service>, stream: UnixStream) {
    let Ok(writer) = stream.try_clone() else { return };
    let client: Client = Arc::new(Mutex::new(writer));
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        match reader.by_ref().take(REQUEST_BYTES_MAX).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if line.last() != Some(&b'\n') => {
                let error = ProverError::RequestInvalid(format!(
                    "a line of at most {REQUEST_BYTES_MAX} bytes is expected"
                ));
                return send(&client, &error_answer(&Value::Null, &error));
            }
            Ok(_) => answer(service, &line, &client),
        }
    }
}

fn answer(service: &Arc<Service>, line: &[u8], client: &Client) {
    let request: Request = match serde_json::from_slice(line) {
        Ok(request) => request,
        Err(error) => {
            let id = serde_json::from_slice::<Value>(line).ok().and_then(|v| v.get("id").cloned());
            let error = ProverError::RequestInvalid(error.to_string());
            return send(client, &error_answer(&id.unwrap_or(Value::Null), &error));
        }
    };
    let (id, result) = match request {
        Request::Info { id } => (id, commands::info(service.built_in).map(Some)),
        Request::Verify { id, proof, output } => {
            (id, guard(|| commands::verify_file(service.built_in, &proof, output.as_deref())).map(Some))
        }
        Request::Execute { id, witness } => {
            (id.clone(), service.start(id, Work::Execute(witness), client).map(|()| None))
        }
        Request::Prove { id, witness, out, work } => {
            let job = Job { witness, out, work };
            (id.clone(), service.start(id, Work::Prove(job), client).map(|()| None))
        }
        Request::Wrap { id, proof, out } => {
            (id.clone(), service.start(id, Work::Wrap { proof, out }, client).map(|()| None))
        }
        Request::Cancel { id } => (id, Ok(Some(json!({"cancelled": service.cancel()})))),
        Request::Shutdown { id } => {
            send(client, &done_answer(&id, json!({})));
            return service.stop(0);
        }
    };
    match result {
        Ok(Some(fields)) => send(client, &done_answer(&id, fields)),
        Ok(None) => {}
        Err(error) => send(client, &error_answer(&id, &error)),
    }
}
