//! `prividium-prover`: see `prividium-prover --help`.

use std::process::ExitCode;

use clap::Parser;
use prividium_prover::{built_in_guest, cli::Cli, commands, guest::BuiltIn, panics};

static GUEST: BuiltIn = built_in_guest!();

fn main() -> ExitCode {
    let cli = Cli::parse();
    panics::capture_messages();
    match panics::guard(|| commands::run(&cli, &GUEST)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            commands::report_error(&error, cli.json);
            ExitCode::from(error.exit_status())
        }
    }
}
