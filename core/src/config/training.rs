//! The task, the updates and the run.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The task, and how decisions relate to its control steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TaskConfig {
    /// Name of the task, as in `bootstride tasks`; or [`CUSTOM_BODY`].
    pub name: String,
    /// Control steps per decision; their rewards are summed.
    pub action_repeat: usize,
    /// The text of the body file whose own task this is, if the name is [`CUSTOM_BODY`]. Not a setting: it is stored in
    /// a separate file next to the configuration, and the code that reads that file adds it.
    #[serde(skip)]
    pub body: Option<Arc<str>>,
}

/// The name of the task that a custom body file describes.
pub const CUSTOM_BODY: &str = "body";

impl Default for TaskConfig {
    fn default() -> Self {
        Self { name: "cartpole-swingup".into(), action_repeat: 2, body: None }
    }
}

/// Updates, replay and schedule (TD-MPC2 and BMPC, hyperparameter tables).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingConfig {
    /// Sequences per update (B).
    pub batch: usize,
    /// Transitions per sequence of an update; 0 for as many as `planner.horizon`. See [`Config::sequence`].
    ///
    /// [`Config::sequence`]: super::Config::sequence
    pub sequence: usize,
    /// Learning rate of Adam.
    pub learning_rate: f64,
    /// Factor on the learning rate of the encoder.
    pub encoder_learning_rate_scale: f64,
    /// Largest global gradient norm; larger gradients are scaled down to it.
    pub gradient_clip: f32,
    /// Rate at which the target value ensemble moves towards the learned one per update.
    pub target_rate: f32,
    /// Rate at which the running scale moves per update.
    pub scale_rate: f32,
    /// Weight of each step relative to the previous one in all losses.
    pub rho: f32,
    /// Weight of the consistency loss.
    pub consistency_coefficient: f32,
    /// Weight of the reward loss.
    pub reward_coefficient: f32,
    /// Weight of the value loss.
    pub value_coefficient: f32,
    /// The discount is (L/d - 1) / (L/d) for episodes of L decisions, with this d, kept in the two bounds.
    pub discount_denominator: f32,
    /// Smallest discount.
    pub discount_min: f32,
    /// Largest discount.
    pub discount_max: f32,
    /// Transitions that replay holds; when it is full, the oldest episode is dropped.
    pub buffer_capacity: usize,
    /// Decisions with random actions at the start: this number, or `seed_episodes` whole episodes if that is more.
    pub seed_decisions: usize,
    /// Episodes with random actions at the start.
    pub seed_episodes: usize,
    /// Largest number of episodes to which the seed phase is extended while all rewards have been the same, with
    /// bang-bang actions, which reach further than uniform ones; 0 turns the extension off. Under a constant reward
    /// there is nothing to plan for.
    pub seed_episodes_limit: usize,
    /// Whether the seed phase ends with as many updates of the world model as it had decisions.
    pub pretrain: bool,
    /// Environments that collect experience in parallel (N). Each step of training takes one decision in every one of
    /// them, with the plans for all N states made at once.
    pub environments: usize,
    /// Updates of the networks for each decision, a fraction for fewer than one.
    pub updates_per_decision: f64,
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
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            batch: 256,
            sequence: 0,
            learning_rate: 3e-4,
            encoder_learning_rate_scale: 0.3,
            gradient_clip: 20.0,
            target_rate: 0.01,
            scale_rate: 0.01,
            rho: 0.5,
            consistency_coefficient: 20.0,
            reward_coefficient: 0.1,
            value_coefficient: 0.1,
            discount_denominator: 5.0,
            discount_min: 0.95,
            discount_max: 0.995,
            buffer_capacity: 1_000_000,
            seed_decisions: 1000,
            seed_episodes: 5,
            seed_episodes_limit: 0,
            pretrain: true,
            environments: 1,
            updates_per_decision: 1.0,
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

/// Seed, device, length, evaluation and checkpoints of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunConfig {
    /// Seed of all random numbers in the run.
    pub seed: u64,
    /// `auto`, `cpu`, `gpu` or `gpu:N`.
    pub device: String,
    /// The planner implementation.
    pub engine: EngineChoice,
    /// Precision of its weights.
    pub precision: Precision,
    /// Environment steps (control steps: decisions times action repeat) to train for.
    pub steps: usize,
    /// Environment steps between evaluations; 0 evaluates only at the end.
    pub evaluate_every: usize,
    /// Episodes per evaluation, each played by the planner and by the bare policy.
    pub evaluate_episodes: usize,
    /// Environment steps between checkpoints; 0 saves only at the end.
    pub checkpoint_every: usize,
    /// Checkpoints kept, the newest ones.
    pub keep_checkpoints: usize,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            device: "auto".into(),
            engine: EngineChoice::Auto,
            precision: Precision::Full,
            steps: 1_000_000,
            evaluate_every: 50_000,
            evaluate_episodes: 10,
            checkpoint_every: 50_000,
            keep_checkpoints: 3,
        }
    }
}
