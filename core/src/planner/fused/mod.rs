//! Guided MPPI fused for the CPU: the same plan as [`PlainMppi`](super::PlainMppi), from flat arrays instead of tensors.
//!
//! Samples are scored in tiles that stay in cache, side by side on native. What does not change the result is skipped: at
//! the first step all samples of a state share its latent state, so that part of the first layers is one row; the first
//! layers of dynamics and reward are one product; the policies' sequences are rolled out once, and scored once where the
//! terminal value has no randomness of its own.

mod kernel;
mod rollout;
mod weights;

use super::{
    IterationTrace, Plan, PlanMode, PlanRequest, PlanShape, Planner, PlannerError, PlannerSettings, StatePlan, Trace,
    prepare,
};
use crate::config::PlannerConfig;
use crate::model::WorldModel;
use rollout::{Rollout, Scored};
use weights::Weights;

/// The engine on flat arrays, for the CPU.
#[derive(Clone, Debug, Default)]
pub struct FusedMppi {
    /// The weights read last, and the version of the model that they are of.
    weights: Option<(u64, Weights)>,
}

/// The distribution of one state's plan, `[horizon, action]` each.
#[derive(Clone, Debug)]
struct Distribution {
    mean: Vec<f32>,
    std: Vec<f32>,
}

/// The elites of one state in one iteration, best first.
struct Elites {
    samples: Vec<usize>,
    weights: Vec<f32>,
}

impl Planner for FusedMppi {
    async fn plan(
        &mut self,
        model: &WorldModel,
        settings: &PlannerSettings,
        request: &PlanRequest<'_>,
    ) -> Result<Plan, PlannerError> {
        let (shape, noise) = prepare(model, settings, request)?;
        let weights = match self.weights.take() {
            Some((version, weights)) if version == model.version() => weights,
            _ => Weights::read(model).await?,
        };
        let rollout = Rollout {
            weights: &weights,
            settings,
            shape,
            noise: &noise,
            model,
            reanalyze: request.mode == PlanMode::Reanalyze,
        };
        let plan = plan(&rollout, request);
        self.weights = Some((model.version(), weights));
        Ok(plan)
    }
}

fn plan(rollout: &Rollout<'_>, request: &PlanRequest<'_>) -> Plan {
    let PlanShape { states, samples, policy_samples, iterations, horizon, action_dim, .. } = rollout.shape;
    let (config, width) = (&rollout.settings.config, horizon * action_dim);
    let latents = rollout.encode(request.observations);
    let policy = rollout.policy_sequences(&latents);
    let mut distributions: Vec<Distribution> = request
        .previous_means
        .iter()
        .map(|previous| {
            let mut mean = vec![0.0; width];
            if let Some(previous) = previous {
                mean[..width - action_dim].copy_from_slice(&previous[action_dim..]);
            }
            Distribution { mean, std: vec![config.max_std; width] }
        })
        .collect();
    // The policies' sequences come first in each state's samples and never change.
    let mut sequences = vec![0.0; states * samples * width];
    for (state, rows) in sequences.chunks_exact_mut(samples * width).enumerate() {
        let size = policy_samples * width;
        rows[..size].copy_from_slice(&policy[state * size..(state + 1) * size]);
    }
    let mut scored = Scored::default();
    let mut elites = Vec::new();
    let mut traces = Vec::new();
    for iteration in 0..iterations {
        let noise = rollout.noise.samples[iteration].chunks_exact((samples - policy_samples) * width);
        for ((rows, distribution), noise) in sequences.chunks_exact_mut(samples * width).zip(&distributions).zip(noise)
        {
            let sampled = rows[policy_samples * width..].chunks_exact_mut(width).zip(noise.chunks_exact(width));
            for (row, noise) in sampled {
                for (((a, mean), std), noise) in
                    row.iter_mut().zip(&distribution.mean).zip(&distribution.std).zip(noise)
                {
                    *a = (mean + std * noise).clamp(-1.0, 1.0);
                }
            }
        }
        rollout.score(&latents, &sequences, iteration, &mut scored);
        elites.clear();
        for (state, distribution) in distributions.iter_mut().enumerate() {
            let values = &scored.values[state * samples..(state + 1) * samples];
            let best = choose_elites(values, config);
            refit(distribution, &best, &sequences[state * samples * width..], width, config);
            elites.push(best);
        }
        if request.trace {
            traces.push(IterationTrace {
                sequences: sequences.clone(),
                values: scored.values.clone(),
                elites: elites.iter().flat_map(|best| best.samples.clone()).collect(),
                weights: elites.iter().flat_map(|best| best.weights.clone()).collect(),
                mean: distributions.iter().flat_map(|distribution| distribution.mean.clone()).collect(),
                std: distributions.iter().flat_map(|distribution| distribution.std.clone()).collect(),
            });
        }
    }
    let chosen: Vec<usize> =
        elites.iter().enumerate().map(|(state, best)| rollout.noise.choice.choose(state, &best.weights)).collect();
    let plans = distributions.into_iter().zip(&elites).zip(&chosen).enumerate().map(
        |(state, ((distribution, best), &choice))| {
            let values = &scored.values[state * samples..(state + 1) * samples];
            let sample = best.samples[choice];
            let expert_mean = sequences[(state * samples + sample) * width..][..action_dim].to_vec();
            let noise = &rollout.noise.action[state * action_dim..(state + 1) * action_dim];
            StatePlan::new(
                request.mode,
                expert_mean,
                &distribution.std[..action_dim],
                noise,
                values[sample],
                &values[..policy_samples],
                distribution.mean,
            )
        },
    );
    let states = plans.collect();
    let trace =
        request.trace.then_some(Trace { shape: rollout.shape, policy_sequences: policy, iterations: traces, chosen });
    Plan { states, trace }
}

/// The best samples and their weights, exp(temperature (G - max G)), normalised.
fn choose_elites(values: &[f32], config: &PlannerConfig) -> Elites {
    let mut samples: Vec<usize> = (0..values.len()).collect();
    let best_first = |a: &usize, b: &usize| values[*b].total_cmp(&values[*a]).then(a.cmp(b));
    if config.elites < samples.len() {
        samples.select_nth_unstable_by(config.elites, best_first);
        samples.truncate(config.elites);
    }
    samples.sort_unstable_by(best_first);
    let top = samples.first().map_or(0.0, |&best| values[best]);
    let mut weights: Vec<f32> =
        samples.iter().map(|&sample| (config.temperature * (values[sample] - top)).exp()).collect();
    let total: f32 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= total;
    }
    Elites { samples, weights }
}

/// Mean and standard deviation of the weighted elites.
fn refit(distribution: &mut Distribution, elites: &Elites, sequences: &[f32], width: usize, config: &PlannerConfig) {
    let total = elites.weights.iter().sum::<f32>() + 1e-9;
    let rows =
        || elites.samples.iter().map(|&sample| &sequences[sample * width..(sample + 1) * width]).zip(&elites.weights);
    distribution.mean.fill(0.0);
    distribution.std.fill(0.0);
    for (row, weight) in rows() {
        distribution.mean.iter_mut().zip(row).for_each(|(mean, a)| *mean += weight * a);
    }
    distribution.mean.iter_mut().for_each(|mean| *mean /= total);
    for (row, weight) in rows() {
        let mean = distribution.mean.iter();
        distribution
            .std
            .iter_mut()
            .zip(row)
            .zip(mean)
            .for_each(|((std, a), mean)| *std += weight * (a - mean) * (a - mean));
    }
    distribution.std.iter_mut().for_each(|std| *std = (*std / total).sqrt().clamp(config.min_std, config.max_std));
}
