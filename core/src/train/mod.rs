//! The trainer: runs the seed phase, pretraining, training and evaluation, one decision per call, and reports events.
//! The front end that drives it (command line, lab or page) decides how to handle them.

mod checkpoint;
mod collector;
mod decision;
mod evaluate;
mod event;
mod explore;
mod observer;
pub(crate) mod parts;
mod reanalyzer;
mod settings;
mod state;
mod trainer;
#[cfg(not(target_family = "wasm"))]
mod worker;

pub use checkpoint::Checkpoint;
pub use decision::{Decision, Planned};
pub use evaluate::{Evaluator, Players};
pub use event::{Evaluation, Event};
pub use observer::{StepObserver, StepTimes};
pub use parts::{Damage, Parts, PartsError};
pub use settings::TrainingConfig;
pub use trainer::{Phase, Progress, Trainer};

use thiserror::Error;

use crate::agent::AgentError;
use crate::body::SnapshotError;
use crate::math::tensors::TensorError;
use crate::nn::ReadError;
use crate::planner::PlannerError;
use crate::replay::ReplayError;
use crate::task::TaskError;

/// Training, evaluation or a checkpoint failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The task is unknown or refused an action.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// Planning failed.
    #[error(transparent)]
    Planner(#[from] PlannerError),
    /// Learning failed; [`AgentError::NotFinite`] names the loss that is not finite.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// A round of reanalyze failed on the background thread.
    #[error("background reanalyze failed: {0}")]
    Reanalyze(String),
    /// Device memory could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A part of a checkpoint is missing.
    #[error(transparent)]
    Parts(#[from] PartsError),
    /// The stored tensors of a checkpoint cannot be read.
    #[error(transparent)]
    Tensors(#[from] TensorError),
    /// The stored replay buffer cannot be read.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The stored environment cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The stored state of the trainer cannot be read.
    #[error("the checkpoint's state.json is invalid: {0}")]
    State(String),
}
