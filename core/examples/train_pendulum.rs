//! Trains an agent to swing up a pendulum, and prints the events of the run.
//!
//! ```sh
//! cargo run --package bootstride-core --example train_pendulum [STEPS]
//! ```
//!
//! By default 1,000 environment steps, which take seconds and show what a run consists of. They are too few to learn
//! anything: the agent in `assets/checkpoints/pendulum-swingup` was trained for 16,000.

use bootstride_core::prelude::*;

/// A run shorter than this goes without the seed phase of the preset, which is longer.
const SHORT: usize = 10_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let steps = std::env::args().nth(1).map_or(Ok(1000), |steps| steps.parse())?;
    let mut layers = Layers::new().size_preset("tiny")?.set("task.name=pendulum-swingup")?;
    layers = layers.set(&format!("run.steps={steps}"))?;
    if steps < SHORT {
        layers = layers.set("training.seed_episodes=0")?.set("training.seed_episodes_limit=0")?;
        layers = layers.set("training.seed_decisions=200")?;
        layers = layers.set("run.evaluate_every=1000")?.set("run.evaluate_episodes=1")?;
    }
    let mut trainer = Trainer::new(layers.resolve()?, &Device::flex())?;
    while !trainer.is_finished() {
        for event in pollster::block_on(trainer.step())? {
            report(&event);
        }
    }
    Ok(())
}

/// Prints the events that a user follows: everything but single decisions, and every 100th update.
fn report(event: &Event) {
    match event {
        Event::Pretraining { done, total } => println!("pretraining {done} of {total}"),
        Event::Update { env_step, update, metrics } if update % 100 == 0 => {
            let loss = metrics.iter().map(|(name, value)| format!("{name} {value:.4}")).collect::<Vec<_>>();
            println!("step {env_step}, update {update}: {}", loss.join(", "));
        }
        Event::EpisodeEnd { env_step, episode, episode_return, .. } => {
            println!("step {env_step}, episode {episode}: return {episode_return:.1}");
        }
        Event::Evaluation(evaluation) => {
            println!("evaluation: planner {:.1?}, bare policy {:.1?}", evaluation.planner, evaluation.network);
        }
        Event::Finished { env_step } => println!("finished after {env_step} steps"),
        _ => {}
    }
}
