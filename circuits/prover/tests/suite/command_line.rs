//! The command line: exit statuses, JSON, and messages without stack traces.

use std::{
    fs,
    process::{Command, Output},
};

use serde_json::Value;

use crate::{folder, vector};

fn prover(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_prividium-prover")).args(arguments).output().expect("the prover runs")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("standard output is one JSON object")
}

fn path(name: &str) -> String {
    vector(name).display().to_string()
}

#[test]
fn info_names_what_l1_pins() {
    let output = prover(&["info", "--json"]);
    assert!(output.status.success());
    let info = json(&output);
    for field in ["app_exe_commit", "app_vm_commit", "dag_commit"] {
        assert_eq!(info[field].as_str().map(str::len), Some(66), "{field}");
    }
    assert_eq!(info["guest"]["name"], "batch");
    assert_eq!(info["hiding"], false);
}

#[test]
fn verify_accepts_the_frozen_proof_and_names_its_output() {
    let output = prover(&["verify", &path("batch.proof"), "--json"]);
    assert!(output.status.success());
    let proven = json(&output)["output"].as_str().expect("an output").to_owned();
    assert!(prover(&["verify", &path("batch.proof"), "--output", &proven]).status.success());
    let other = format!("0x{}", "11".repeat(32));
    let mismatch = prover(&["verify", &path("batch.proof"), "--output", &other, "--json"]);
    assert_eq!(mismatch.status.code(), Some(15));
    assert_eq!(json(&mismatch)["code"], "output_mismatch");
}

#[test]
fn execute_reports_cycles_cells_and_output() {
    let result = json(&prover(&["execute", &path("batch.witness"), "--json"]));
    assert!(result["instructions"].as_u64().is_some_and(|n| n > 10_000));
    assert!(result["cells"].as_u64().is_some_and(|n| n > 1_000_000));
    assert_eq!(result["output"], json(&prover(&["verify", &path("batch.proof"), "--json"]))["output"]);
}

#[test]
fn bad_witnesses_are_named_without_a_stack_trace() {
    let folder = folder("witnesses");
    let witness = fs::read(vector("batch.witness")).expect("the frozen witness is there");
    let mut other_version = witness.clone();
    other_version[4] ^= 0x80;
    let mut altered = witness.clone();
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    let cases: [(&str, &[u8], i32, &str); 5] = [
        ("empty", b"", 10, "witness_invalid"),
        ("noise", b"no witness at all", 10, "witness_invalid"),
        ("truncated", &witness[..witness.len() / 2], 10, "witness_invalid"),
        ("altered", &altered, 10, "witness_invalid"),
        ("version", &other_version, 11, "witness_version"),
    ];
    for (name, bytes, status, code) in cases {
        let file = folder.join(name);
        fs::write(&file, bytes).expect("the folder is writable");
        let output = prover(&["execute", &file.display().to_string()]);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{name}: {message}");
        assert!(message.contains(code), "{name}: {message}");
        assert!(!message.contains("panicked") && !message.contains(".rs:"), "{name}: {message}");
    }
}

#[test]
fn a_wrong_command_line_has_its_own_status() {
    assert_eq!(prover(&["prove"]).status.code(), Some(2));
    assert_eq!(prover(&["--no-such-option"]).status.code(), Some(2));
    assert_eq!(prover(&["verify", "/no/such/file"]).status.code(), Some(20));
}
