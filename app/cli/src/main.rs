//! The `bootstride` binary: runs [`bootstride::cli`] and returns its exit code.

use std::env;
use std::path::Path;
use std::process::{self, ExitCode};

use bootstride::cli::Cli;
use bootstride_core::text::is_control;
use bootstride_session::failure::note;
use clap::Parser as _;

/// Learning constantly allocates and frees tensors of several megabytes. The system allocator returns each one to the
/// kernel, which then maps and clears it again; mimalloc keeps them, which made an update 6 to 10% faster on Linux.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    silence_device_selection();
    let cli = Cli::try_parse().unwrap_or_else(|error| {
        // Clap quotes arguments verbatim, and they may be file names that a shell substituted for `*`.
        if env::args_os().any(|word| word.to_string_lossy().contains(is_control)) {
            note(error.render().to_string().trim_end());
            process::exit(error.exit_code());
        }
        error.exit()
    });
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Disables Mesa's Vulkan layer that orders adapters by the desktop's own if there is no desktop session: its Wayland
/// library would print "error: `XDG_RUNTIME_DIR` is invalid" each time adapters are listed.
fn silence_device_selection() {
    const LAYER_OFF: &str = "NODEVICE_SELECT";
    let has_session = env::var_os("XDG_RUNTIME_DIR").is_some_and(|folder| Path::new(&folder).is_absolute());
    if cfg!(all(unix, not(target_vendor = "apple"))) && !has_session && env::var_os(LAYER_OFF).is_none() {
        #[allow(unsafe_code, reason = "the layer reads nothing but the environment")]
        // SAFETY: the program has no other thread yet that could read the environment.
        unsafe {
            env::set_var(LAYER_OFF, "1");
        }
    }
}
