//! The long-lived prover over its socket. Requests that need no keys are answered while the keys are being set up.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::PathBuf,
    process::{Child, ChildStderr, Command, Stdio},
};

use serde_json::{json, Value};

use crate::{folder, vector};

struct Served {
    child: Child,
    socket: PathBuf,
    _messages: BufReader<ChildStderr>,
}

impl Served {
    fn start(name: &str) -> Self {
        let socket = folder(name).join("prover.sock");
        let mut child = Command::new(env!("CARGO_BIN_EXE_prividium-prover"))
            .args(["serve", "--socket"])
            .arg(&socket)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the prover runs");
        let mut messages = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut line = String::new();
        messages.read_line(&mut line).expect("the prover says that it listens");
        assert!(line.contains("listening"), "{line}");
        Self { child, socket, _messages: messages }
    }

    fn connect(&self) -> Connection {
        let stream = UnixStream::connect(&self.socket).expect("the socket accepts");
        Connection { reader: BufReader::new(stream.try_clone().expect("a socket can be cloned")), stream }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Connection {
    stream: UnixStream,
    reader: BufReader<UnixStream>,
}

impl Connection {
    fn ask(&mut self, line: &str) -> Value {
        writeln!(self.stream, "{line}").expect("the socket accepts");
        self.answer()
    }

    fn answer(&mut self) -> Value {
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).expect("the prover answers");
            let answer: Value = serde_json::from_str(&line).expect("an answer is JSON");
            if answer["event"] != "progress" {
                return answer;
            }
        }
    }
}

#[test]
fn requests_are_answered_and_faults_are_named() {
    let served = Served::start("requests");
    let mode = served.socket.metadata().expect("the socket is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut client = served.connect();
    assert_eq!(client.ask(r#"{"id":1,"op":"info"}"#)["guest"]["name"], "batch");
    let verify = json!({"id": "two", "op": "verify", "proof": vector("batch.proof")});
    let verified = client.ask(&verify.to_string());
    assert_eq!((&verified["id"], &verified["event"]), (&json!("two"), &json!("done")));
    assert_eq!(client.ask("not json")["code"], "request_invalid");
    let unknown = client.ask(r#"{"id":4,"op":"dance"}"#);
    assert_eq!((&unknown["id"], &unknown["code"]), (&json!(4), &json!("request_invalid")));
    let wrong = json!({"id": 5, "op": "verify", "proof": vector("batch.witness")});
    assert_eq!(client.ask(&wrong.to_string())["code"], "proof_invalid");
    assert_eq!(client.ask(r#"{"id":6,"op":"cancel"}"#)["cancelled"], false);
}

#[test]
fn one_job_runs_at_a_time_and_a_stop_cancels_it() {
    let mut served = Served::start("busy");
    let (mut first, mut second) = (served.connect(), served.connect());
    let execute = |id| json!({"id": id, "op": "execute", "witness": vector("batch.witness")}).to_string();
    // The job waits for the keys, which take far longer than the requests below.
    writeln!(first.stream, "{}", execute(1)).expect("the socket accepts");
    while first.ask(r#"{"id":0,"op":"cancel"}"#)["cancelled"] != true {}
    assert_eq!(second.ask(&execute(2))["code"], "busy");
    assert_eq!(second.ask(r#"{"id":3,"op":"shutdown"}"#)["event"], "done");
    assert_eq!(first.answer()["code"], "cancelled");
    assert!(served.child.wait().expect("it ends").success());
    assert!(!served.socket.exists());
}

#[test]
fn a_second_prover_does_not_take_over_a_socket() {
    let served = Served::start("taken");
    let second = Command::new(env!("CARGO_BIN_EXE_prividium-prover"))
        .args(["serve", "--socket"])
        .arg(&served.socket)
        .output()
        .expect("the prover runs");
    assert_eq!(second.status.code(), Some(20));
    assert!(String::from_utf8_lossy(&second.stderr).contains("another prover"));
}
