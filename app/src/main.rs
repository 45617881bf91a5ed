//! The `bootstride` binary: [`bootstride::cli`] and its exit code.

use std::process::ExitCode;

use clap::Parser as _;

/// Learning allocates and frees tensors of megabytes all the time. The system's allocator gives each back to the kernel and
/// has it mapped and cleared anew, which is a fifth of an update's time on Linux; this one keeps them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match bootstride::cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
