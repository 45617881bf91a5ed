//! Agents learn, on a CPU and at the smallest preset. Each run ends as soon as an evaluation meets its claim, which is
//! one about its seed: of those behind the table in docs/results.md, which has medians and quartiles over seeds, the
//! one that learns soonest.

use bootstride_core::config::Layers;
use bootstride_core::train::{Event, Trainer};
use burn::tensor::Device;
use pollster::block_on;

/// Trains until an evaluation's mean planner return is at least `goal`.
fn reaches(task: &str, seed: u64, goal: f32, within: usize) {
    let layers = Layers::new().size_preset("tiny").unwrap();
    let settings = [
        format!("task.name={task}"),
        format!("run.seed={seed}"),
        format!("run.steps={within}"),
        "run.evaluate_every=4000".into(),
        "run.evaluate_episodes=5".into(),
    ];
    let layers = settings.iter().fold(layers, |layers, setting| layers.set(setting).unwrap());
    let mut trainer = Trainer::new(layers.resolve().unwrap(), &Device::flex()).unwrap();
    let mut curve = Vec::new();
    loop {
        for event in block_on(trainer.step()).unwrap() {
            match event {
                Event::Evaluation(evaluation) => {
                    let mean = |returns: &[f32]| returns.iter().sum::<f32>() / returns.len() as f32;
                    let (planner, network) = (mean(&evaluation.planner), mean(&evaluation.network));
                    println!("{task} after {} steps: planner {planner:.0}, policy {network:.0}", evaluation.env_step);
                    curve.push(planner);
                    if planner >= goal {
                        return;
                    }
                }
                Event::Finished { .. } => panic!("{task} reached {curve:?} within {within} steps, not {goal}"),
                _ => {}
            }
        }
    }
}

#[test]
fn cartpole_balance_is_learned_within_20_000_steps_with_seed_5() {
    reaches("cartpole-balance", 5, 900.0, 20_000);
}

#[test]
fn cartpole_swingup_is_learned_within_40_000_steps_with_seed_3() {
    reaches("cartpole-swingup", 3, 550.0, 40_000);
}
