//! Guided MPPI on plain Burn operations: the readable back end, for any device, and the reference for the fused ones.

use bootstride_shaders::SCORE_BOUND;
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::readback::{Iteration, Readback};
use super::{Plan, PlanMode, PlanNoise, PlanRequest, PlanShape, Planner, PlannerError, PlannerSettings, prepare};
use crate::config::ValueLearning;
use crate::model::WorldModel;
use crate::nn::Ops;

/// The back end on plain Burn operations.
#[derive(Clone, Debug, Default)]
pub struct PlainMppi;

/// One plan being made.
struct Planning<'a> {
    model: &'a WorldModel,
    settings: &'a PlannerSettings,
    shape: PlanShape,
    noise: &'a PlanNoise,
    mode: PlanMode,
    device: Device,
}

impl Planning<'_> {
    fn tensor<const D: usize>(&self, data: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(data, shape), &self.device)
    }

    /// Returns the sequences that the policies propose, `[states, policy samples, horizon * action]`.
    fn policy_sequences(&self, latent: &Tensor<2>) -> Tensor<3> {
        let PlanShape { states, policy_samples, horizon, action_dim, .. } = self.shape;
        let each = policy_samples / self.settings.guides.len().max(1);
        let noise = self.tensor(self.noise.policy.clone(), [horizon, states, policy_samples, action_dim]);
        let sequences = self.settings.guides.iter().enumerate().map(|(i, &kind)| {
            let policy = self.model.policy(kind);
            let range = if self.mode == PlanMode::Reanalyze { policy.reanalyze_range() } else { policy.range() };
            let mut z = repeat(latent, each);
            let mut steps = Vec::with_capacity(horizon);
            for step in 0..horizon {
                let noise =
                    noise.clone().narrow(0, step, 1).narrow(2, i * each, each).reshape([states * each, action_dim]);
                let action = policy.action(z.clone(), noise, range);
                if step + 1 < horizon {
                    z = self.model.next(z, action.clone());
                }
                steps.push(action.reshape([states, each, action_dim]));
            }
            Tensor::cat(steps, 2)
        });
        Tensor::cat(sequences.collect(), 1)
    }

    /// Returns G of each sequence, `[states * samples, horizon * action]` to `[states, samples]`, from states `z`
    /// repeated likewise.
    fn score(&self, mut z: Tensor<2>, sequences: &Tensor<2>, iteration: usize) -> Tensor<2> {
        let PlanShape { states, samples, horizon, action_dim, .. } = self.shape;
        let mut score = Tensor::zeros([states * samples, 1], &self.device);
        let mut discount = 1.0;
        for step in 0..horizon {
            let action = sequences.clone().narrow(1, step * action_dim, action_dim);
            score = score + self.model.reward(z.clone(), action.clone()) * discount;
            z = self.model.next(z, action);
            discount *= self.settings.discount;
        }
        let action = (self.model.value_learning == ValueLearning::QOffPolicy).then(|| {
            let noise = self.tensor(self.noise.terminal[iteration].clone(), [states * samples, action_dim]);
            let policy = self.model.policy(self.settings.terminal_policy);
            policy.action(z.clone(), noise, policy.range())
        });
        let values = self.model.values(&self.model.value, &self.noise.members[iteration], z, action);
        let terminal = values.mean_dim(0).reshape([states * samples, 1]);
        let score = (score + terminal * discount).reshape([states, samples]);
        let undefined = score.clone().is_nan();
        score.mask_fill(undefined, 0.0).clamp(-SCORE_BOUND, SCORE_BOUND)
    }

    /// Runs one iteration from the distribution `mean`, `std`.
    fn iterate(
        &self,
        z: &Tensor<2>,
        policy: Option<&Tensor<3>>,
        mean: Tensor<3>,
        std: Tensor<3>,
        iteration: usize,
    ) -> Iteration {
        let PlanShape { states, samples, policy_samples, horizon, action_dim, .. } = self.shape;
        let (config, width) = (&self.settings.config, horizon * action_dim);
        let noise = self.tensor(self.noise.samples[iteration].clone(), [states, samples - policy_samples, width]);
        let sampled = (mean + std * noise).clamp(-1.0, 1.0);
        let sequences = match policy {
            Some(policy) => Tensor::cat(vec![policy.clone(), sampled], 1),
            None => sampled,
        };
        let sequences = sequences.reshape([states * samples, width]);
        let values = self.score(z.clone(), &sequences, iteration);
        let (elite_values, elite_indices) = values.clone().topk_with_indices(config.elites, 1);
        let first_row = Tensor::<1, Int>::arange_step(
            0..i64::try_from(states * samples).unwrap_or(i64::MAX),
            samples,
            &self.device,
        );
        let rows = (elite_indices.clone() + first_row.reshape([states, 1])).reshape([states * config.elites]);
        let elites = sequences.clone().select(0, rows).reshape([states, config.elites, width]);
        let best = elite_values.clone().narrow(1, 0, 1);
        let weights = ((elite_values.clone() - best) * config.temperature).exp();
        let weights = (weights.clone() / weights.sum_dim(1)).reshape([states, config.elites, 1]);
        let total = weights.clone().sum_dim(1) + 1e-9;
        let mean = (weights.clone() * elites.clone()).sum_dim(1) / total.clone();
        let variance = (weights.clone() * (elites.clone() - mean.clone()).square()).sum_dim(1) / total;
        let std = variance.sqrt().clamp(config.min_std, config.max_std);
        Iteration { sequences, values, elite_values, elite_indices, elites, weights, mean, std }
    }

    /// Returns the initial mean: the previous plan, shifted by one step and padded with zeros.
    fn initial_mean(&self, previous: &[Option<Vec<f32>>]) -> Tensor<3> {
        let PlanShape { states, horizon, action_dim, .. } = self.shape;
        let width = horizon * action_dim;
        let mut mean = vec![0.0; states * width];
        for (row, previous) in mean.chunks_mut(width.max(1)).zip(previous) {
            if let Some(previous) = previous {
                row[..width - action_dim].copy_from_slice(&previous[action_dim..]);
            }
        }
        self.tensor(mean, [states, 1, width])
    }
}

impl Planner for PlainMppi {
    async fn plan(
        &mut self,
        model: &WorldModel,
        settings: &PlannerSettings,
        request: &PlanRequest<'_>,
    ) -> Result<Plan, PlannerError> {
        let (shape, noise) = prepare(model, settings, request)?;
        let model = &model.clone().with_ops(Ops::Plain);
        let device = model.device();
        let planning = Planning { model, settings, shape, noise: &noise, mode: request.mode, device };
        let latent =
            model.encode(planning.tensor(request.observations.to_vec(), [shape.states, model.observation_dim]));
        let policy = (shape.policy_samples > 0).then(|| planning.policy_sequences(&latent));
        let z = repeat(&latent, shape.samples);
        let mut mean = planning.initial_mean(request.previous_means);
        let mut std = Tensor::full(
            [shape.states, 1, shape.horizon * shape.action_dim],
            settings.config.max_std,
            &planning.device,
        );
        let mut iterations = Vec::new();
        for iteration in 0..shape.iterations {
            let done = planning.iterate(&z, policy.as_ref(), mean, std, iteration);
            (mean, std) = (done.mean.clone(), done.std.clone());
            if !request.trace {
                iterations.clear();
            }
            iterations.push(done);
        }
        Readback { shape, mode: request.mode, noise: &noise, iterations, policy }.read(request.trace).await
    }
}

/// Converts `[states, latent]` to `[states * times, latent]`, with each state's rows together.
fn repeat(latent: &Tensor<2>, times: usize) -> Tensor<2> {
    let [states, width] = latent.dims();
    latent.clone().reshape([states, 1, width]).repeat_dim(1, times).reshape([states * times, width])
}
