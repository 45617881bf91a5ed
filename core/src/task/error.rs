//! Task errors.

use thiserror::Error;

use crate::body::{BodyError, SnapshotError};
use crate::registry::RegisterError;

/// Why an environment could not be made or stepped.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TaskError {
    /// No task has this name.
    #[error("no task is called `{name}`{}", nearest.map(|nearest| format!("; the nearest is `{nearest}`")).unwrap_or_default())]
    UnknownTask {
        /// The requested name.
        name: String,
        /// The closest known name, if any.
        nearest: Option<&'static str>,
    },
    /// A task cannot be registered.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// Each action must be held for at least one control step.
    #[error("the action repeat is {0}, allowed is 1 to {max}", max = super::EPISODE_CONTROL_STEPS)]
    ActionRepeat(usize),
    /// The action has the wrong number of entries.
    #[error("the action has {found} entries, {task} takes {expected}")]
    ActionLength {
        /// The task.
        task: &'static str,
        /// Entries given.
        found: usize,
        /// Entries needed.
        expected: usize,
    },
    /// An entry of the action is NaN or infinite.
    #[error("entry {index} of the action is {value}, it must be finite")]
    ActionNotFinite {
        /// Which entry.
        index: usize,
        /// Its value.
        value: f32,
    },
    /// The episode has ended; only a reset continues.
    #[error("the episode is over; reset the environment before stepping it again")]
    EpisodeOver,
    /// A task does not fit its body.
    #[error("the task {task} has {what} {found}, with this body it must be {expected}")]
    Misfit {
        /// The task.
        task: &'static str,
        /// The part of its specification: `action_size`.
        what: &'static str,
        /// Its value.
        found: String,
        /// The value that fits.
        expected: String,
    },
    /// The configuration selects the task of a custom body but contains no body file.
    #[error("the task `{task}` needs a custom body file, but none was given", task = crate::task::CUSTOM_BODY)]
    NoBody,
    /// The simulated state diverged: the time step is too long for the body's parameters.
    #[error(
        "the simulation of {task} diverged in control step {control_step}; shorter time steps (more \
             `steps_per_control`), smaller forces, or more damping and armature would keep it together"
    )]
    Diverged {
        /// The task.
        task: &'static str,
        /// Control steps since the reset.
        control_step: usize,
    },
    /// The body of the task could not be built.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// A snapshot could not be read or restored.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}
