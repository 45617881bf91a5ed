//! Whether this computer can compile for browsers.

use std::path::Path;
use std::process::Command;

/// Rust's target for browsers.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Whether Rust's library for it is installed.
pub fn has_target() -> bool {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap().stdout;
    Path::new(String::from_utf8(sysroot).unwrap().trim()).join("lib/rustlib").join(TARGET).is_dir()
}

/// What a test says that is skipped without it.
pub fn missing() -> String {
    format!("the target {TARGET} is not installed (rustup target add {TARGET})")
}
