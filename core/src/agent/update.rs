//! One update of all networks.

use std::collections::BTreeMap;

use burn::tensor::{Gradients, Tensor};

use super::loss::PolicyLoss;
use super::{Agent, AgentError, UpdateNoise, side_by_side};
use crate::config::PolicyKind;
use crate::nn::{Follower, Parameter, Parameters, clip_global_norm, read};
use crate::replay::Batch;

/// Named figures of one update.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpdateMetrics(pub Vec<(String, f32)>);

impl UpdateMetrics {
    /// The figure of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f32> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }
}

/// A policy's loss, and its gradients.
struct PolicyStep {
    loss: PolicyLoss,
    gradients: Gradients,
}

impl Agent {
    /// One update from `batch`: world model and value, policies where `learn_policy`, target ensemble.
    ///
    /// # Errors
    /// When a loss or gradient norm is not finite, or the device fails.
    pub async fn update(
        &mut self,
        batch: &Batch,
        noise: &UpdateNoise,
        learn_policy: bool,
    ) -> Result<UpdateMetrics, AgentError> {
        self.update_observed(batch, noise, learn_policy, &mut |_| ()).await
    }

    /// As [`update`](Self::update); `observe` sees every gradient before clipping.
    ///
    /// # Errors
    /// As `update`.
    pub async fn update_observed(
        &mut self,
        batch: &Batch,
        noise: &UpdateNoise,
        learn_policy: bool,
        observe: &mut dyn FnMut(&Parameter),
    ) -> Result<UpdateMetrics, AgentError> {
        let mut figures = Vec::new();
        let loss = self.world_loss(batch, noise);
        let imitating = learn_policy && self.model.policies.iter().all(|policy| policy.kind == PolicyKind::Imitation);
        let mut steps: Vec<PolicyStep> = Vec::new();
        let mut gradients = if imitating {
            // Imitation learns from the rollout's latents alone, so it need not wait for the world model's gradients.
            let total = loss.total.clone();
            let (on_cpu, policies) = (self.on_cpu, self.model.policies.len());
            let learn = || (0..policies).map(|index| self.policy_step(index, &loss.latents, batch, noise)).collect();
            let gradients;
            (gradients, steps) = side_by_side(on_cpu, || total.backward(), learn);
            gradients
        } else {
            loss.total.backward()
        };
        figure(&mut figures, "consistency_loss", loss.consistency);
        figure(&mut figures, "reward_loss", loss.reward);
        figure(&mut figures, "value_loss", loss.value);
        figure(&mut figures, "total_loss", loss.total);
        let norm = self.step_world(&mut gradients, observe);
        figure(&mut figures, "grad_norm", norm);
        if learn_policy {
            for index in steps.len()..self.model.policies.len() {
                steps.push(self.policy_step(index, &loss.latents, batch, noise));
            }
            for (index, step) in steps.into_iter().enumerate() {
                self.step_policy(index, step, observe, &mut figures);
            }
        }
        self.model.touch();
        self.updates += 1;
        let (names, tensors): (Vec<String>, Vec<Tensor<1>>) = figures.into_iter().unzip();
        let values = read(tensors).await?;
        let metrics: Vec<(String, f32)> =
            names.into_iter().zip(values.into_iter().map(|value| value.first().copied().unwrap_or(f32::NAN))).collect();
        match metrics.iter().find(|(_, value)| !value.is_finite()) {
            Some((name, value)) => {
                Err(AgentError::NotFinite { name: name.clone(), value: *value, update: self.updates })
            }
            None => Ok(UpdateMetrics(metrics)),
        }
    }

    fn step_world(&mut self, gradients: &mut Gradients, observe: &mut dyn FnMut(&Parameter)) -> Tensor<1> {
        let training = self.training.clone();
        let device = self.device.clone().without_autodiff();
        let mut list = Vec::new();
        let mut networks = [
            ("encoder", &mut self.model.encoder),
            ("dynamics", &mut self.model.dynamics),
            ("reward", &mut self.model.reward),
            ("value", &mut self.model.value),
        ];
        for (name, network) in &mut networks {
            take_gradients(network, name, gradients, &mut list);
        }
        list.iter().for_each(observe);
        let Some(clip) = clip_global_norm(&list, training.gradient_clip, self.world_optimiser.ops) else {
            return Tensor::zeros([1], &device);
        };
        let schedule = self.world_optimiser.begin_step(clip.factor);
        let released = Tensor::zeros([1, 1, 1], &device);
        // The target ensemble follows the value ensemble parameter by parameter, under the same names.
        let mut targets = BTreeMap::new();
        self.model.target_value.visit_mut("value", &mut |name, tensor| {
            targets.insert(name.to_owned(), std::mem::replace(tensor, released.clone()).without_autodiff());
        });
        let mut list = list.into_iter().peekable();
        for (name, network) in &mut networks {
            let scale = if *name == "encoder" { training.encoder_learning_rate_scale } else { 1.0 };
            let rate = training.learning_rate * scale;
            let optimiser = &mut self.world_optimiser;
            network.visit_mut(name, &mut |name, tensor| {
                if let Some(gradient) = list.next_if(|gradient| gradient.name == name) {
                    // Let go of, so that the step can be made in place.
                    let inner = std::mem::replace(tensor, released.clone()).without_autodiff();
                    let follower = targets.get_mut(name).map(|target| Follower { target, rate: training.target_rate });
                    let updated = optimiser.update(name, inner, gradient.tensor, &schedule, rate, follower);
                    *tensor = updated.autodiff().require_grad();
                }
            });
        }
        self.model.target_value.visit_mut("value", &mut |name, tensor| {
            if let Some(target) = targets.remove(name) {
                *tensor = target;
            }
        });
        clip.norm
    }

    /// The loss of a policy, and its gradients.
    fn policy_step(&mut self, index: usize, latents: &Tensor<2>, batch: &Batch, noise: &UpdateNoise) -> PolicyStep {
        let noise = &noise.policies[index];
        let loss = match self.model.policies[index].kind {
            PolicyKind::Imitation => self.imitation_loss(index, latents, batch, noise),
            PolicyKind::MaxQ => self.max_q_loss(index, latents, batch, noise),
        };
        let gradients = loss.total.backward();
        PolicyStep { loss, gradients }
    }

    fn step_policy(
        &mut self,
        index: usize,
        step: PolicyStep,
        observe: &mut dyn FnMut(&Parameter),
        figures: &mut Vec<(String, Tensor<1>)>,
    ) {
        let kind = self.model.policies[index].kind;
        let PolicyStep { loss: PolicyLoss { total, objective, sample }, mut gradients } = step;
        let (rate, clip) = (self.training.learning_rate, self.training.gradient_clip);
        let policy = &mut self.model.policies[index];
        let name = policy.name();
        let mut list = Vec::new();
        take_gradients(&mut policy.network, name, &mut gradients, &mut list);
        list.iter().for_each(observe);
        let Some(clip) = clip_global_norm(&list, clip, self.policy_learners[index].optimiser.ops) else { return };
        let learner = &mut self.policy_learners[index];
        let released = learner.scale.value.clone().reshape([1, 1, 1]);
        let schedule = learner.optimiser.begin_step(clip.factor);
        let mut list = list.into_iter().peekable();
        policy.network.visit_mut(name, &mut |name, tensor| {
            if let Some(gradient) = list.next_if(|gradient| gradient.name == name) {
                let inner = std::mem::replace(tensor, released.clone()).without_autodiff();
                let updated = learner.optimiser.update(name, inner, gradient.tensor, &schedule, rate, None);
                *tensor = updated.autodiff().require_grad();
            }
        });
        let (prefix, objective_name) = match kind {
            PolicyKind::Imitation => ("pi", "kl"),
            PolicyKind::MaxQ => ("max_q_pi", "q"),
        };
        let mut report = |name: &str, tensor: Tensor<1>| figure(figures, &format!("{prefix}_{name}"), tensor);
        report("loss", total);
        report("grad_norm", clip.norm);
        report(objective_name, objective);
        report("entropy", sample.entropy.mean());
        report("scaled_entropy", sample.scaled_entropy.mean());
        report("log_std", sample.log_std.mean());
        report("scale", learner.scale.value.clone());
    }
}

fn figure(figures: &mut Vec<(String, Tensor<1>)>, name: &str, tensor: Tensor<1>) {
    figures.push((name.to_owned(), tensor.without_autodiff()));
}

/// Moves the gradients of a network's parameters to `list`; parameters that the loss did not reach have none.
fn take_gradients(network: &mut crate::nn::Mlp, name: &str, gradients: &mut Gradients, list: &mut Vec<Parameter>) {
    network.visit_mut(name, &mut |name, tensor| {
        if let Some(gradient) = tensor.grad_remove(gradients) {
            list.push(Parameter { name: name.to_owned(), tensor: gradient });
        }
    });
}
