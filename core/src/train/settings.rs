//! Settings of updates, replay and schedule.

use std::ops::Bound::{Excluded, Included};

use crate::settings::{Limit, Rule, table};

const DISCOUNT: Limit = Limit::Real(Included(0.0), Included(1.0));
const EPISODES: Limit = Limit::Whole(0, 1_000_000);

table! {
    /// Updates, replay and schedule (TD-MPC2 and BMPC, hyperparameter tables).
    pub struct TrainingConfig in "training" {
        /// Sequences per update (B).
        pub batch: usize = 256, limit Limit::COUNT;
        /// Transitions per sequence of an update; 0 for as many as `planner.horizon`.
        pub sequence: usize = 0, limit Limit::Whole(0, 1000);
        /// Learning rate of Adam.
        pub learning_rate: f64 = 3e-4, limit Limit::POSITIVE;
        /// Factor on the learning rate of the encoder.
        pub encoder_learning_rate_scale: f64 = 0.3, limit Limit::NOT_NEGATIVE;
        /// Largest global gradient norm; larger gradients are scaled down to it.
        pub gradient_clip: f32 = 20.0, limit Limit::POSITIVE;
        /// Rate at which the target value ensemble moves towards the learned one per update.
        pub target_rate: f32 = 0.01, limit Limit::SHARE;
        /// Rate at which the running scale moves per update.
        pub scale_rate: f32 = 0.01, limit Limit::SHARE;
        /// Weight of each step relative to the previous one in all losses.
        pub rho: f32 = 0.5, limit Limit::SHARE;
        /// Weight of the consistency loss.
        pub consistency_coefficient: f32 = 20.0, limit Limit::NOT_NEGATIVE;
        /// Weight of the reward loss.
        pub reward_coefficient: f32 = 0.1, limit Limit::NOT_NEGATIVE;
        /// Weight of the value loss.
        pub value_coefficient: f32 = 0.1, limit Limit::NOT_NEGATIVE;
        /// Weight of the termination loss, with `algorithm.termination` learned.
        pub termination_coefficient: f32 = 1.0, limit Limit::NOT_NEGATIVE;
        /// The discount is (L/d - 1) / (L/d) for episodes of L decisions, with this d, kept in the two bounds.
        pub discount_denominator: f32 = 5.0, limit Limit::POSITIVE;
        /// Smallest discount.
        pub discount_min: f32 = 0.95, limit DISCOUNT;
        /// Largest discount.
        pub discount_max: f32 = 0.995, limit DISCOUNT;
        /// Transitions that replay holds; when it is full, the oldest episode is dropped.
        pub buffer_capacity: usize = 1_000_000, limit Limit::Whole(2, 1_000_000_000);
        /// Decisions with random actions at the start: this number, or `seed_episodes` whole episodes if that is more.
        pub seed_decisions: usize = 1000, limit Limit::STEPS;
        /// Episodes with random actions at the start.
        pub seed_episodes: usize = 5, limit EPISODES;
        /// Largest number of episodes to which the seed phase is extended while all rewards have been the same, with
        /// bang-bang actions, which reach further than uniform ones; 0 turns the extension off. Under a constant reward
        /// there is nothing to plan for.
        pub seed_episodes_limit: usize = 0, limit EPISODES;
        /// Whether the seed phase ends with as many updates of the world model as it had decisions.
        pub pretrain: bool = true, limit Limit::Flag;
        /// Environments that collect experience in parallel (N). Each step of training takes one decision in every one
        /// of them, with the plans for all N states made at once.
        pub environments: usize = 1, limit Limit::Whole(1, 1024);
        /// Updates of the networks for each decision, a fraction for fewer than one.
        pub updates_per_decision: f64 = 1.0, limit Limit::Real(Excluded(0.0), Included(64.0));
    }
}

impl TrainingConfig {
    /// Returns the discount for episodes of `decisions` decisions (TD-MPC2, appendix).
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "episodes are short")]
    pub fn discount(&self, decisions: usize) -> f32 {
        let fraction = decisions as f32 / self.discount_denominator;
        ((fraction - 1.0) / fraction).clamp(self.discount_min, self.discount_max)
    }

    /// Returns the decisions of the seed phase for episodes of `decisions` decisions.
    #[must_use]
    pub fn seed_phase(&self, decisions: usize) -> usize {
        self.seed_decisions.max(self.seed_episodes * decisions)
    }

    /// The rules between these settings, with training sequences of this length, which the setting of this name gives.
    pub(crate) fn rules(&self, (setting, length): (&str, usize)) -> Vec<Rule> {
        let top = self.discount_max;
        vec![
            Rule::new(
                "training.discount_min",
                self.discount_min <= top,
                format!("at most training.discount_max = {top}"),
            ),
            Rule::new(
                "training.buffer_capacity",
                self.buffer_capacity > length,
                format!("more than {setting} = {length}"),
            ),
            Rule::new(
                "training.seed_decisions",
                self.seed_episodes > 0 || self.seed_decisions > length,
                format!("more than {setting} = {length}, unless training.seed_episodes is 1 or more"),
            ),
        ]
    }
}
