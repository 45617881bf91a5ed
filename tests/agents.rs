//! The agents in `assets/checkpoints`: each opens, says where it comes from, and still does what it was trained for.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a test that cannot go on should stop; it runs natively"
)]

use std::fs;
use std::path::{Path, PathBuf};

use bootstride_core::insight::{Player, load_agent};
use bootstride_core::math::tensors::read_tensors;
use bootstride_core::run::{RunError, RunFolder, Trained};
use bootstride_core::task::task_info;
use bootstride_core::train::{Event, Watch};
use burn::tensor::Device;
use pollster::block_on;

/// Bytes that a page may have to download for all of them.
const ALL_BYTES: u64 = 3_000_000;

fn checkpoints() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/checkpoints")
}

/// The folders of the shipped agents, named after their tasks.
fn agents() -> Vec<PathBuf> {
    let mut folders: Vec<_> = fs::read_dir(checkpoints()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

fn name(folder: &Path) -> &str {
    folder.file_name().unwrap().to_str().unwrap()
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| if entry.path().is_dir() { bytes_below(&entry.path()) } else { entry.metadata().unwrap().len() }).sum()
}

/// Rewards a control step over the given seconds of simulated time from the start, of the planner or the bare policy; the
/// first ones are left out where the body has to get going.
fn mean_reward(task: &str, seed: u64, planner: bool, seconds: std::ops::Range<f64>) -> f32 {
    let Trained { config, checkpoint, .. } = RunFolder::trained(checkpoints().join(task)).unwrap();
    let weights = read_tensors(checkpoint.parts.get("weights.safetensors").unwrap()).unwrap();
    let model = load_agent(&config, &weights, &Device::flex()).unwrap();
    let mut player = Player::new(&config, model, seed, planner).unwrap();
    let step = task_info(task).unwrap().control_timestep;
    let (mut rewards, mut steps) = (0.0, 0.0);
    loop {
        let begin = player.environment().control_steps();
        if begin as f64 * step >= seconds.end {
            return rewards / steps;
        }
        let decision = block_on(player.step(&mut Watch::default())).unwrap();
        if begin as f64 * step >= seconds.start {
            rewards += decision.reward;
            steps += config.task.action_repeat as f32;
        }
        assert!(!decision.last, "{task}: an episode is longer than {seconds:?}");
    }
}

#[track_caller]
fn earns(task: &str, seconds: std::ops::Range<f64>, at_least: f32) {
    let reward = mean_reward(task, 7, true, seconds.clone());
    println!("{task}: {reward:.3} a control step in seconds {seconds:?}");
    assert!(reward >= at_least, "{task}: {reward} a control step in seconds {seconds:?}, {at_least} is asked for");
}
