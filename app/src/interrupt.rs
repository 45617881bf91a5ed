//! Ctrl-C, SIGTERM and SIGHUP: the first one asks for an orderly stop, the second one stops at once.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;

use crate::failure::note;

static ASKED: AtomicBool = AtomicBool::new(false);

/// The exit code of a program that was stopped by Ctrl-C, as shells count it; which signal it was is not told.
const STOPPED: i32 = 130;

/// Listens for Ctrl-C from now on, and for what a system sends to end a program (SIGTERM, and SIGHUP when its terminal
/// closes; on Windows the closing of its window).
///
/// # Errors
///
/// When the handler cannot be set.
pub fn listen() -> anyhow::Result<()> {
    ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) {
            process::exit(STOPPED);
        }
        // A step can take seconds with a large planner on a CPU.
        note("stopping after this step to save a checkpoint; Ctrl-C (or the signal) again stops at once");
    })
    .context("could not listen for Ctrl-C")
}

/// Whether somebody asked for a stop.
#[must_use]
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}
