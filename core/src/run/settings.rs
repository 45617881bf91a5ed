//! Settings of one run.

use crate::planner::{EngineChoice, PLANNED, Precision};
use crate::settings::{Limit, table};

table! {
    /// Seed, device, length, evaluation and checkpoints of one run.
    pub struct RunConfig in "run" {
        /// Seed of all random numbers in the run.
        // TOML has no larger integers.
        pub seed: u64 = 1, limit Limit::Whole(0, i64::MAX);
        /// `auto`, `cpu`, `gpu` or `gpu:N`.
        pub device: String = "auto".into(), limit Limit::Device;
        /// The planner implementation.
        pub engine: EngineChoice = EngineChoice::Auto, limit Limit::OneOf(&["auto", "plain", "fused"]);
        /// Precision of its weights.
        pub precision: Precision = Precision::Full, limit Limit::OneOf(&["full", "half"]);
        /// Environment steps (control steps: decisions times action repeat) to train for.
        pub steps: usize = 1_000_000, limit Limit::Whole(1, 1_000_000_000_000);
        /// Environment steps between evaluations; 0 evaluates only at the end.
        pub evaluate_every: usize = 50_000, limit Limit::STEPS;
        /// Episodes per evaluation, each played by the planner and by the bare policy.
        pub evaluate_episodes: usize = 10, limit PLANNED;
        /// Environment steps between checkpoints; 0 saves only at the end.
        pub checkpoint_every: usize = 50_000, limit Limit::STEPS;
        /// Checkpoints kept, the newest ones.
        pub keep_checkpoints: usize = 3, limit Limit::COUNT;
    }
}
