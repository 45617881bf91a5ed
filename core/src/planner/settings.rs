//! Settings of the planner.

use serde::{Deserialize, Serialize};
use toml::Table;

use super::custom;
use crate::model::PolicyKind;
use crate::settings::{Limit, Rule, table};

/// Most states planned at once, and most samples of each: the random numbers of a plan are numbered up to this limit.
pub(crate) const MOST_STATES: usize = 1 << 16;
/// A number of states or samples.
pub(crate) const PLANNED: Limit = Limit::Whole(1, 1 << 16);
/// The kind of the built-in planner.
pub const MPPI: &str = "mppi";

table! {
    /// The planner. The numbers are those of guided MPPI (TD-MPC2, section 3.2 and appendix; BMPC, section 4); a
    /// registered planner uses those that fit it.
    pub struct PlannerConfig in "planner" {
        /// Which planner: mppi, or one that is registered in this process.
        pub kind: String = MPPI.into(), limit Limit::OneOf(custom::kinds());
        /// Action sequences scored per iteration, including those of the policy (N).
        pub samples: usize = 512, limit PLANNED;
        /// Best sequences that form the next distribution (K).
        pub elites: usize = 64, limit Limit::COUNT;
        /// Sequences proposed by each guiding policy (P); without any, MPPI searches alone.
        pub policy_samples: usize = 24, limit Limit::Whole(0, 1_000_000);
        /// Iterations; see `many_actions_iterations`.
        pub iterations: usize = 6, limit Limit::Whole(1, 1000);
        /// Iterations added for bodies with 20 or more action dimensions.
        pub many_actions_iterations: usize = 2, limit Limit::Whole(0, 1000);
        /// Planning horizon in steps (H). Also the length of training sequences, unless `training.sequence` sets one.
        pub horizon: usize = 3, limit Limit::Whole(1, 100);
        /// Inverse temperature of the elites' weights, as the published code uses it: weight ~ exp(temperature (G - max
        /// G)).
        pub temperature: f32 = 0.5, limit Limit::POSITIVE;
        /// Smallest standard deviation of the plan.
        pub min_std: f32 = 0.05, limit Limit::POSITIVE;
        /// Largest standard deviation of the plan, and the initial one.
        pub max_std: f32 = 2.0, limit Limit::POSITIVE;
        /// Settings that only a registered planner has: a table that it reads itself. mppi ignores it.
        #[serde(skip_serializing_if = "Table::is_empty")]
        pub custom: Table = Table::new(), limit Limit::Table;
    }
}

impl PlannerConfig {
    /// Returns the iterations for a body with `action_dim` actions.
    #[must_use]
    pub fn iterations_for(&self, action_dim: usize) -> usize {
        self.iterations + if action_dim >= 20 { self.many_actions_iterations } else { 0 }
    }

    /// The rules between these settings, with this guide.
    pub(crate) fn rules(&self, guide: Guide) -> Vec<Rule> {
        let proposed = guide.policies().len() * self.policy_samples;
        let (samples, max_std) = (self.samples, self.max_std);
        let custom = custom::check(self);
        vec![
            Rule::new("planner.custom", custom.is_ok(), custom.err().unwrap_or_default()),
            Rule::new(
                "planner.samples",
                samples > proposed,
                format!(
                    "more than the {proposed} sequences that the guiding policies propose (planner.policy_samples each)"
                ),
            ),
            Rule::new("planner.elites", self.elites <= samples, format!("at most planner.samples = {samples}")),
            Rule::new("planner.min_std", self.min_std <= max_std, format!("at most planner.max_std = {max_std}")),
        ]
    }
}

/// Which policies propose action sequences to the planner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guide {
    /// The max-Q policy.
    MaxQ,
    /// The imitation policy.
    Imitation,
    /// Both, `planner.policy_samples` sequences each.
    Both,
}

impl Guide {
    /// Returns the guiding policies, in the order of their sequences among the samples.
    #[must_use]
    pub fn policies(self) -> &'static [PolicyKind] {
        match self {
            Self::MaxQ => &[PolicyKind::MaxQ],
            Self::Imitation => &[PolicyKind::Imitation],
            Self::Both => &[PolicyKind::MaxQ, PolicyKind::Imitation],
        }
    }
}

/// The planner implementation; all make the same plans up to rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineChoice {
    /// Same as `fused`.
    #[default]
    Auto,
    /// Tensor operations, on any device.
    Plain,
    /// Fused kernels: WGSL on a GPU that supports it, otherwise flat arrays on the CPU.
    Fused,
}

/// Precision of the weights in the fused back ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// 32 bits: plans agree with the plain back end to 1e-4.
    #[default]
    Full,
    /// 16-bit weights if the back end supports them, with 32-bit arithmetic: each is a fraction of the largest weight
    /// of its column. Plans are those of the plain back end on equally rounded weights, to 1e-4.
    ///
    /// Against full precision, the first iteration's values moved by up to 2.3e-4 (relative to max(1, |value|)), and
    /// its mean and standard deviation by up to 3e-5, in 16 models with normal random weights and widths of 64 to 512.
    /// Of 1,000 such models with widths below 80, one moved its values by more than 1e-3; models in which few weights
    /// are far larger than the others move further. However, samples of nearly equal value can change places: then
    /// another elite may be chosen, and the action is different.
    Half,
}
