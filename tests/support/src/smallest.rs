//! Small configurations.

use bootstride_core::config::{Config, Layers};

/// Networks, planner and schedule with which a decision takes a few milliseconds.
const SMALLEST: [&str; 16] = [
    "task.name=pendulum-swingup",
    "model.encoder_dim=16",
    "model.mlp_dim=24",
    "model.latent_dim=16",
    "planner.samples=32",
    "planner.elites=8",
    "planner.policy_samples=4",
    "planner.iterations=2",
    "training.batch=8",
    "training.seed_decisions=30",
    "training.seed_episodes=0",
    "training.seed_episodes_limit=0",
    "algorithm.reanalyze_batch=2",
    "run.evaluate_episodes=2",
    "run.evaluate_every=0",
    "run.checkpoint_every=0",
];

/// Returns the size preset `tiny` with these settings on top.
pub fn tiny(settings: &[&str]) -> Config {
    with(Layers::new().size_preset("tiny").unwrap(), settings)
}

fn with(layers: Layers, settings: &[&str]) -> Config {
    settings.iter().fold(layers, |layers, setting| layers.set(setting).unwrap()).resolve().unwrap()
}

/// Returns the smallest configuration of an algorithm, with these settings on top.
pub fn config(algorithm: &str, settings: &[&str]) -> Config {
    let layers = Layers::new().size_preset("tiny").unwrap().algorithm(algorithm).unwrap();
    with(layers, &[&SMALLEST, settings].concat())
}
