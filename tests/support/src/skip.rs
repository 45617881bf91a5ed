//! Tests that this computer cannot run record it where it is counted.

use std::fs::OpenOptions;
use std::io::Write;
use std::panic::Location;

/// Records that the running test is skipped, or a part of it, and why. `tests/run.sh` names a file in
/// `BOOTSTRIDE_SKIPPED` and counts its lines at the end: what a test prints is not shown if it passes.
#[track_caller]
pub fn skip(reason: &str) {
    eprintln!("skipped: {reason}");
    let Some(file) = std::env::var_os("BOOTSTRIDE_SKIPPED") else { return };
    // The name of its thread is that of the test, or `main` with a single thread; the place distinguishes tests then.
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let line = format!("{reason}\t{}::{test}\t{}\n", suite(), Location::caller());
    let mut file = OpenOptions::new().create(true).append(true).open(file).expect("BOOTSTRIDE_SKIPPED names a file");
    // In one write, so that lines of tests that run side by side do not mix.
    file.write_all(line.as_bytes()).expect("a skipped test is recorded");
}

/// Returns the name of the running test program, without the hash that Cargo appends.
fn suite() -> String {
    let program = std::env::current_exe().unwrap_or_default();
    let name = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    name.rsplit_once('-').map_or(name.clone(), |(suite, _)| suite.to_owned())
}
