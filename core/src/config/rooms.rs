//! What the lower rooms take from a configuration: each gets its own settings and plain values.

use super::Config;
use crate::model::ModelSettings;
use crate::nn::Ops;
use crate::planner::PlannerSettings;

impl ModelSettings {
    /// Returns the settings of the configured model.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            config: config.model.clone(),
            policy_learning: config.algorithm.policy_learning,
            value_learning: config.algorithm.value_learning,
            value_members: config.algorithm.value_members,
            ops: Ops::from(config.run.engine),
        }
    }
}

impl PlannerSettings {
    /// Returns the settings of `config` for episodes of `decisions` decisions.
    #[must_use]
    pub fn new(config: &Config, decisions: usize) -> Self {
        Self {
            config: config.planner.clone(),
            discount: config.training.discount(decisions),
            guides: config.algorithm.guide.policies().to_vec(),
            terminal_policy: config.algorithm.target_policy,
        }
    }
}
