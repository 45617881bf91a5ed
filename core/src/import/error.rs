//! The reasons why a checkpoint cannot be imported.

use std::fmt;
use std::io;
use std::path::PathBuf;

use pytorch_reader::{PickleError, PytorchError};
use safetensors::SafeTensorError;

use crate::config::ConfigError;

/// A tensor that is missing, superfluous, or inconsistent with the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Its official name; that of a whole network ends in `.*`.
    pub name: String,
    /// Shape and element type found; `None` if it is missing.
    pub found: Option<String>,
    /// What was expected.
    pub expected: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.found.as_deref().unwrap_or("nothing");
        write!(f, "{}: found {found}, expected {}", self.name, self.expected)
    }
}

/// A tensor with values that no network can use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFinite {
    /// Its official name.
    pub name: String,
    /// Number of its values.
    pub values: usize,
    /// Values that are NaN or infinite in the file.
    pub not_finite: usize,
    /// 64-bit values that are out of range for 32 bits.
    pub too_large: usize,
}

impl fmt::Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, values, not_finite, too_large } = self;
        write!(f, "{name}: of {values} values ")?;
        match (not_finite, too_large) {
            (count, 0) => write!(f, "{count} not finite (NaN or infinite)"),
            (0, count) => write!(f, "{count} not finite in 32 bits (beyond 3.4e38)"),
            (count, large) => write!(f, "{count} not finite (NaN or infinite), {large} not in 32 bits (beyond 3.4e38)"),
        }
    }
}

/// The reason why a checkpoint cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The operating system could not read the file.
    #[error("cannot read {}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The path does not lead to a checkpoint.
    #[error("{} is {what}; import reads one PyTorch checkpoint (.pt) or safetensors file", path.display())]
    NoCheckpoint {
        /// The path.
        path: PathBuf,
        /// What it leads to.
        what: &'static str,
    },
    /// The file is not what `torch.save` writes.
    #[error("{} cannot be read as a PyTorch checkpoint: {source}; {}", path.display(), advice(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// The reader's error.
        source: PytorchError,
    },
    /// The file cannot be read as safetensors.
    #[error("{} cannot be read as a safetensors file; it may be damaged or incomplete: {source}", path.display())]
    Safetensors {
        /// The file.
        path: PathBuf,
        /// The reader's error.
        source: SafeTensorError,
    },
    /// A tensor's data is damaged.
    #[error("{} is damaged: {source}", path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// The reader's error, with the tensor's name.
        source: io::Error,
    },
    /// The tensors are much larger than the file.
    #[error("{} is damaged: it has {length} bytes, but its tensors claim {claimed}", path.display())]
    Claims {
        /// The file.
        path: PathBuf,
        /// Its length in bytes.
        length: u64,
        /// Bytes claimed by the tensors.
        claimed: u64,
    },
    /// The file holds tensors, but not those of an agent.
    #[error(
        "{} is not an official TD-MPC2 or BMPC checkpoint: it has no tensor named _encoder.state.*, _dynamics.* or \
         _Qs.*; the first of its {count} tensors is {first}", path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Tensors in it.
        count: usize,
        /// Name of the first of them.
        first: String,
    },
    /// The file holds several agents, and nothing indicates which one to import.
    #[error(
        "{} holds several agents, under {}; save only the one to import: \
         torch.save({{'model': agent.model.state_dict()}}, 'agent.pt')", path.display(), wrappers.join(", ")
    )]
    Several {
        /// The file.
        path: PathBuf,
        /// Keys of the agents in the file.
        wrappers: Vec<String>,
    },
    /// Two tensors have the same name once wrapper prefixes are removed.
    #[error("{}: both {first} and {second} are named {name} once wrapper prefixes are removed", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// The official name.
        name: String,
        /// One name in the file.
        first: String,
        /// The other.
        second: String,
    },
    /// The checkpoint is of a kind that Bootstride does not support.
    #[error(
        "{} is {what} ({name}), which is not supported; only single-task agents with state observations are",
        path.display()
    )]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The kind.
        what: &'static str,
        /// The entry that shows it.
        name: String,
    },
    /// The policy is neither TD-MPC2's nor BMPC's.
    #[error("{}: {name} is {found}; {expected}", path.display())]
    Policy {
        /// The file.
        path: PathBuf,
        /// The entry that shows it.
        name: &'static str,
        /// The value found.
        found: f64,
        /// What was expected.
        expected: &'static str,
    },
    /// Tensors are missing, superfluous or of the wrong shape or type; all of them are listed.
    #[error("{}: {} of the tensors are not as expected:\n  {}", path.display(), mismatches.len(), lines(mismatches))]
    Shapes {
        /// The file.
        path: PathBuf,
        /// All of them.
        mismatches: Vec<Mismatch>,
    },
    /// Weights are NaN or infinite; all tensors with such values are listed.
    #[error("{} holds weights that are not finite, so the agent cannot act:\n  {}", path.display(), lines(tensors))]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// All such tensors.
        tensors: Vec<NotFinite>,
    },
    /// The sizes form an invalid configuration.
    #[error("{}: {source}", path.display())]
    Sizes {
        /// The file.
        path: PathBuf,
        /// The problems.
        source: ConfigError,
    },
}

fn lines(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ")
}

/// Returns a remedy for a file that the reader rejects.
fn advice(error: &PytorchError) -> &'static str {
    match error {
        PytorchError::Io(_)
        | PytorchError::Zip(_)
        | PytorchError::Tar(_)
        | PytorchError::Pickle(PickleError::Io(_)) => "the file may be damaged or incomplete",
        _ => {
            "if it is a full checkpoint, save only the weights: \
             torch.save({'model': agent.model.state_dict()}, 'agent.pt')"
        }
    }
}
