//! The `bootstride` binary: [`bootstride::cli`] and its exit code.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    quiet_mesa();
    match bootstride::cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Keeps Mesa's device-select layer out where there is no desktop: all it does there is to print errors of its own. It
/// would sort adapters by the desktop's preference; they are sorted by kind here anyway.
fn quiet_mesa() {
    if cfg!(target_os = "linux") && std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        #[allow(unsafe_code, reason = "the Vulkan loader reads nothing but the environment")]
        // SAFETY: this is the first thing that the program does; there is no other thread yet.
        unsafe {
            std::env::set_var("NODEVICE_SELECT", "1");
        }
    }
}
