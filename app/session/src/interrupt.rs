//! Ctrl-C, SIGTERM and SIGHUP: the first signal requests an orderly stop, the second stops immediately.

use std::process;
use std::sync::atomic::{AtomicI32, Ordering};

use anyhow::Context as _;

use crate::failure::{Failure, note};

/// The signal that requested a stop; 0 if there was none.
static ASKED: AtomicI32 = AtomicI32::new(0);

/// The signal sent by Ctrl-C.
const SIGINT: i32 = 2;

/// Starts listening for Ctrl-C and for the signals that end a program (SIGTERM, and SIGHUP when its terminal closes; on
/// Windows, closing the console).
///
/// # Errors
///
/// If the operating system does not allow it.
pub fn listen() -> anyhow::Result<()> {
    system::listen().context("could not listen for Ctrl-C")
}

/// Returns whether a stop was requested.
#[must_use]
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst) != 0
}

/// Returns the outcome of a program that has saved its progress: if a stop was requested, an interruption with the exit
/// code that shells use for the signal.
///
/// # Errors
///
/// If a stop was requested.
pub fn ended() -> Result<(), Failure> {
    match ASKED.load(Ordering::SeqCst) {
        0 => Ok(()),
        signal => Err(Failure::Interrupted(code(signal))),
    }
}

/// Returns 128 plus the signal number.
fn code(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(128)
}

/// Handles a signal.
fn arrived(signal: i32) {
    if ASKED.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst).is_err() {
        process::exit(code(signal).into());
    }
    // A step can take seconds with a large planner on a CPU.
    note(
        "stopping after this step and saving a checkpoint; press Ctrl-C (or send the signal) again to stop immediately",
    );
}

#[cfg(unix)]
mod system {
    use std::{fs, io, thread};

    use signal_hook::consts::{SIGHUP, SIGTERM};
    use signal_hook::iterator::Signals;

    use super::{SIGINT, arrived};

    pub fn listen() -> io::Result<()> {
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        // `nohup` starts a program with SIGHUP ignored, so that it survives its terminal.
        if !is_ignored(SIGHUP) {
            signals.add_signal(SIGHUP)?;
        }
        let listener = move || signals.forever().for_each(arrived);
        thread::Builder::new().name("signals".into()).spawn(listener).map(drop)
    }

    /// Returns whether the process was started with this signal ignored, as far as the system reports it.
    fn is_ignored(signal: i32) -> bool {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = mask.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok());
        mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
    }
}

#[cfg(windows)]
mod system {
    use std::io;

    pub fn listen() -> io::Result<()> {
        ctrlc::set_handler(|| super::arrived(super::SIGINT)).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_know_the_exit_codes() {
        assert_eq!([SIGINT, 15, 1].map(code), [130, 143, 129]);
    }
}
