//! The user's settings: one [`Config`] for the command line, the lab and the page.
//!
//! A configuration is layered: the defaults (the published BMPC settings), a size preset, an algorithm preset, a file
//! and single `key=value` settings, each overriding the previous one ([`Layers`]).

mod algorithm;
mod change;
mod check;
mod count;
mod error;
mod footprint;
mod layers;
mod limits;
mod model;
mod planner;
mod presets;
mod training;

pub use algorithm::{
    AlgorithmConfig, Guide, PolicyKind, PolicyLearning, ReanalyzeTiming, TargetReduction, ValueLearning,
};
pub use change::{ChangeError, Fixed, why_fixed};
pub use count::{CountError, parse_count};
pub use error::{ConfigError, Problem};
pub use footprint::{Footprint, Part};
pub use layers::Layers;
pub use limits::{Limit, limit};
pub use model::ModelConfig;
pub use planner::PlannerConfig;
pub use presets::{Preset, PresetKind, presets};
pub use training::{CUSTOM_BODY, EngineChoice, Precision, RunConfig, TaskConfig, TrainingConfig};

use serde::{Deserialize, Serialize};

/// Everything that decides what a run computes, with the published BMPC settings as defaults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The task.
    pub task: TaskConfig,
    /// The point of the algorithm family.
    pub algorithm: AlgorithmConfig,
    /// Sizes of the world model.
    pub model: ModelConfig,
    /// Guided MPPI.
    pub planner: PlannerConfig,
    /// Updates, replay and schedule.
    pub training: TrainingConfig,
    /// Seed, device, length, evaluation and checkpoints of this run.
    pub run: RunConfig,
}

impl Config {
    /// Returns the length of training sequences in transitions (H): `training.sequence`, or the planner's horizon if
    /// that is 0.
    #[must_use]
    pub fn sequence(&self) -> usize {
        match self.training.sequence {
            0 => self.planner.horizon,
            sequence => sequence,
        }
    }
}
