//! What each command does and prints.

use std::{
    io::{IsTerminal, Write},
    path::Path,
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
    thread,
    time::{Duration, Instant},
};

use serde::Serialize;
use serde_json::{json, Value};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};

use crate::{
    cli::{Cli, Command},
    commitment::{parse_hex32, Commitment},
    error::ProverError,
    files,
    guest::{BuiltIn, Guest, GuestLock},
    machine::{Execution, Machine},
    native, parts,
    progress::Progress,
    proof::ProofFile,
    prover::{default_work_folder, execute_checked, Job, Prover},
    resources,
    root::Root,
    serve,
    verify::{self, hexadecimal},
    wrap::{self, Wrapper, DEFAULT_BLOWUP},
};

/// Runs the command and prints its result.
pub fn run(cli: &Cli, built_in: &'static BuiltIn) -> Result<(), ProverError> {
    match &cli.command {
        Command::Info => print(cli, &info(built_in)?),
        Command::Keygen { out, source_sha256 } => {
            keygen(cli, built_in, out.as_deref(), source_sha256.as_deref())
        }
        Command::Execute { witness, parts, functions, chips } => {
            execute(cli, built_in, witness, [*parts, *functions, *chips])
        }
        Command::Prove { witness, out, work } => {
            let work = match work {
                Some(work) => work.clone(),
                None => default_work_folder(&cli.cache_folder()?, witness)?,
            };
            let job = Job { witness: witness.clone(), out: out.clone(), work };
            with_progress(cli, |progress| {
                prover(built_in, cli.guest.as_deref(), cli.segment_memory_max)?.prove(&job, progress)
            })
        }
        Command::Verify { proof, output } => print(cli, &verify_file(built_in, proof, output.as_deref())?),
        Command::Wrap { proof, out, blowup, key_out } => {
            with_progress(cli, |progress| wrap(built_in, proof, out, (*blowup, key_out.as_deref()), progress))
        }
        Command::VerifyFinal { proof, output, key } => {
            print(cli, &verify_final_file(built_in, proof, output.as_deref(), key.as_deref())?)
        }
        Command::FinalKey { out } => {
            files::write_atomically(out, &[built_in.final_key])?;
            print(cli, &json!({"key_bytes": built_in.final_key.len()}))
        }
        Command::Serve { socket } => {
            let (guest, segment_memory_max) = (cli.guest.clone(), cli.segment_memory_max);
            serve::serve(socket, built_in, move || prover(built_in, guest.as_deref(), segment_memory_max))
        }
    }
}

/// Prints a failure where the caller looks for it.
pub fn report_error(error: &ProverError, as_json: bool) {
    match as_json {
        true => println!("{}", json!({"event": "error", "code": error.code(), "message": error.to_string()})),
        false => eprintln!("prividium-prover: {error} [{}]", error.code()),
    }
}

/// Versions and commitments of the built-in guest.
pub fn info(built_in: &BuiltIn) -> Result<Value, ProverError> {
    let lock = built_in.lock()?;
    let final_layer = Wrapper::new(&built_in.verifying_key()?, DEFAULT_BLOWUP)?;
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "protocol_version": crate::proof::VERSION,
        "openvm_version": crate::vm::OPENVM_VERSION,
        "guest": {"name": built_in.guest().name, "elf_sha256": lock.elf_sha256},
        "app_exe_commit": lock.app_exe_commit,
        "app_vm_commit": lock.app_vm_commit,
        "dag_commit": lock.dag_commit,
        "hiding": false,
        "final_layer": {
            "hiding": true,
            "key_hash": hexadecimal(final_layer.key().hash),
            "security": final_layer.security(),
            "constraint_program": final_layer.instruction_counts(),
        },
    }))
}

/// Verifies a proof file; `output` is hexadecimal.
pub fn verify_file(built_in: &BuiltIn, path: &Path, output: Option<&str>) -> Result<Value, ProverError> {
    let wanted = output.map(parse_output).transpose()?;
    let proof = ProofFile::read(path)?;
    let key = built_in.verifying_key()?;
    let proven = verify::verify(&key, built_in.lock()?.app_vm_commit, &proof, wanted)?;
    Ok(json!({"valid": true, "output": hexadecimal(proven)}))
}

/// Verifies a final proof; `output` is hexadecimal.
pub fn verify_final_file(
    built_in: &BuiltIn,
    path: &Path,
    output: Option<&str>,
    key: Option<&Path>,
) -> Result<Value, ProverError> {
    let wanted = output.map(parse_output).transpose()?;
    let key = key.map(wrap::read_final).transpose()?;
    let key = key.as_deref().unwrap_or(built_in.final_key);
    let proven = wrap::verify_final(key, &built_in.lock()?, &wrap::read_final(path)?, wanted)?;
    Ok(json!({"valid": true, "output": hexadecimal(proven)}))
}

fn parse_output(text: &str) -> Result<[u8; 32], ProverError> {
    parse_hex32(text).ok_or_else(|| ProverError::RequestInvalid(format!("{text:?} is not 0x and 64 digits")))
}

/// Wraps a proof file into the final proof that L1 has the key for.
pub fn wrap_file(
    built_in: &BuiltIn,
    proof: &Path,
    out: &Path,
    progress: &Progress,
) -> Result<Value, ProverError> {
    wrap(built_in, proof, out, (DEFAULT_BLOWUP, None), progress)
}

/// Wraps a proof file and verifies the result before anything is written.
fn wrap(
    built_in: &BuiltIn,
    proof: &Path,
    out: &Path,
    (blowup, key_out): (u32, Option<&Path>),
    progress: &Progress,
) -> Result<Value, ProverError> {
    progress.plan(wrap::steps());
    let aggregated = ProofFile::read(proof)?;
    let key = built_in.verifying_key()?;
    let lock = built_in.lock()?;
    let output = verify::verify(&key, lock.app_vm_commit, &aggregated, None)?;
    resources::reset_peak_memory();
    let (started, mut seconds) = (Instant::now(), serde_json::Map::new());
    let mut since = started;
    let mut observe = |phase: &'static str| {
        seconds.insert(phase.into(), json!(since.elapsed().as_secs_f64()));
        since = Instant::now();
        // A step is short: who cancelled is heard at the end.
        let _ = progress.step_done();
    };
    let wrapper = Wrapper::new(&key, blowup)?;
    observe("set_up");
    let wrapped = wrapper.wrap(&aggregated, &mut observe)?;
    let bytes = wrapped.encode();
    let encoded_key = wrapper.key().encode();
    wrap::verify_final(&encoded_key, &lock, &bytes, Some(output))?;
    observe("verify");
    progress.check()?;
    if let Some(path) = key_out {
        files::write_atomically(path, &[&encoded_key])?;
    }
    files::write_atomically(out, &[&bytes])?;
    Ok(json!({
        "output": hexadecimal(output),
        "key_hash": hexadecimal(wrapper.key().hash),
        "proof_bytes": wrapped.parts.iter().map(Vec::len).sum::<usize>(),
        "part_bytes": wrapped.parts.iter().map(Vec::len).collect::<Vec<_>>(),
        "seconds": seconds,
        "seconds_total": started.elapsed().as_secs_f64(),
        "peak_memory_bytes": resources::peak_memory_bytes(),
    }))
}

/// Runs a witness without proving it.
pub fn execute_file(machine: &Machine, witness: &Path) -> Result<Value, ProverError> {
    Ok(fields_of(&execute_checked(machine, &native::read_witness(witness)?)?))
}

fn fields_of(execution: &Execution) -> Value {
    json!({
        "output": hexadecimal(execution.output),
        "instructions": execution.instructions,
        "cells": execution.cells,
        "segments": execution.segments.len(),
    })
}

fn prover(
    built_in: &BuiltIn,
    guest: Option<&Path>,
    segment_memory_max: usize,
) -> Result<Prover, ProverError> {
    Ok(Prover::new(machine(built_in, guest, segment_memory_max)?, segment_memory_max))
}

fn machine(
    built_in: &BuiltIn,
    guest: Option<&Path>,
    segment_memory_max: usize,
) -> Result<Machine, ProverError> {
    let guest = match guest {
        Some(path) => Guest::from_file(path)?,
        None => built_in.guest(),
    };
    Machine::new(guest, segment_memory_max)
}

fn keygen(
    cli: &Cli,
    built_in: &BuiltIn,
    out: Option<&Path>,
    source_sha256: Option<&str>,
) -> Result<(), ProverError> {
    let mut prover = prover(built_in, cli.guest.as_deref(), cli.segment_memory_max)?;
    let elf_sha256 = prover.machine().guest.elf_sha256.clone();
    let keys = prover.set_up()?;
    let baseline = &keys.verifying_key.baseline;
    let derived = GuestLock {
        elf_sha256,
        source_sha256: source_sha256.unwrap_or_default().into(),
        app_exe_commit: Commitment::from(baseline.app_exe_commit),
        app_vm_commit: keys.app_vm_commit,
        dag_commit: Root::new(&keys.verifying_key).dag_commit()?,
    };
    let verifying_key = bitcode::serialize(&keys.verifying_key).map_err(ProverError::internal)?;
    match out {
        Some(folder) => {
            let lock = serde_json::to_string_pretty(&derived).map_err(ProverError::internal)? + "\n";
            files::create_folder(folder)?;
            files::write_atomically(&folder.join("batch.vk"), &[&verifying_key])?;
            files::write_atomically(&folder.join("batch.lock.json"), &[lock.as_bytes()])?;
        }
        None if cli.guest.is_none() => built_in.require_derived(&derived, &verifying_key)?,
        None => {}
    }
    print(cli, &derived)
}

fn execute(
    cli: &Cli,
    built_in: &BuiltIn,
    witness: &Path,
    [with_parts, with_functions, with_chips]: [bool; 3],
) -> Result<(), ProverError> {
    let machine = machine(built_in, cli.guest.as_deref(), cli.segment_memory_max)?;
    let bytes = native::read_witness(witness)?;
    let execution = match cli.guest {
        Some(_) => machine.execute(&bytes)?,
        None => execute_checked(&machine, &bytes)?,
    };
    let mut result = fields_of(&execution);
    if with_parts {
        result["parts"] = json!(parts::count(&machine, &bytes)?);
    }
    if with_functions {
        result["functions"] = json!(parts::functions(&machine, &bytes)?);
    }
    if with_chips {
        result["chips"] = json!(machine.cells_by_chip(&execution.segments));
    }
    print(cli, &result)
}

/// Runs a job that reports its progress, and prints its result.
fn with_progress<R: Serialize>(
    cli: &Cli,
    job: impl FnOnce(&Progress) -> Result<R, ProverError>,
) -> Result<(), ProverError> {
    let progress = Arc::new(Progress::default());
    stop_on_signals(&progress)?;
    let finished = Arc::new(AtomicBool::new(false));
    let reporter = report_progress(progress.clone(), finished.clone(), cli.json);
    let result = job(&progress);
    finished.store(true, Ordering::SeqCst);
    reporter.thread().unpark();
    let _ = reporter.join();
    print(cli, &result?)
}

/// The first signal stops the job at once: finished segments are on disk and nothing else is worth waiting for.
fn stop_on_signals(progress: &Arc<Progress>) -> Result<(), ProverError> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM]).map_err(|e| ProverError::io(Path::new("signals"), e))?;
    let progress = progress.clone();
    thread::spawn(move || {
        if signals.forever().next().is_some() {
            progress.cancel();
            eprintln!("prividium-prover: {}", ProverError::Cancelled);
            std::process::exit(ProverError::Cancelled.exit_status().into());
        }
    });
    Ok(())
}

fn report_progress(
    progress: Arc<Progress>,
    finished: Arc<AtomicBool>,
    as_json: bool,
) -> thread::JoinHandle<()> {
    let rewrite_line = std::io::stderr().is_terminal() && !as_json;
    thread::spawn(move || {
        while !finished.load(Ordering::SeqCst) {
            let now = progress.snapshot();
            let mut stderr = std::io::stderr().lock();
            let _ = match as_json {
                true => writeln!(
                    stderr,
                    "{}",
                    json!({"event": "progress", "stage": now.stage, "percent": now.percent,
                    "eta_seconds": now.eta_seconds})
                ),
                false => {
                    let (start, end) = if rewrite_line { ("\r\x1b[K", "") } else { ("", "\n") };
                    let (percent, left) = (now.percent, now.eta_seconds);
                    write!(stderr, "{start}{:?}: {percent:5.1} %, about {left} s left{end}", now.stage)
                }
            };
            drop(stderr);
            thread::park_timeout(Duration::from_secs(if rewrite_line { 1 } else { 5 }));
        }
        if rewrite_line {
            eprint!("\r\x1b[K");
        }
    })
}

fn print(cli: &Cli, result: &impl Serialize) -> Result<(), ProverError> {
    let text = match cli.json {
        true => serde_json::to_string(result),
        false => serde_json::to_string_pretty(result),
    };
    println!("{}", text.map_err(ProverError::internal)?);
    Ok(())
}
