//! How a command ends: exit codes, and errors reported with the chain of their causes.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::anyhow;
use bootstride_core::text::printable;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// Wrong usage, wrong configuration or damaged input: what the user named is at fault. Exit code 2.
    Usage(anyhow::Error),
    /// Something broke on the way. Exit code 1.
    Broken(anyhow::Error),
    /// A signal stopped it, and what it had is saved. The exit code is 128 and the number of the signal: 130 after Ctrl-C.
    Interrupted(u8),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

/// Marks errors as the user's, so that they end with exit code 2.
pub trait UsageError<T> {
    /// Turns an error into [`Failure::Usage`].
    ///
    /// # Errors
    ///
    /// The same error, marked.
    fn usage(self) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> UsageError<T> for Result<T, E> {
    fn usage(self) -> Result<T, Failure> {
        self.map_err(|error| Failure::Usage(error.into()))
    }
}

impl Failure {
    /// What went wrong; `None` where nothing did.
    #[must_use]
    pub fn error(&self) -> Option<&anyhow::Error> {
        match self {
            Self::Usage(error) | Self::Broken(error) => Some(error),
            Self::Interrupted(_) => None,
        }
    }

    /// Prints the error and its causes on standard error and says how the program ends.
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

/// An error and its causes, each once: many errors quote their cause already.
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

/// Writes to standard output, with control characters escaped: what is written may quote names and paths from anywhere, and
/// a terminal would obey them. Within JSON and TOML they are still what they were. A reader that has gone (`bootstride tasks | head -1`) is no error.
///
/// # Errors
///
/// Any other failure to write.
pub fn print(text: &str) -> Result<(), Failure> {
    write_out(text).map_err(|error| anyhow!("standard output could not be written: {error}").into())
}

/// As [`print`], for the report on work that is kept elsewhere: `kept` says what is kept where, and is printed if the report
/// cannot be written.
///
/// # Errors
///
/// Any failure to write but that of a reader that has gone.
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
/// When it cannot be written.
pub fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    print(&(serde_json::to_string_pretty(value)? + "\n"))
}

/// Writes a note for people to standard error, which leaves standard output to results. Control characters are escaped.
pub fn note(text: &str) {
    // Standard error that is gone is nothing to stop for.
    let _ = writeln!(io::stderr(), "{}", printable(text));
}
