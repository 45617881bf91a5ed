//! Agents: acting, and learning from batches of replay.
//!
//! [`Actor`] is the interface through which actions are obtained. `tdmpc` is the TD-MPC2 family: losses, value targets,
//! the learner that orders them, the actors, and reanalyze.

mod actor;
mod tdmpc;

pub use actor::{ActRequest, Acted, Action, Actor, Carry};
pub use tdmpc::{
    Agent, AlgorithmConfig, BatchTensors, ExpertTensors, Experts, PlanningActor, PolicyActor, PolicyNoise,
    ReanalyzeJob, ReanalyzeTiming, RunningScale, StoredAgent, TargetReduction, TdmpcActor, UpdateMetrics, UpdateNoise,
};

use thiserror::Error;

use crate::model::WeightsError;
use crate::nn::ReadError;
use crate::planner::PlannerError;

/// Learning failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AgentError {
    /// A figure is NaN or infinite; the networks cannot be used any more.
    #[error("{name} became {value} in update {update}; try a smaller training.learning_rate")]
    NotFinite {
        /// The loss or norm.
        name: String,
        /// NaN or an infinity.
        value: f32,
        /// The update, counted from 1.
        update: u64,
    },
    /// The replay buffer does not store a column that the agent learns from.
    #[error("the batch has no column {0} of the right size, from which a policy learns")]
    MissingColumn(&'static str),
    /// Planning failed.
    #[error(transparent)]
    Planner(#[from] PlannerError),
    /// Device memory could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Stored weights do not fit.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// Stored learning state cannot be used.
    #[error("the stored optimiser state cannot be used: {0}")]
    Stored(String),
}
