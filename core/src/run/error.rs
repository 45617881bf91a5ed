//! Errors of run folders, with the path and a remedy.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::ConfigError;
use crate::train::{Damage, PartsError};

/// A damaged checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// Its folder.
    pub checkpoint: PathBuf,
    /// The damaged file.
    pub file: String,
    /// The damage.
    pub damage: Damage,
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.checkpoint.display(), self.file, self.damage)
    }
}

/// The reason why an operation on a run folder failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The operating system reported an error.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// The attempted operation: read, write, ...
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The folder already holds a run.
    #[error(
        "{} already holds a run or files named like those of a run; resume that run, or choose another folder for the \
         new one",
        path.display()
    )]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A file was given instead of a run's folder.
    #[error("{} is a file; expected the folder of a run or of one of its checkpoints", path.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// The folder holds no run.
    #[error(
        "{} holds no run: {missing} is missing (if the run's start was interrupted, remove the folder and start again)",
        path.display()
    )]
    NotARun {
        /// The folder.
        path: PathBuf,
        /// The file that every run has.
        missing: &'static str,
    },
    /// Another process is writing to the run.
    #[error("{} is in use by another process; stop that process first", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the run is damaged.
    #[error("{} is damaged: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The damage.
        message: String,
    },
    /// The stored configuration is invalid in this version.
    #[error("{}: {source}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// The problems.
        source: ConfigError,
    },
    /// There is no intact checkpoint.
    #[error("{} has no intact checkpoint{}", path.display(), listed(damaged))]
    NoCheckpoint {
        /// The folder of the checkpoints.
        path: PathBuf,
        /// The damaged ones, newest first.
        damaged: Vec<Damaged>,
    },
    /// The run has progressed past its first checkpoint, but no checkpoint exists.
    #[error(
        "{} has no checkpoint, although the run was recorded up to environment step {env_step}; restore its \
         checkpoints, or start a new run in another folder",
        path.display()
    )]
    LostCheckpoints {
        /// The folder of the checkpoints.
        path: PathBuf,
        /// The last step of its records.
        env_step: usize,
    },
    /// The requested checkpoint is damaged.
    #[error("the checkpoint is damaged: {0}; use another one, or the run's folder to use the newest intact one")]
    Damaged(Damaged),
    /// There is no checkpoint at that step.
    #[error("{} has no checkpoint at {env_step} environment steps; available: {}", path.display(), steps(available))]
    NoSuchStep {
        /// The run's folder.
        path: PathBuf,
        /// Environment steps requested.
        env_step: usize,
        /// The available steps, oldest first.
        available: Vec<usize>,
    },
    /// The folder to be written already exists.
    #[error("{} cannot be written: it already exists; choose another folder", path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// The checkpoint holds an agent for playing only.
    #[error(
        "cannot resume training from {}: it holds an agent for playing only, without {}; resume the run that it was \
         exported from, or train a new one",
        checkpoint.display(),
        missing.join(", ")
    )]
    OnlyPlays {
        /// The checkpoint.
        checkpoint: PathBuf,
        /// The parts that training would need.
        missing: Vec<&'static str>,
    },
    /// A part has an invalid name, or is missing.
    #[error(transparent)]
    Parts(#[from] PartsError),
}

fn steps(available: &[usize]) -> String {
    let steps: Vec<_> = available.iter().map(ToString::to_string).collect();
    if steps.is_empty() { "none".into() } else { steps.join(", ") }
}

fn listed(damaged: &[Damaged]) -> String {
    let lines: Vec<String> = damaged.iter().map(|one| format!("\n  {one}")).collect();
    lines.concat()
}

/// Adds the path to an error of the operating system.
pub(super) trait At<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, RunError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, RunError> {
        self.map_err(|source| RunError::Io { action, path: path.into(), source })
    }
}
