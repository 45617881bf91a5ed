//! Errors of analyzing a decision or loading an agent.

use thiserror::Error;

use crate::agent::AgentError;
use crate::body::SnapshotError;
use crate::model::WeightsError;
use crate::nn::ReadError;
use crate::task::TaskError;

/// A decision could not be analyzed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InspectError {
    /// Planning failed.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// Device memory could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The recorded state does not belong to this task.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The trace does not belong to a plan for one state with this model and these settings.
    #[error("the trace does not fit the plan: it has {found} {what}, expected {expected}")]
    Trace {
        /// What does not fit.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// The agent was made for another task.
    #[error("the state has {found} observations, but the agent takes {expected}")]
    Observation {
        /// Observations of the task.
        found: usize,
        /// Observations of the agent.
        expected: usize,
    },
}

impl From<SnapshotError> for InspectError {
    fn from(error: SnapshotError) -> Self {
        Self::Task(error.into())
    }
}

/// An agent could not be loaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A part of the network that determines its sizes is missing or contradicts the configuration.
    #[error("{0}")]
    Incomplete(&'static str),
    /// The task is unknown.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The agent was made for another task.
    #[error(
        "{task} has {} observations and {} actions; the agent takes {} observations and {} actions",
        .task_sizes.0, .task_sizes.1, .agent_sizes.0, .agent_sizes.1
    )]
    Sizes {
        /// The task.
        task: &'static str,
        /// Observations and actions of the task.
        task_sizes: (usize, usize),
        /// Observations and actions of the agent.
        agent_sizes: (usize, usize),
    },
    /// The weights do not fit the configuration.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}
