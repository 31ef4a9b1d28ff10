//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{error::ProverError, wrap::DEFAULT_BLOWUP};

const EXIT_STATUS: &str = "\
Exit status: 0 success, 2 wrong command line, 10 witness_invalid, 11 witness_version, 12 execution_failed,
13 proof_invalid, 14 proof_version, 15 output_mismatch, 16 out_of_memory, 17 disk_full, 18 busy, 19 cancelled,
20 io, 21 request_invalid, 22 guest_mismatch, 70 internal.";

/// Executes, proves and verifies batches of the private chain.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXIT_STATUS)]
pub struct Cli {
    /// Folder for files that can be made again [default: ~/.cache/prividium/prover].
    #[arg(long, global = true, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// Print one JSON object on standard output, and progress as JSON lines on standard error.
    #[arg(long, global = true)]
    pub json: bool,
    /// Memory estimate at which a segment is cut. The process needs about twice as much.
    #[arg(long, global = true, value_name = "BYTES", default_value_t = 7 << 29)]
    pub segment_memory_max: usize,
    /// Use another guest program than the built-in one; its proofs have other commitments.
    #[arg(long, global = true, value_name = "ELF", hide = true)]
    pub guest: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show versions and the commitments that L1 pins.
    Info,
    /// Derive the verifying key, and check it against the built-in one or write it with the lock file.
    Keygen {
        /// Folder to write `batch.vk` and `batch.lock.json` to.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// SHA-256 of the guest's sources, for the lock file.
        #[arg(long, value_name = "HEX", requires = "out")]
        source_sha256: Option<String>,
    },
    /// Run a witness natively and in the guest, without a proof.
    Execute {
        /// Witness file.
        witness: PathBuf,
        /// Also count instructions by part of the work.
        #[arg(long)]
        parts: bool,
        /// Also count instructions by function of the guest.
        #[arg(long)]
        functions: bool,
        /// Also show trace cells by chip.
        #[arg(long)]
        chips: bool,
    },
    /// Prove a witness. Interrupted, it goes on from the finished segments when run again.
    Prove {
        /// Witness file.
        witness: PathBuf,
        /// Proof file to write.
        #[arg(long, value_name = "PROOF")]
        out: PathBuf,
        /// Folder for finished segments [default: below the cache folder].
        #[arg(long, value_name = "DIR")]
        work: Option<PathBuf>,
    },
    /// Verify a proof file against the pinned commitments.
    Verify {
        /// Proof file.
        proof: PathBuf,
        /// Batch output that the proof must commit to (0x and 64 hexadecimal digits).
        #[arg(long, value_name = "HEX")]
        output: Option<String>,
    },
    /// Wrap a proof file into the hiding proof that L1 verifies.
    Wrap {
        /// Proof file.
        proof: PathBuf,
        /// Final proof to write.
        #[arg(long, value_name = "FINAL")]
        out: PathBuf,
        /// 16, or 32 for a smaller proof in twice the time; L1 has one key for each.
        #[arg(long, default_value_t = DEFAULT_BLOWUP)]
        blowup: u32,
        /// Also write the verifying key.
        #[arg(long, value_name = "KEY")]
        key_out: Option<PathBuf>,
    },
    /// Verify a final proof against the pinned commitments.
    VerifyFinal {
        /// Final proof.
        proof: PathBuf,
        /// Batch output that the proof must commit to (0x and 64 hexadecimal digits).
        #[arg(long, value_name = "HEX")]
        output: Option<String>,
        /// Verifying key other than the built-in one.
        #[arg(long, value_name = "KEY")]
        key: Option<PathBuf>,
    },
    /// Write the verifying key of final proofs, for whoever deploys or runs a verifier.
    FinalKey {
        /// Key file to write.
        #[arg(long, value_name = "KEY")]
        out: PathBuf,
    },
    /// Serve jobs on a Unix socket, one at a time, with keys set up once.
    Serve {
        /// Socket path; readable by its owner only.
        #[arg(long, value_name = "PATH")]
        socket: PathBuf,
    },
}

impl Cli {
    /// The cache folder.
    pub fn cache_folder(&self) -> Result<PathBuf, ProverError> {
        let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
        self.cache
            .clone()
            .or_else(|| absolute("XDG_CACHE_HOME").map(|p| p.join("prividium/prover")))
            .or_else(|| absolute("HOME").map(|p| p.join(".cache/prividium/prover")))
            .ok_or_else(|| ProverError::RequestInvalid("no home folder: give --cache DIR".into()))
    }
}
