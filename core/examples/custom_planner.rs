//! A planner of one's own: the cross-entropy method, registered as `cem`, so that a configuration can name it. An agent
//! is trained with it briefly; evaluation, resuming and the lab work the same way in a program that registers it first.
//!
//! ```sh
//! cargo run --package bootstride-core --example custom_planner [STEPS]
//! ```
#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "actions and counts are small")]

use bootstride_core::config::Layers;
use bootstride_core::math::Stream;
use bootstride_core::model::WorldModel;
use bootstride_core::nn::read;
use bootstride_core::planner::{
    self, NoiseSource, Plan, PlanMode, PlanRequest, Planner, PlannerError, PlannerSettings, StatePlan,
};
use bootstride_core::toml::Value;
use bootstride_core::train::{Evaluation, Event, Trainer};
use burn::tensor::{Device, Tensor, TensorData};

/// Draws sequences from a Gaussian, moves the Gaussian towards the best of them at this rate, and repeats. Unlike MPPI
/// it weights the elites equally, takes the mean as its plan, and needs no policy that guides it.
#[derive(Clone)]
struct CrossEntropy(f32);

/// Returns the predicted returns of action sequences `[rows, horizon * action]` from the latent states `z`.
fn score(model: &WorldModel, settings: &PlannerSettings, mut z: Tensor<2>, sequences: &Tensor<2>) -> Tensor<1> {
    let (rows, actions) = (sequences.dims()[0], model.action_dim);
    let (mut score, mut discount) = (Tensor::zeros([rows, 1], &model.device()), 1.0);
    for step in 0..settings.config.horizon {
        let action = sequences.clone().narrow(1, step * actions, actions);
        score = score + model.reward(z.clone(), action.clone()) * discount;
        z = model.next(z, action);
        discount *= settings.discount;
    }
    // What follows the horizon is left to the value; a Q value also reads an action.
    let members: Vec<usize> = (0..model.value.members()).collect();
    let action = model.policy(settings.terminal_policy).mean(z.clone());
    let value = model.values(&model.value, &members, z, Some(action)).mean_dim(0).reshape([rows, 1]);
    (score + value * discount).flatten(0, 1)
}

impl Planner for CrossEntropy {
    async fn plan(
        &mut self,
        model: &WorldModel,
        settings: &PlannerSettings,
        request: &PlanRequest<'_>,
    ) -> Result<Plan, PlannerError> {
        let NoiseSource::Key(key) = request.noise else {
            return Err(PlannerError::Failed { kind: "cem", message: "it draws its random numbers itself".into() });
        };
        // All randomness follows from the key: the same run again makes the same plans.
        let mut random = Stream::new(key.seed, key.purpose, key.decision);
        let (config, actions) = (&settings.config, model.action_dim);
        let (rows, width) = (config.samples, config.horizon * actions);
        let tensor = |data, shape: [usize; 2]| Tensor::<2>::from_data(TensorData::new(data, shape), &model.device());
        let mut states = Vec::new();
        for (observation, previous) in request.observations.chunks(model.observation_dim).zip(request.previous_means) {
            let z = model.encode(tensor(observation.to_vec(), [1, model.observation_dim])).repeat_dim(0, rows);
            // The previous plan, shifted by the step that has been taken.
            let previous = previous.as_deref().unwrap_or_default().iter().skip(actions).copied();
            let mut mean: Vec<f32> = previous.chain(std::iter::repeat(0.0)).take(width).collect();
            let (mut std, mut value) = (vec![config.max_std; width], 0.0);
            for _ in 0..config.iterations_for(actions) {
                let mut draw = |at: usize| (mean[at] + std[at] * random.normal() as f32).clamp(-1.0, 1.0);
                let sequences: Vec<f32> = (0..rows).flat_map(|_| 0..width).map(&mut draw).collect();
                let all = tensor(sequences.clone(), [rows, width]);
                let scores = read(vec![score(model, settings, z.clone(), &all)]).await?.concat();
                let mut order: Vec<usize> = (0..rows).collect();
                order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
                order.truncate(config.elites);
                let average =
                    |of: &dyn Fn(usize) -> f32| order.iter().map(|&i| of(i)).sum::<f32>() / order.len() as f32;
                for at in 0..width {
                    let centre = average(&|i| sequences[i * width + at]);
                    let spread = average(&|i| (sequences[i * width + at] - centre).powi(2)).sqrt();
                    mean[at] += self.0 * (centre - mean[at]);
                    std[at] = (std[at] + self.0 * (spread - std[at])).clamp(config.min_std, config.max_std);
                }
                value = average(&|i| scores[i]);
            }
            let (expert_mean, expert_std) = (mean[..actions].to_vec(), std[..actions].to_vec());
            let mut action = expert_mean.clone();
            if request.mode == PlanMode::Collect {
                for (action, std) in action.iter_mut().zip(&expert_std) {
                    *action = (*action + std * random.normal() as f32).clamp(-1.0, 1.0);
                }
            }
            states.push(StatePlan { action, expert_mean, expert_std, expert_value: value, mean, delta_q: 0.0 });
        }
        Ok(Plan { states, trace: None })
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let steps: usize = std::env::args().nth(1).map_or(Ok(1000), |steps| steps.parse())?;
    planner::register("cem", |custom| match custom.get("rate").map_or(Some(1.0), Value::as_float) {
        Some(rate) if rate > 0.0 && rate <= 1.0 => Ok(CrossEntropy(rate as f32)),
        _ => Err("rate, a number above 0 to 1".into()),
    })?;
    println!("planners: {}", planner::kinds().join(", "));
    let settings = "
        planner = { kind = 'cem', samples = 64, iterations = 3, custom = { rate = 0.9 } }
        task = { name = 'pendulum-swingup', action_repeat = 8 }
        training = { seed_episodes = 1, seed_decisions = 0, seed_episodes_limit = 0 }
        run = { evaluate_every = 0, evaluate_episodes = 1 }";
    let layers = Layers::new().size_preset("tiny")?.toml("the example", settings)?;
    let config = layers.set(&format!("run.steps={}", steps + 1000))?.resolve()?;
    let mut trainer = Trainer::new(config, &Device::flex())?;
    while !trainer.is_finished() {
        for event in pollster::block_on(trainer.step())? {
            match event {
                Event::EpisodeEnd { episode, episode_return, .. } => println!("episode {episode}: {episode_return:.1}"),
                Event::Evaluation(Evaluation { planner, .. }) => println!("evaluation: return {planner:.1?}"),
                _ => {}
            }
        }
    }
    Ok(())
}
