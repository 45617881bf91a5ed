//! Why a checkpoint cannot be imported.

use std::fmt;
use std::io;
use std::path::PathBuf;

use pytorch_reader::{PickleError, PytorchError};
use safetensors::SafeTensorError;

use crate::config::ConfigError;

/// A tensor that is missing, superfluous, or not as the other tensors let expect.
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

/// A tensor with values that no network can compute with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFinite {
    /// Its official name.
    pub name: String,
    /// Its values.
    pub values: usize,
    /// Those that are NaN or infinite in the file.
    pub not_finite: usize,
    /// Those of 64 bits that are beyond what 32 bits hold.
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

/// Why a checkpoint cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The operating system does not give the file.
    #[error("cannot read {}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The path leads to something else than a checkpoint.
    #[error("{} is {what}; import reads one PyTorch checkpoint (.pt) or safetensors file", path.display())]
    NoCheckpoint {
        /// The path.
        path: PathBuf,
        /// What is there.
        what: &'static str,
    },
    /// The file cannot be read as what `torch.save` writes.
    #[error("{} cannot be read as a PyTorch checkpoint: {source}; {}", path.display(), advice(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        source: PytorchError,
    },
    /// The file cannot be read as safetensors.
    #[error("{} cannot be read as a safetensors file; it may be damaged or incomplete: {source}", path.display())]
    Safetensors {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        source: SafeTensorError,
    },
    /// A tensor's data is damaged.
    #[error("{} is damaged: {source}", path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// What the reader says, with the tensor's name.
        source: io::Error,
    },
    /// The tensors are much larger than the file.
    #[error("{} is damaged: it has {length} bytes, and its tensors claim {claimed}", path.display())]
    Claims {
        /// The file.
        path: PathBuf,
        /// Its length in bytes.
        length: u64,
        /// Bytes that the tensors claim.
        claimed: u64,
    },
    /// The file holds tensors, but not those of an agent.
    #[error(
        "{} is no official TD-MPC2 or BMPC checkpoint: it has no tensor named _encoder.state.*, _dynamics.* or _Qs.*; \
         the first of its {count} tensors is {first}", path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Tensors in it.
        count: usize,
        /// Name of the first of them.
        first: String,
    },
    /// The file holds several agents, and nothing says which is meant.
    #[error(
        "{} holds several agents, under {}; save the one to import alone: \
         torch.save({{'model': agent.model.state_dict()}}, 'agent.pt')", path.display(), wrappers.join(", ")
    )]
    Several {
        /// The file.
        path: PathBuf,
        /// Keys of the agents in the file.
        wrappers: Vec<String>,
    },
    /// Two tensors have the same name once the prefixes of wrappers are taken off.
    #[error("{}: both {first} and {second} are {name} once the prefixes of wrappers are taken off", path.display())]
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
    /// The checkpoint is of a kind that Bootstride has no agent for.
    #[error("{} is {what} ({name}), which is not supported; agents of one task with state observations are", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
        /// The entry that tells.
        name: String,
    },
    /// The policy is neither TD-MPC2's nor BMPC's.
    #[error("{}: {name} is {found}; {expected}", path.display())]
    Policy {
        /// The file.
        path: PathBuf,
        /// The entry that tells.
        name: &'static str,
        /// The value found.
        found: f64,
        /// What would be right.
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
    #[error("{} holds weights that are not finite, with which no agent can act:\n  {}", path.display(), lines(tensors))]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// All such tensors.
        tensors: Vec<NotFinite>,
    },
    /// The sizes make no configuration.
    #[error("{}: {source}", path.display())]
    Sizes {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        source: ConfigError,
    },
}

fn lines(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ")
}

/// What to do about a file that the reader refuses.
fn advice(error: &PytorchError) -> &'static str {
    match error {
        PytorchError::Io(_)
        | PytorchError::Zip(_)
        | PytorchError::Tar(_)
        | PytorchError::Pickle(PickleError::Io(_)) => "the file may be damaged or incomplete",
        _ => {
            "if it is a whole checkpoint, save the weights alone: \
             torch.save({'model': agent.model.state_dict()}, 'agent.pt')"
        }
    }
}
