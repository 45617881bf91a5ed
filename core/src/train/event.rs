//! Events that the trainer reports to its caller.

use serde::{Deserialize, Serialize};

/// Something that happened in training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// A decision was taken in the task.
    Step {
        /// Environment steps (control steps) so far.
        env_step: usize,
        /// Reward of the decision, summed over its control steps.
        reward: f32,
        /// Return of the episode so far.
        episode_return: f32,
    },
    /// A training episode ended.
    EpisodeEnd {
        /// Environment steps so far.
        env_step: usize,
        /// Episodes ended so far, this one included.
        episode: usize,
        /// Sum of its rewards.
        episode_return: f32,
        /// Its length in decisions.
        decisions: usize,
        /// Whether it ended in a terminal state; otherwise by its time limit.
        terminated: bool,
    },
    /// An update of the networks, or the average over several.
    Update {
        /// Environment steps so far.
        env_step: usize,
        /// Updates so far, pretraining included.
        update: usize,
        /// Named figures: losses, gradient norms, entropy, scale.
        metrics: Vec<(String, f32)>,
    },
    /// Progress of pretraining, which takes place between two decisions.
    Pretraining {
        /// Updates done.
        done: usize,
        /// Updates in all.
        total: usize,
    },
    /// An evaluation is complete.
    Evaluation(Evaluation),
    /// A checkpoint is due; the run folder writes it.
    CheckpointDue {
        /// Environment steps so far.
        env_step: usize,
    },
    /// A notice for the user; training continues.
    Warning {
        /// The message, one sentence.
        message: String,
    },
    /// All environment steps are done.
    Finished {
        /// Environment steps so far.
        env_step: usize,
    },
}

impl Event {
    /// Environment steps at which it happened; `None` if the event does not record it.
    #[must_use]
    pub fn env_step(&self) -> Option<usize> {
        match self {
            Self::Step { env_step, .. }
            | Self::EpisodeEnd { env_step, .. }
            | Self::Update { env_step, .. }
            | Self::Evaluation(Evaluation { env_step, .. })
            | Self::CheckpointDue { env_step }
            | Self::Finished { env_step } => Some(*env_step),
            Self::Pretraining { .. } | Self::Warning { .. } => None,
        }
    }
}

/// Returns of evaluation episodes, played from the same start states by the planner and by the bare policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Environment steps trained.
    pub env_step: usize,
    /// Returns of the planner, one per episode.
    pub planner: Vec<f32>,
    /// Returns of the network policy's mean action, one per episode.
    pub network: Vec<f32>,
}
