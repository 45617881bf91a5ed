//! A run of the lab's session that is small enough to be trained in a test.

use bootstride_core::config::Config;
use bootstride_tests::smallest::tiny;

/// Networks of 32 units, 32 samples, 100 random decisions, and no checkpoints but those that are asked for.
const SMALL: [&str; 14] = [
    "task.name=pendulum-swingup",
    "run.device=cpu",
    "run.checkpoint_every=0",
    "training.seed_episodes=0",
    "training.seed_decisions=100",
    "training.seed_episodes_limit=0",
    "training.pretrain=false",
    "training.batch=16",
    "model.latent_dim=32",
    "model.mlp_dim=32",
    "model.encoder_dim=32",
    "planner.samples=32",
    "planner.elites=8",
    "planner.policy_samples=4",
];

/// Such a run, with these settings on top.
pub fn small(settings: &[&str]) -> Config {
    tiny(&[&SMALL, settings].concat())
}
