//! Observation in, plan out: an untrained world model plans one action for a cartpole with guided MPPI, and the plan is
//! printed iteration by iteration.
//!
//! ```sh
//! cargo run --package bootstride-core --example plan_once [TASK]
//! ```

use bootstride_core::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let task = std::env::args().nth(1).unwrap_or_else(|| "cartpole-swingup".into());
    let config = Layers::new().size_preset("tiny")?.set(&format!("task.name={task}"))?.resolve()?;

    // A task in its first start state.
    let mut environment = Environment::configured(&config.task)?;
    environment.reset(&mut Stream::new(0, Purpose::Reset, 0));
    let observation = environment.observe();
    println!("observation {observation:.3?}");

    // A world model with random weights, whose rewards and values are still 0. `RunFolder::trained` and `load_agent`
    // open one that has been trained.
    let device = Device::flex();
    let (info, weights) = (*environment.info(), &mut Stream::new(0, Purpose::Weights, 0));
    let model =
        WorldModel::new(&ModelSettings::new(&config), info.observation_size, info.action_size, weights, &device);

    // The configured planner. `trace` asks for every iteration in addition to the result.
    let decisions = info.episode_control_steps.div_ceil(config.task.action_repeat);
    let mut actor = PlanningActor::configured(&config, PlannerSettings::new(&config, decisions), &device);
    let noise = NoiseKey { seed: 0, purpose: Purpose::Plan, decision: 0 };
    let request = ActRequest { observations: &observation, mode: PlanMode::Evaluate, noise, trace: true };
    let acted = pollster::block_on(actor.act(&model, &mut [Carry::default()], &request))?;

    for (i, iteration) in acted.trace.iter().flat_map(|trace| &trace.iterations).enumerate() {
        let best = iteration.elites.iter().map(|&sample| iteration.values[sample]).fold(f32::MIN, f32::max);
        let std = iteration.std.first().copied().unwrap_or_default();
        println!("iteration {i}: {} elites, best predicted return {best:.4}, spread {std:.3}", iteration.elites.len());
    }
    let action = &acted.actions[0];
    println!("action {:.3?}", action.action);
    if let Some(plan) = &action.plan {
        println!("predicted return {:.4}, of which planning adds {:.4}", plan.expert_value, plan.delta_q);
    }
    let step = environment.step(&action.action)?;
    println!("reward {:.3}", step.reward);
    Ok(())
}
