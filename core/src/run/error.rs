//! What can go wrong with a run folder, with the path and a remedy.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::ConfigError;
use crate::train::{Damage, PartsError};

/// A checkpoint that is not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// Its folder.
    pub checkpoint: PathBuf,
    /// The file that is damaged.
    pub file: String,
    /// What is wrong with it.
    pub damage: Damage,
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.checkpoint.display(), self.file, self.damage)
    }
}

/// Why something with a run folder failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried: read, write, ...
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The folder holds a run already.
    #[error("{} already holds a run or files named like those of a run; resume that run, or choose another folder for the new one", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A file was named in place of a run's folder.
    #[error("{} is a file; what is expected is the folder of a run or of one of its checkpoints", path.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// The folder holds no run.
    #[error("{} holds no run: it has no {missing} (if its start was interrupted, remove it and start again)", path.display())]
    NotARun {
        /// The folder.
        path: PathBuf,
        /// The file that every run has.
        missing: &'static str,
    },
    /// Another process writes to the run.
    #[error("{} is in use by another process; stop that one first", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the run is not as it was written.
    #[error("{} is damaged: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The stored configuration does not hold for this version.
    #[error("{}: {source}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ConfigError,
    },
    /// There is no whole checkpoint.
    #[error("{} has no whole checkpoint{}", path.display(), listed(damaged))]
    NoCheckpoint {
        /// The folder of the checkpoints.
        path: PathBuf,
        /// Those that are there, newest first.
        damaged: Vec<Damaged>,
    },
    /// The run has gone further than its first checkpoint, and has none.
    #[error(
        "{} has no checkpoint, though the run was recorded up to environment step {env_step}; put its checkpoints back, or start \
         a new run in another folder",
        path.display()
    )]
    LostCheckpoints {
        /// The folder of the checkpoints.
        path: PathBuf,
        /// The last step of its records.
        env_step: usize,
    },
    /// The checkpoint asked for is damaged.
    #[error("the checkpoint is damaged: {0}; use another one, or the run's folder to take the newest whole one")]
    Damaged(Damaged),
    /// There is no checkpoint of that step.
    #[error("{} has no checkpoint of {env_step} environment steps; it has {}", path.display(), steps(available))]
    NoSuchStep {
        /// The run's folder.
        path: PathBuf,
        /// Environment steps asked for.
        env_step: usize,
        /// Those that there are, oldest first.
        available: Vec<usize>,
    },
    /// The folder to be written is not free.
    #[error("{} cannot be written: it is there already; choose another folder", path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// The checkpoint holds an agent, and nothing to train it on with.
    #[error(
        "training cannot go on from {}: it holds an agent to play, without {}; resume the run that it was exported from, or \
         train a new one",
        checkpoint.display(),
        missing.join(", ")
    )]
    OnlyPlays {
        /// The checkpoint.
        checkpoint: PathBuf,
        /// The parts that training would need.
        missing: Vec<&'static str>,
    },
    /// A part has no proper name, or is not there.
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

/// Gives an error of the operating system its path.
pub(super) trait At<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, RunError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, RunError> {
        self.map_err(|source| RunError::Io { action, path: path.into(), source })
    }
}
