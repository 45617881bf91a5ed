//! Ctrl-C, SIGTERM and SIGHUP: the first one asks for an orderly stop, the second one stops at once.

use std::process;
use std::sync::atomic::{AtomicI32, Ordering};

use anyhow::Context as _;

use crate::failure::{Failure, note};

/// The signal that asked for a stop; 0 as long as none has.
static ASKED: AtomicI32 = AtomicI32::new(0);

/// What Ctrl-C sends.
const SIGINT: i32 = 2;

/// Listens for Ctrl-C from now on, and for what a system sends to end a program (SIGTERM, and SIGHUP when its terminal
/// closes; on Windows the closing of its console).
///
/// # Errors
///
/// When the operating system refuses.
pub fn listen() -> anyhow::Result<()> {
    system::listen().context("could not listen for Ctrl-C")
}

/// Whether somebody asked for a stop.
#[must_use]
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst) != 0
}

/// How a program ends that was asked to stop and has saved what it had: with the exit code that shells know the signal by.
///
/// # Errors
///
/// If somebody asked for a stop.
pub fn ended() -> Result<(), Failure> {
    match ASKED.load(Ordering::SeqCst) {
        0 => Ok(()),
        signal => Err(Failure::Interrupted(code(signal))),
    }
}

/// 128 and the number of the signal.
fn code(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(128)
}

/// A signal has arrived.
fn arrived(signal: i32) {
    if ASKED.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst).is_err() {
        process::exit(code(signal).into());
    }
    // A step can take seconds with a large planner on a CPU.
    note("stopping after this step to save a checkpoint; Ctrl-C (or the signal) again stops at once");
}

#[cfg(unix)]
mod system {
    use std::{fs, io, thread};

    use signal_hook::consts::{SIGHUP, SIGTERM};
    use signal_hook::iterator::Signals;

    use super::{SIGINT, arrived};

    pub fn listen() -> io::Result<()> {
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        // `nohup` has a program ignore the end of its terminal.
        if !is_ignored(SIGHUP) {
            signals.add_signal(SIGHUP)?;
        }
        let listener = move || signals.forever().for_each(arrived);
        thread::Builder::new().name("signals".into()).spawn(listener).map(drop)
    }

    /// Whether the process was started with this signal ignored, where the system tells.
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
