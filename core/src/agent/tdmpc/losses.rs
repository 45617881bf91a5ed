//! The losses (TD-MPC2, Eq. 3 and 6; BMPC, Eq. 7 and 8), as pure functions.

use burn::tensor::{Tensor, activation::log_sigmoid};

use super::batch::{BatchTensors, constant};
use super::noise::{PolicyNoise, UpdateNoise};
use super::scale::RunningScale;
use super::side_by_side;
use super::targets::value_targets;
use crate::config::{AlgorithmConfig, TrainingConfig};
use crate::model::{Policy, PolicySample, WorldModel};
use crate::nn::{Mlp, Parameters, gaussian_kl};

/// The settings that losses and targets depend on.
#[derive(Clone, Debug)]
pub(super) struct LossSettings {
    /// The point of the algorithm family.
    pub algorithm: AlgorithmConfig,
    /// Loss coefficients and rates.
    pub training: TrainingConfig,
    /// Dropout rate of the value ensemble's first layer.
    pub dropout: f32,
    /// Discount per decision (gamma).
    pub discount: f32,
    /// Whether the learning device is a CPU, where independent work runs in parallel.
    pub on_cpu: bool,
}

/// The world model's loss and its parts, `[1]` each, and the latents that the policies learn from.
pub(super) struct WorldLoss {
    /// The weighted sum of the parts.
    pub total: Tensor<1>,
    /// Distance of predicted from encoded latents.
    pub consistency: Tensor<1>,
    /// Cross-entropy of the reward head.
    pub reward: Tensor<1>,
    /// Cross-entropy of the value ensemble.
    pub value: Tensor<1>,
    /// Of the termination head, if the model has one.
    pub termination: Option<TerminationLoss>,
    /// Latents of the rollout through the model, outside autodiff, `[(H + 1) B, latent]`.
    pub latents: Tensor<2>,
}

/// The termination head's loss and figures to report, `[1]` each.
pub(super) struct TerminationLoss {
    /// Binary cross-entropy.
    pub loss: Tensor<1>,
    /// Share of the transitions whose end or continuation is predicted.
    pub accuracy: Tensor<1>,
    /// Share of the transitions that led to a terminal state.
    pub rate: Tensor<1>,
}

/// A policy's loss and figures to report, `[1]` each.
pub(super) struct PolicyLoss {
    /// The loss.
    pub total: Tensor<1>,
    /// Mean KL divergence from the expert, or mean Q.
    pub objective: Tensor<1>,
    /// The actions drawn, with their entropy.
    pub sample: PolicySample,
    /// The running scale S after this update.
    pub scale: RunningScale,
}

/// Returns the consistency, reward and value losses of a rollout from the first observation of each sequence
/// (TD-MPC2, Eq. 3; BMPC, Eq. 7), and with a termination head its loss, which has no weights rho^t (TD-MPC2's code).
pub(super) fn world_loss(
    model: &WorldModel,
    settings: &LossSettings,
    batch: &BatchTensors<'_>,
    noise: &UpdateNoise,
) -> WorldLoss {
    let (horizon, size, rows) = (batch.horizon, batch.size, batch.rows());
    let inner = model.inner();
    let action = batch.actions.clone().autodiff();
    let target = || {
        let encoded = inner.encode(batch.observations.clone());
        let targets = value_targets(&inner, settings, batch, &encoded, noise);
        (encoded, targets)
    };
    let roll_out = || {
        let mut z = model.encode(batch.observations.clone().narrow(0, 0, size).autodiff());
        let mut rollout = vec![z.clone()];
        for step in 0..horizon {
            z = model.next(z, action.clone().narrow(0, step * size, size));
            rollout.push(z.clone());
        }
        Tensor::cat(rollout, 0)
    };
    let ((encoded, targets), latents) = side_by_side(settings.on_cpu, target, roll_out);
    let weights = row_weights(settings, batch, horizon);
    let steps = count(horizon);

    let predicted = latents.clone().narrow(0, size, rows);
    let error = (predicted.clone() - encoded.narrow(0, size, rows).autodiff()).square().mean_dim(1);
    let consistency = (error * weights.clone()).sum() / steps;

    let regression = &model.regression;
    let from = latents.clone().narrow(0, 0, rows);
    let reward = || {
        let logits = model.reward_logits(from.clone(), action.clone());
        (regression.loss(logits.unsqueeze_dim(0), batch.rewards.clone()) * weights.clone()).sum() / steps
    };
    let value = || {
        let dropout = dropout(noise.dropout.as_ref(), &model.value, batch, rows);
        let logits = model.value_logits(&model.value, from.clone(), Some(action.clone()), dropout);
        let members = logits.dims()[0];
        let error = regression.loss(logits, targets) * weights.clone().repeat_dim(0, members);
        error.sum() / (steps * count(members))
    };
    let (value, reward) = side_by_side(settings.on_cpu, value, reward);

    let termination = termination_loss(model, predicted, batch);

    let training = &settings.training;
    let mut total = consistency.clone() * training.consistency_coefficient
        + reward.clone() * training.reward_coefficient
        + value.clone() * training.value_coefficient;
    if let Some(termination) = &termination {
        total = total + termination.loss.clone() * training.termination_coefficient;
    }
    WorldLoss { total, consistency, reward, value, termination, latents: latents.without_autodiff() }
}

/// Returns the mean binary cross-entropy of the termination head on the predicted latents `z_1 ... z_H`,
/// `[H B, latent]`, against whether the transitions led to terminal states. `None` without the head.
fn termination_loss(model: &WorldModel, predicted: Tensor<2>, batch: &BatchTensors<'_>) -> Option<TerminationLoss> {
    let logits = model.termination_logits(predicted)?;
    let goes_on = batch.goes_on.clone();
    // -y ln sigmoid(x) - (1 - y) ln sigmoid(-x), where ln sigmoid(-x) = ln sigmoid(x) - x.
    let loss = (logits.clone() * goes_on.clone().autodiff() - log_sigmoid(logits.clone())).mean();
    let says_goes_on = logits.without_autodiff().lower_equal_elem(0.0).float();
    let accuracy = (says_goes_on - goes_on.clone()).abs().mean().neg() + 1.0;
    Some(TerminationLoss { loss, accuracy, rate: goes_on.mean().neg() + 1.0 })
}

/// Returns the imitation loss: KL(p(.|z) || expert), averaged over action dimensions, over S, less the entropy bonus
/// (BMPC, Eq. 8).
pub(super) fn imitation_loss(
    policy: &Policy,
    scale: &RunningScale,
    settings: &LossSettings,
    latents: &Tensor<2>,
    batch: &BatchTensors<'_>,
    noise: &PolicyNoise,
) -> PolicyLoss {
    let sample = policy_sample(policy, latents.clone().narrow(0, 0, batch.rows()), batch, noise);
    let experts = batch.experts();
    let (expert_mean, expert_std) = (experts.means.autodiff(), experts.stds.autodiff());
    let kl = gaussian_kl(sample.mean.clone(), sample.log_std.clone(), expert_mean, expert_std);
    let kl = kl.mean_dim(1);
    let (scaled, scale) = scaled(scale, kl.clone(), batch.size);
    let total = policy_total(settings, batch, scaled, &sample, batch.horizon);
    PolicyLoss { total, objective: kl.mean(), sample, scale }
}

/// Returns the max-Q loss: minus the mean of two members of the frozen ensemble over S, less the entropy bonus
/// (TD-MPC2, Eq. 6).
pub(super) fn max_q_loss(
    model: &WorldModel,
    policy: &Policy,
    scale: &RunningScale,
    settings: &LossSettings,
    latents: &Tensor<2>,
    batch: &BatchTensors<'_>,
    noise: &PolicyNoise,
) -> PolicyLoss {
    let steps = batch.horizon + 1;
    let rows = steps * batch.size;
    let sample = policy_sample(policy, latents.clone(), batch, noise);
    let members = model.value.inner().select(&noise.members).frozen();
    let dropout = dropout(noise.dropout.as_ref(), &members, batch, rows);
    let z = latents.clone().autodiff();
    let logits = model.value_logits(&members, z, Some(sample.action.clone()), dropout);
    let q = model.regression.decode_members(logits).mean_dim(0).reshape([rows, 1]);
    let (scaled, scale) = scaled(scale, q.clone(), batch.size);
    let total = policy_total(settings, batch, scaled.neg(), &sample, steps);
    PolicyLoss { total, objective: q.mean(), sample, scale }
}

/// Returns `objective`, `[T B, 1]`, over the running scale S, and that scale; it first moves by the spread at t = 0.
fn scaled(scale: &RunningScale, objective: Tensor<2>, size: usize) -> (Tensor<2>, RunningScale) {
    let mut scale = scale.clone();
    scale.update(objective.clone().without_autodiff().narrow(0, 0, size).reshape([size]));
    let scaled = objective / scale.value.clone().autodiff().reshape([1, 1]);
    (scaled, scale)
}

/// Draws the policy's actions at `latents`, `[rows, latent]`.
fn policy_sample(policy: &Policy, latents: Tensor<2>, batch: &BatchTensors<'_>, noise: &PolicyNoise) -> PolicySample {
    let rows = latents.dims()[0];
    let noise = constant(noise.action.clone(), [rows, batch.action_dim()], &batch.device()).autodiff();
    policy.sample(latents.autodiff(), noise)
}

/// Returns the mean over the T = `steps` steps of rho^t times the mean over the batch of `scaled`, `[T B, 1]`, less the
/// entropy bonus.
fn policy_total(
    settings: &LossSettings,
    batch: &BatchTensors<'_>,
    scaled: Tensor<2>,
    sample: &PolicySample,
    steps: usize,
) -> Tensor<1> {
    let bonus = sample.scaled_entropy.clone() * settings.algorithm.entropy_coefficient;
    ((scaled - bonus) * row_weights(settings, batch, steps)).sum() / count(steps)
}

/// Returns the weight rho^t of each of the rows `[T, B]`, divided by B: `[T B, 1]`, with T = `steps`.
fn row_weights(settings: &LossSettings, batch: &BatchTensors<'_>, steps: usize) -> Tensor<2> {
    let size = batch.size;
    let mut weight = 1.0 / count(size);
    let mut rows = Vec::with_capacity(steps * size);
    for _ in 0..steps {
        rows.extend(std::iter::repeat_n(weight, size));
        weight *= settings.training.rho;
    }
    constant(rows, [steps * size, 1], &batch.device()).autodiff()
}

/// Returns the dropout multipliers of an ensemble's first layer, `[members, rows, hidden]`. `None` without dropout.
fn dropout(mask: Option<&Vec<f32>>, ensemble: &Mlp, batch: &BatchTensors<'_>, rows: usize) -> Option<Tensor<3>> {
    let width = ensemble.layers[0].weight.dims()[2];
    mask.map(|mask| constant(mask.clone(), [ensemble.members(), rows, width], &batch.device()).autodiff())
}

/// Networks that take part in autodiff but do not learn.
trait Frozen: Parameters + Clone {
    /// Cuts the parameters off from their gradients.
    fn frozen(mut self) -> Self {
        self.visit_mut("", &mut |_, tensor| *tensor = tensor.clone().without_autodiff().autodiff());
        self
    }
}

impl Frozen for Mlp {}

#[allow(clippy::cast_precision_loss, reason = "counts are small")]
fn count(n: usize) -> f32 {
    n as f32
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use pollster::block_on;

    use super::*;
    use crate::config::{Config, Termination};
    use crate::math::{Purpose, Stream};
    use crate::nn::read;
    use crate::replay::Batch;

    fn number(tensor: Tensor<1>) -> f32 {
        block_on(read(vec![tensor.without_autodiff()])).unwrap()[0][0]
    }

    /// The loss of these logits, its accuracy and rate, and the gradient of the logits.
    fn loss(logits: &[f32], ends: &[f32]) -> ([f32; 3], Vec<f32>) {
        let rows = logits.len();
        let mut config = Config::default();
        (config.model.latent_dim, config.model.mlp_dim, config.algorithm.termination) = (8, 4, Termination::Learned);
        let mut model = WorldModel::new(&config, 1, 1, &mut Stream::new(1, Purpose::Other, 0), &Device::flex());
        let head = model.termination.as_mut().unwrap();
        // The identity: one layer without bias that sums its inputs, of which all but the first are 0.
        head.layers.drain(..2);
        head.layers[0].weight = Tensor::ones([1, 8, 1], &Device::flex()).autodiff();
        head.layers[0].bias = head.layers[0].bias.clone().zeros_like().autodiff();
        let batch = Batch {
            size: rows,
            horizon: 1,
            observations: vec![0.0; 2 * rows],
            actions: vec![0.0; rows],
            rewards: vec![0.0; rows],
            terminated: ends.to_vec(),
            ..Batch::default()
        };
        let batch = BatchTensors::new(&batch, 1, 1, &Device::flex());
        let predicted = logits.iter().flat_map(|logit| [*logit, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]).collect();
        let predicted = constant(predicted, [rows, 8], &Device::flex()).autodiff().require_grad();
        let found = termination_loss(&model, predicted.clone(), &batch).unwrap();
        let gradient = predicted.grad(&found.loss.clone().backward()).unwrap();
        let gradient = block_on(read(vec![gradient.narrow(1, 0, 1).flatten(0, 1)])).unwrap().remove(0);
        ([found.loss, found.accuracy, found.rate].map(number), gradient)
    }

    #[test]
    fn the_termination_loss_is_the_mean_binary_cross_entropy_and_its_gradient_the_error_of_the_probability() {
        let logits = [0.0, 0.3, -2.0, 4.0, -90.0, 90.0, 1.5];
        let ends = [1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0];
        let ([loss, accuracy, rate], gradient) = loss(&logits, &ends);
        let probability = |logit: f32| 1.0 / (1.0 + (-f64::from(logit)).exp());
        let pairs = || logits.iter().zip(&ends).map(|(logit, end)| (probability(*logit), f64::from(*end)));
        let expected = pairs().map(|(p, end)| -if end > 0.5 { p.ln() } else { (1.0 - p).ln() }).sum::<f64>() / 7.0;
        assert!((f64::from(loss) - expected).abs() < 1e-6, "{loss} instead of {expected}");
        for (found, (p, end)) in gradient.iter().zip(pairs()) {
            assert!((f64::from(*found) - (p - end) / 7.0).abs() < 1e-7, "{gradient:?}");
        }
        // A probability of exactly 1/2 does not predict an end: wrong in three of seven.
        assert!((accuracy - 4.0 / 7.0).abs() < 1e-6 && (rate - 3.0 / 7.0).abs() < 1e-6, "{accuracy}, {rate}");
    }
}
