//! A task written in Rust: the pendulum of the suite, which here must keep turning and fails when it stops. It is trained
//! briefly.
//!
//! ```sh
//! cargo run --package bootstride-core --example custom_task [STEPS]
//! ```

use bootstride_core::prelude::*;
use bootstride_core::task::{self, task_info};

/// Keeps a pendulum turning.
struct Spin(TaskInfo);

const OBSERVATION: &[ObservationPart] =
    &[ObservationPart { name: "angle", size: 2 }, ObservationPart { name: "velocity", size: 1 }];

impl Spin {
    fn new() -> Self {
        let names = ["spin", "pendulum", "Keep turning as fast as 10 rad/s."];
        // One action; 0.02 s per control step is what the body file has.
        Self(TaskInfo { episode_control_steps: 200, ..TaskInfo::new(names, OBSERVATION, 1, 0.02) })
    }
}

impl Task for Spin {
    fn info(&self) -> &TaskInfo {
        &self.0
    }

    fn observe(&self, sim: &dyn Simulator, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        observation.extend([sim.q()[0].sin(), sim.q()[0].cos(), sim.qd()[0]]);
    }

    fn reward(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> f64 {
        (sim.qd()[0].abs() / 10.0).min(1.0)
    }

    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
        sim.set_state(&[stream.uniform_in(-0.1, 0.1)], &[8.0]);
        None
    }

    fn terminated(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> bool {
        sim.qd()[0].abs() < 0.5
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let steps: usize = std::env::args().nth(1).map_or(Ok(800), |steps| steps.parse())?;
    task::register(Spin::new(), BodyFile::built_in("pendulum")?)?;
    println!("spin: {}", task_info("spin")?.description);

    let mut layers = Layers::new().size_preset("tiny")?.set("task.name=spin")?.set("task.action_repeat=2")?;
    let (seed, evaluate) = ("training.seed_decisions=200", format!("run.evaluate_every={steps}"));
    for setting in [&format!("run.steps={steps}"), seed, "training.seed_episodes_limit=0", &evaluate] {
        layers = layers.set(setting)?;
    }
    let config = layers.set("training.seed_episodes=0")?.resolve()?;
    let mut trainer = Trainer::new(config, &Device::flex())?;
    while !trainer.is_finished() {
        for event in pollster::block_on(trainer.step())? {
            match event {
                Event::EpisodeEnd { episode, episode_return, decisions, terminated, .. } => {
                    let end = if terminated { "it stopped" } else { "time is up" };
                    println!("episode {episode}: return {episode_return:.1} in {decisions} decisions, {end}");
                }
                Event::Evaluation(Evaluation { planner, .. }) => println!("evaluation: return {planner:.1?}"),
                _ => {}
            }
        }
    }
    Ok(())
}
