//! The user's settings: one [`Config`] for the command line, the lab and the page.
//!
//! A configuration is layered: the defaults (the published BMPC settings), a size preset, an algorithm preset, a file
//! and single `key=value` settings, each overriding the previous one ([`Layers`]). The tables, with the limits of their
//! settings and the rules between them, are those of the rooms (their files `settings.rs`); this one adds them up.

mod change;
mod check;
mod count;
mod error;
mod footprint;
mod layers;
mod presets;
mod rooms;

pub use change::{ChangeError, Fixed, why_fixed};
pub use check::{field, limit};
pub use count::{CountError, parse_count};
pub use error::{ConfigError, Problem};
pub use footprint::{Footprint, Part};
pub use layers::Layers;
pub use presets::{Preset, PresetKind, presets};

use serde::{Deserialize, Serialize};

use crate::agent::AlgorithmConfig;
use crate::model::ModelConfig;
use crate::planner::PlannerConfig;
use crate::run::RunConfig;
use crate::task::TaskConfig;
use crate::train::TrainingConfig;

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
