//! Runs that are finished or run elsewhere, read from their folders: a list, and their curves.
//!
//! A page has its folders in memory and reads them synchronously; a window reads them in the background.

mod find;
mod read;
mod reading;
mod root;
mod run_index;

use bootstride_core::train::Evaluation;

pub use find::{everything, known_runs};
pub use read::read_run;
pub use reading::Reading;
pub use root::root;
#[cfg(not(target_family = "wasm"))]
pub use root::root_for;
pub use run_index::RunIndex;

/// A run's folder, as shown in lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunEntry {
    /// The folder.
    pub folder: String,
    /// The task.
    pub task: String,
    /// The algorithm.
    pub algorithm: String,
    /// The seed.
    pub seed: u64,
    /// Environment steps at the newest checkpoint; `None` without one.
    pub env_step: Option<usize>,
    /// The planner's mean return in its last evaluation.
    pub last_return: Option<f32>,
    /// The start time, RFC 3339.
    pub started: String,
}

/// The measurements of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunCurves {
    /// The folder as it was given: a run's, or that of one of its checkpoints.
    pub folder: String,
    /// A short name: the last part of the run's path, with the checkpoint's step if one was given.
    pub name: String,
    /// The task.
    pub task: String,
    /// The algorithm.
    pub algorithm: String,
    /// The size preset that the configuration started from.
    pub size: String,
    /// The seed.
    pub seed: u64,
    /// Environment steps of the given checkpoint; `None` for a whole run.
    pub checkpoint: Option<usize>,
    /// Evaluations, oldest first: returns of the planner and of the bare policy (`network`), one per episode. If a
    /// run's events are missing, each has a single number, the mean. Evaluations after the checkpoint are omitted.
    pub evaluations: Vec<Evaluation>,
    /// Returns of training episodes: environment steps at the end, return.
    pub episodes: Vec<(usize, f32)>,
}
