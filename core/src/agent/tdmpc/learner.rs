//! The learner: orders the losses of one update and steps the optimisers.

use std::collections::BTreeMap;

use burn::tensor::{Device, Gradients, Tensor};

use super::batch::BatchTensors;
use super::losses::{LossSettings, PolicyLoss, imitation_loss, max_q_loss, world_loss};
use super::noise::UpdateNoise;
use super::scale::RunningScale;
use super::side_by_side;
use crate::agent::AgentError;
use crate::config::Config;
use crate::math::{Purpose, Stream};
use crate::model::{ModelSettings, PolicyKind, WorldModel};
use crate::nn::{Adam, Follower, Ops, Parameter, Parameters, clip_global_norm, read};
use crate::replay::{Batch, Columns, EXPERT_MEAN, EXPERT_STD, expert_columns};

/// Adam's epsilon for the world model (TD-MPC2's released code).
const WORLD_EPSILON: f64 = 1e-8;
/// Adam's epsilon for the policies (TD-MPC2's released code).
const POLICY_EPSILON: f64 = 1e-5;

/// Named figures of one update.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpdateMetrics(pub Vec<(String, f32)>);

impl UpdateMetrics {
    /// Returns the figure of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f32> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }
}

/// A world model, its optimisers and scales: everything that learning changes.
#[derive(Clone, Debug)]
pub struct Agent {
    /// With autodiff.
    pub(super) model: WorldModel,
    settings: LossSettings,
    pub(super) world_optimiser: Adam,
    /// In the order of the model's policies.
    pub(super) policy_learners: Vec<PolicyLearner>,
    /// Updates so far.
    pub(super) updates: u64,
    /// With autodiff.
    pub(super) device: Device,
}

/// What learning one policy needs in addition to its network.
#[derive(Clone, Debug)]
pub(super) struct PolicyLearner {
    pub(super) optimiser: Adam,
    pub(super) scale: RunningScale,
}

/// A policy's loss, and its gradients.
struct PolicyStep {
    loss: PolicyLoss,
    gradients: Gradients,
}

impl Agent {
    /// Returns a new agent with initial weights from the configured seed, for episodes of `decisions` decisions.
    #[must_use]
    pub fn new(config: &Config, observation_dim: usize, action_dim: usize, decisions: usize, device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        let mut random = Stream::new(config.run.seed, Purpose::Weights, 0);
        let model = WorldModel::new(&ModelSettings::new(config), observation_dim, action_dim, &mut random, &device);
        Self::with_model(config, model, decisions, &device)
    }

    /// Returns an agent that continues learning from the weights of `model`, with fresh optimisers.
    #[must_use]
    pub fn with_model(config: &Config, model: WorldModel, decisions: usize, device: &Device) -> Self {
        let device = device.clone().autodiff();
        let ops = Ops::from(config.run.engine);
        let learner = PolicyLearner {
            optimiser: Adam::new(POLICY_EPSILON, ops),
            scale: RunningScale::new(config.training.scale_rate, &device),
        };
        Self {
            policy_learners: vec![learner; model.policies.len()],
            model: model.with_ops(ops).learnable(),
            settings: LossSettings {
                algorithm: config.algorithm.clone(),
                training: config.training.clone(),
                dropout: config.model.dropout,
                discount: config.training.discount(decisions),
                on_cpu: device.clone().without_autodiff() == Device::flex(),
            },
            world_optimiser: Adam::new(WORLD_EPSILON, ops),
            updates: 0,
            device,
        }
    }

    /// Returns the replay columns for learning with `config`: those of the planner's experts only for an imitation
    /// policy.
    #[must_use]
    pub fn columns(config: &Config, observation_dim: usize, action_dim: usize) -> Columns {
        let extras = if config.algorithm.stores_experts() { expert_columns(action_dim) } else { Vec::new() };
        Columns { observation: observation_dim, action: action_dim, extras }
    }

    /// The current networks outside autodiff, for planning and evaluation. Handles, not copies.
    #[must_use]
    pub fn model(&self) -> WorldModel {
        self.model.inner()
    }

    /// Updates so far.
    #[must_use]
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Draws the random numbers of the next update on `batch`, in the run with this seed.
    #[must_use]
    pub fn draw_noise(&self, seed: u64, batch: &Batch) -> UpdateNoise {
        let LossSettings { algorithm, dropout, .. } = &self.settings;
        UpdateNoise::draw(seed, self.updates, batch, algorithm, *dropout, &self.model)
    }

    /// Makes one update from `batch`: world model, value and termination head, policies if `learn_policy`, target
    /// ensemble.
    ///
    /// # Errors
    /// If a loss or gradient norm is not finite, the batch lacks the experts that a policy imitates, or the device
    /// fails.
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
        let only_imitates =
            learn_policy && self.model.policies.iter().all(|policy| policy.kind == PolicyKind::Imitation);
        if let Some(column) = self.missing_column(batch) {
            return Err(AgentError::MissingColumn(column));
        }
        let device = self.device.clone().without_autodiff();
        let batch = &BatchTensors::new(batch, self.model.observation_dim, self.model.action_dim, &device);
        let loss = world_loss(&self.model, &self.settings, batch, noise);
        let mut steps: Vec<PolicyStep> = Vec::new();
        let mut gradients = if only_imitates {
            // Imitation learns from the rollout's latents alone, so it need not wait for the world model's gradients.
            let total = loss.total.clone();
            let policies = 0..self.model.policies.len();
            let learn = || policies.map(|index| self.policy_step(index, &loss.latents, batch, noise)).collect();
            let gradients;
            (gradients, steps) = side_by_side(self.settings.on_cpu, || total.backward(), learn);
            gradients
        } else {
            loss.total.backward()
        };
        figure(&mut figures, "consistency_loss", loss.consistency);
        figure(&mut figures, "reward_loss", loss.reward);
        figure(&mut figures, "value_loss", loss.value);
        if let Some(termination) = loss.termination {
            figure(&mut figures, "termination_loss", termination.loss);
            figure(&mut figures, "termination_accuracy", termination.accuracy);
            figure(&mut figures, "termination_rate", termination.rate);
        }
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

    /// Returns the column that a policy learns from and that `batch` lacks.
    fn missing_column(&self, batch: &Batch) -> Option<&'static str> {
        let imitates = self.model.policies.iter().any(|policy| policy.kind == PolicyKind::Imitation);
        let numbers = batch.length * batch.size * self.model.action_dim;
        [EXPERT_MEAN, EXPERT_STD].into_iter().find(|name| imitates && batch.extra(name).len() != numbers)
    }

    /// Steps the world model, its heads and the value ensemble, and lets the target ensemble follow. Returns the
    /// gradient norm, `[1]`.
    fn step_world(&mut self, gradients: &mut Gradients, observe: &mut dyn FnMut(&Parameter)) -> Tensor<1> {
        let training = self.settings.training.clone();
        let device = self.device.clone().without_autodiff();
        let mut list = Vec::new();
        let mut networks = vec![
            ("encoder", &mut self.model.encoder),
            ("dynamics", &mut self.model.dynamics),
            ("reward", &mut self.model.reward),
            ("value", &mut self.model.value),
        ];
        networks.extend(self.model.termination.iter_mut().map(|network| ("termination", network)));
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
                    // Released, so that the step can be made in place.
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

    /// Computes the loss of a policy and its gradients; changes nothing.
    fn policy_step(
        &self,
        index: usize,
        latents: &Tensor<2>,
        batch: &BatchTensors<'_>,
        noise: &UpdateNoise,
    ) -> PolicyStep {
        let (model, settings, noise) = (&self.model, &self.settings, &noise.policies[index]);
        let (policy, scale) = (&model.policies[index], &self.policy_learners[index].scale);
        let loss = match policy.kind {
            PolicyKind::Imitation => imitation_loss(policy, scale, settings, latents, batch, noise),
            PolicyKind::MaxQ => max_q_loss(model, policy, scale, settings, latents, batch, noise),
        };
        let gradients = loss.total.backward();
        PolicyStep { loss, gradients }
    }

    /// Steps one policy and reports its figures.
    fn step_policy(
        &mut self,
        index: usize,
        step: PolicyStep,
        observe: &mut dyn FnMut(&Parameter),
        figures: &mut Vec<(String, Tensor<1>)>,
    ) {
        let kind = self.model.policies[index].kind;
        let PolicyStep { loss: PolicyLoss { total, objective, sample, scale }, mut gradients } = step;
        let (rate, clip) = (self.settings.training.learning_rate, self.settings.training.gradient_clip);
        self.policy_learners[index].scale = scale;
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

/// Adds a figure to report.
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
