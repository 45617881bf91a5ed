//! Guided MPPI.

use serde::{Deserialize, Serialize};

/// Guided MPPI (TD-MPC2, section 3.2 and appendix; BMPC, section 4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlannerConfig {
    /// Action sequences scored per iteration, including those of the policy (N).
    pub samples: usize,
    /// Best sequences that form the next distribution (K).
    pub elites: usize,
    /// Sequences proposed by each guiding policy (P).
    pub policy_samples: usize,
    /// Iterations; see `many_actions_iterations`.
    pub iterations: usize,
    /// Iterations added for bodies with 20 or more action dimensions.
    pub many_actions_iterations: usize,
    /// Planning horizon in steps (H). Also the length of training sequences, unless `training.sequence` sets one.
    pub horizon: usize,
    /// Inverse temperature of the elites' weights, as the published code uses it: weight ~ exp(temperature (G - max
    /// G)).
    pub temperature: f32,
    /// Smallest standard deviation of the plan.
    pub min_std: f32,
    /// Largest standard deviation of the plan, and the initial one.
    pub max_std: f32,
}

impl PlannerConfig {
    /// Returns the iterations for a body with `action_dim` actions.
    #[must_use]
    pub fn iterations_for(&self, action_dim: usize) -> usize {
        self.iterations + if action_dim >= 20 { self.many_actions_iterations } else { 0 }
    }
}

impl Default for PlannerConfig {
    fn default() -> Self {
        Self {
            samples: 512,
            elites: 64,
            policy_samples: 24,
            iterations: 6,
            many_actions_iterations: 2,
            horizon: 3,
            temperature: 0.5,
            min_std: 0.05,
            max_std: 2.0,
        }
    }
}
