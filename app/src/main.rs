//! The `bootstride` binary: [`bootstride::cli`] and its exit code.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match bootstride::cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
