//! The losses (TD-MPC2, Eq. 3 and 6; BMPC, Eq. 7 and 8).

use burn::tensor::Tensor;

use super::{Agent, PolicyNoise, UpdateNoise, side_by_side};
use crate::model::{Policy, PolicySample};
use crate::nn::{Mlp, Parameters, gaussian_kl};
use crate::replay::Batch;

/// The world model's loss and its parts, `[1]` each, and what the policies learn from.
pub(super) struct WorldLoss {
    pub total: Tensor<1>,
    pub consistency: Tensor<1>,
    pub reward: Tensor<1>,
    pub value: Tensor<1>,
    /// Latents of the rollout through the model, outside autodiff, `[(H + 1) B, latent]`.
    pub latents: Tensor<2>,
}

/// A policy's loss and figures to report, `[1]` each.
pub(super) struct PolicyLoss {
    pub total: Tensor<1>,
    /// Mean KL divergence from the expert, or mean Q.
    pub objective: Tensor<1>,
    pub sample: PolicySample,
}

impl Agent {
    /// Weight rho^t of each of the rows `[T, B]`, divided by B: `[T B, 1]`.
    fn row_weights(&self, steps: usize, size: usize) -> Tensor<2> {
        let mut weight = 1.0 / count(size);
        let mut rows = Vec::with_capacity(steps * size);
        for _ in 0..steps {
            rows.extend(std::iter::repeat_n(weight, size));
            weight *= self.training.rho;
        }
        self.constant(rows, [steps * size, 1]).autodiff()
    }

    /// Consistency, reward and value losses of a rollout from the first observation of each sequence.
    pub(super) fn world_loss(&self, batch: &Batch, noise: &UpdateNoise) -> WorldLoss {
        let (horizon, size) = (batch.horizon, batch.size);
        let (rows, actions) = (horizon * size, self.model.action_dim);
        let inner = self.model.inner();
        let observations = self.constant(batch.observations.clone(), [rows + size, self.model.observation_dim]);
        let rewards = self.constant(batch.rewards.clone(), [rows, 1]);
        let action = self.constant(batch.actions.clone(), [rows, actions]).autodiff();
        let target = || {
            let encoded = inner.encode(observations.clone());
            let targets = self.value_targets(&inner, &encoded, batch, noise);
            (encoded, targets)
        };
        let roll_out = || {
            let mut z = self.model.encode(observations.clone().narrow(0, 0, size).autodiff());
            let mut rollout = vec![z.clone()];
            for step in 0..horizon {
                z = self.model.next(z, action.clone().narrow(0, step * size, size));
                rollout.push(z.clone());
            }
            Tensor::cat(rollout, 0)
        };
        let ((encoded, targets), latents) = side_by_side(self.on_cpu, target, roll_out);
        let weights = self.row_weights(horizon, size);
        let steps = count(horizon);

        let predicted = latents.clone().narrow(0, size, rows);
        let error = (predicted - encoded.narrow(0, size, rows).autodiff()).square().mean_dim(1);
        let consistency = (error * weights.clone()).sum() / steps;

        let regression = &self.model.regression;
        let from = latents.clone().narrow(0, 0, rows);
        let reward = || {
            let logits = self.model.reward_logits(from.clone(), action.clone());
            (regression.loss(logits.unsqueeze_dim(0), rewards) * weights.clone()).sum() / steps
        };
        let value = || {
            let dropout = self.dropout(noise.dropout.as_ref(), &self.model.value, rows);
            let logits = self.model.value_logits(&self.model.value, from.clone(), Some(action.clone()), dropout);
            let members = logits.dims()[0];
            let error = regression.loss(logits, targets) * weights.clone().repeat_dim(0, members);
            error.sum() / (steps * count(members))
        };
        let (value, reward) = side_by_side(self.on_cpu, value, reward);

        let training = &self.training;
        let total = consistency.clone() * training.consistency_coefficient
            + reward.clone() * training.reward_coefficient
            + value.clone() * training.value_coefficient;
        WorldLoss { total, consistency, reward, value, latents: latents.without_autodiff() }
    }

    /// Dropout of an ensemble's first layer for `rows` rows.
    fn dropout(&self, mask: Option<&Vec<f32>>, ensemble: &Mlp, rows: usize) -> Option<Tensor<3>> {
        let width = ensemble.layers[0].weight.dims()[2];
        mask.map(|mask| self.constant(mask.clone(), [ensemble.members(), rows, width]).autodiff())
    }

    /// The imitation loss: KL(p(.|z) || expert), averaged over action dimensions, over S, less the entropy bonus
    /// (BMPC, Eq. 8).
    pub(super) fn imitation_loss(
        &mut self,
        index: usize,
        latents: &Tensor<2>,
        batch: &Batch,
        noise: &PolicyNoise,
    ) -> PolicyLoss {
        let (rows, actions) = (batch.horizon * batch.size, self.model.action_dim);
        let policy = &self.model.policies[index];
        let sample = self.policy_sample(policy, latents.clone().narrow(0, 0, rows), noise);
        let expert_mean = self.constant(batch.expert_means.clone(), [rows, actions]).autodiff();
        let expert_std = self.constant(batch.expert_stds.clone(), [rows, actions]).autodiff();
        let kl = gaussian_kl(sample.mean.clone(), sample.log_std.clone(), expert_mean, expert_std);
        let kl = kl.mean_dim(1);
        let scaled = self.scaled(index, kl.clone(), batch.size);
        self.policy_total(scaled, kl, sample, batch.horizon, batch.size)
    }

    /// The max-Q loss: minus the mean of two members of the frozen ensemble over S, less the entropy bonus
    /// (TD-MPC2, Eq. 6).
    pub(super) fn max_q_loss(
        &mut self,
        index: usize,
        latents: &Tensor<2>,
        batch: &Batch,
        noise: &PolicyNoise,
    ) -> PolicyLoss {
        let steps = batch.horizon + 1;
        let rows = steps * batch.size;
        let sample = self.policy_sample(&self.model.policies[index], latents.clone(), noise);
        let members = self.model.value.inner().select(&noise.members).frozen();
        let dropout = self.dropout(noise.dropout.as_ref(), &members, rows);
        let z = latents.clone().autodiff();
        let logits = self.model.value_logits(&members, z, Some(sample.action.clone()), dropout);
        let q = self.model.regression.decode_members(logits).mean_dim(0).reshape([rows, 1]);
        let scaled = self.scaled(index, q.clone(), batch.size).neg();
        self.policy_total(scaled, q, sample, steps, batch.size)
    }

    /// `objective`, `[T B, 1]`, over the running scale S of this policy, which first moves by the spread at t = 0.
    fn scaled(&mut self, index: usize, objective: Tensor<2>, size: usize) -> Tensor<2> {
        let scale = &mut self.policy_learners[index].scale;
        scale.update(objective.clone().without_autodiff().narrow(0, 0, size).reshape([size]));
        objective / scale.value.clone().autodiff().reshape([1, 1])
    }

    fn policy_sample(&self, policy: &Policy, latents: Tensor<2>, noise: &PolicyNoise) -> PolicySample {
        let rows = latents.dims()[0];
        let noise = self.constant(noise.action.clone(), [rows, self.model.action_dim]).autodiff();
        policy.sample(latents.autodiff(), noise)
    }

    /// Mean over t of rho^t times the mean over the batch of `scaled` less the entropy bonus.
    fn policy_total(
        &self,
        scaled: Tensor<2>,
        objective: Tensor<2>,
        sample: PolicySample,
        steps: usize,
        size: usize,
    ) -> PolicyLoss {
        let bonus = sample.scaled_entropy.clone() * self.algorithm.entropy_coefficient;
        let total = ((scaled - bonus) * self.row_weights(steps, size)).sum() / count(steps);
        PolicyLoss { total, objective: objective.mean(), sample }
    }
}

/// Networks that take part in autodiff but do not learn.
trait Frozen: Parameters + Clone {
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
