//! A body of one's own: a JSON file with links, joints, motors and a task becomes an environment, which is first driven
//! by hand and then by a planner that has just begun to learn. The format is documented in `assets/bodies/README.md`.
//!
//! ```sh
//! cargo run --package bootstride-core --example custom_body [FILE]
//! ```

use bootstride_core::prelude::*;

#[allow(clippy::disallowed_methods, reason = "a native program reads a file")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Without a file: a pole on a cart, which ends the episode when it falls.
    let text = match std::env::args().nth(1) {
        Some(file) => std::fs::read_to_string(file)?,
        None => BodyFile::example_text("balancer")?.to_owned(),
    };
    let file = BodyFile::from_json(&text)?;
    println!("{}: {} links, {} actuators", file.name, file.links.len(), file.actuators.len());

    // Without control: how long does it last?
    let mut environment = Environment::of_body(&file, 2)?;
    environment.reset(&mut Stream::new(0, Purpose::Reset, 0));
    let idle = vec![0.0; environment.info().action_size];
    let (mut total, mut decisions) = (0.0, 0);
    let end = loop {
        let step = environment.step(&idle)?;
        (total, decisions) = (total + step.reward, decisions + 1);
        if step.terminated || step.truncated {
            break if step.terminated { "it fell" } else { "time is up" };
        }
    };
    println!("without control: return {total:.1} in {decisions} decisions, {end}");

    // The same body as a task to train on: its file belongs to the configuration.
    let mut layers = Layers::new().size_preset("tiny")?;
    for setting in ["task.name=body", "run.steps=800", "run.evaluate_episodes=2", "training.seed_episodes=0"] {
        layers = layers.set(setting)?;
    }
    let mut config = layers.set("training.seed_decisions=200")?.set("training.seed_episodes_limit=0")?.resolve()?;
    config.task.body = Some(text.into());
    let mut trainer = Trainer::new(config, &Device::flex())?;
    while !trainer.is_finished() {
        for event in pollster::block_on(trainer.step())? {
            if let Event::Evaluation(Evaluation { env_step, planner, .. }) = event {
                println!("after {env_step} steps: return {planner:.1?}");
            }
        }
    }
    Ok(())
}
