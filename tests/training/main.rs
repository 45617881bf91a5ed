//! The family of algorithms and the trainer, on the CPU, with networks small enough to train in seconds.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation
)]
#![recursion_limit = "256"]

mod checked;
mod columns;
#[path = "../shared/custom.rs"]
mod custom;
mod engines;
mod environments;
mod family;
mod gpu;
mod learning;
mod machine;
mod planning;
#[path = "../../core/src/property.rs"]
mod property;
mod registered;
#[path = "../shared/skip.rs"]
mod skip;
mod termination;
#[path = "../parity/webgpu.rs"]
mod webgpu;

use bootstride_core::config::{Config, Layers};

/// A configuration with the smallest networks, and these settings on top.
fn config(algorithm: &str, settings: &[&str]) -> Config {
    let smallest = [
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
    let layers = Layers::new().size_preset("tiny").unwrap().algorithm(algorithm).unwrap();
    smallest.iter().chain(settings).fold(layers, |layers, setting| layers.set(setting).unwrap()).resolve().unwrap()
}
