//! Exit codes, and errors reported with the chain of their causes.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::anyhow;
use bootstride_core::text::printable;

/// The reason why a command did not complete.
#[derive(Debug)]
pub enum Failure {
    /// Invalid usage, invalid configuration or damaged input. Exit code 2.
    Usage(anyhow::Error),
    /// Any other failure. Exit code 1.
    Broken(anyhow::Error),
    /// Stopped by a signal, with all progress saved. The exit code is 128 plus the signal number: 130 after Ctrl-C.
    Interrupted(u8),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

/// Marks errors as caused by the user's input, so that the program exits with code 2.
pub trait UsageError<T> {
    /// Turns an error into [`Failure::Usage`].
    ///
    /// # Errors
    ///
    /// Returns the same error, marked as [`Failure::Usage`].
    fn usage(self) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> UsageError<T> for Result<T, E> {
    fn usage(self) -> Result<T, Failure> {
        self.map_err(|error| Failure::Usage(error.into()))
    }
}

impl Failure {
    /// Returns the error; `None` for an interruption.
    #[must_use]
    pub fn error(&self) -> Option<&anyhow::Error> {
        match self {
            Self::Usage(error) | Self::Broken(error) => Some(error),
            Self::Interrupted(_) => None,
        }
    }

    /// Prints the error and its causes to standard error and returns the exit code.
    #[must_use]
    pub fn report(&self) -> ExitCode {
        let (error, code) = match self {
            Self::Usage(error) => (error, 2),
            Self::Broken(error) => (error, 1),
            Self::Interrupted(code) => return ExitCode::from(*code),
        };
        note(&format!("error: {}", sentences(error).join("\n  caused by: ")));
        ExitCode::from(code)
    }
}

/// Returns an error and its causes, without repetition: many errors already quote their cause.
#[must_use]
pub fn sentences(error: &anyhow::Error) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut last = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if kept.is_empty() || !last.contains(&cause) {
            kept.push(cause.clone());
        }
        last = cause;
    }
    kept
}

/// Writes to standard output with control characters escaped: the text may quote arbitrary names and paths, and a
/// terminal would interpret control characters in them. The escapes keep the values of JSON and TOML strings. A closed
/// pipe (`bootstride tasks | head -1`) is not an error.
///
/// # Errors
///
/// If the text cannot be written for any other reason.
pub fn print(text: &str) -> Result<(), Failure> {
    write_out(text).map_err(|error| anyhow!("standard output could not be written: {error}").into())
}

/// Like [`print()`], for a report on work that has been saved: if the report cannot be written, the error includes
/// `kept`, which states what was saved and where.
///
/// # Errors
///
/// If the text cannot be written for any reason other than a closed pipe.
pub fn print_report(text: &str, kept: &str) -> Result<(), Failure> {
    write_out(text).map_err(|error| anyhow!("{kept}; only standard output could not be written: {error}").into())
}

fn write_out(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(printable(text).as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Writes a value to standard output as indented JSON.
///
/// # Errors
///
/// If the value cannot be written.
pub fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    print(&(serde_json::to_string_pretty(value)? + "\n"))
}

/// Writes a message to standard error, so that standard output carries only results. Control characters are escaped.
pub fn note(text: &str) {
    // A closed standard error is no reason to stop.
    let _ = writeln!(io::stderr(), "{}", printable(text));
}
