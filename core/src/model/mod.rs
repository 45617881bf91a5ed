//! The world model and its policies (TD-MPC2, section 3.1; BMPC, section 4.1).
//!
//! Rows are independent states; a function on `[rows, latent]` works on batches, samples and single states alike.

mod policy;
mod settings;

pub use policy::{LogStdRange, Policy, PolicySample};
pub use settings::{ModelConfig, PolicyKind, PolicyLearning, ValueLearning};

use std::sync::atomic::{AtomicU64, Ordering};

use burn::tensor::{Device, Tensor, TensorData};
use thiserror::Error;

use crate::math::Stream;
use crate::math::tensors::NamedTensor;
use crate::nn::{Activation, DiscreteRegression, Dropout, Mlp, MlpShape, Ops, Parameters};

/// Prefix of the names of the value ensemble's parameters.
pub(crate) const VALUE: &str = "value.";
/// Prefix of the names of the target value ensemble's parameters.
pub(crate) const TARGET_VALUE: &str = "target_value.";

/// Stored weights do not fit the configured model.
#[derive(Debug, Error)]
#[error("the weights do not fit the model of this configuration: {}", .0.join("; "))]
pub struct WeightsError(pub Vec<String>);

/// What a world model is made from, in addition to the sizes of observation and action.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSettings {
    /// Sizes.
    pub config: ModelConfig,
    /// Which policies it has.
    pub policy_learning: PolicyLearning,
    /// Whether its value is V or Q.
    pub value_learning: ValueLearning,
    /// Members of the value ensemble.
    pub value_members: usize,
    /// How its layers compute.
    pub ops: Ops,
}

/// Encoder, dynamics, reward, policies and value ensembles.
#[derive(Clone, Debug)]
pub struct WorldModel {
    /// h: observation to latent state.
    pub encoder: Mlp,
    /// d: latent state and action to the next latent state.
    pub dynamics: Mlp,
    /// R: latent state and action to reward logits.
    pub reward: Mlp,
    /// V or Q: an ensemble of value logits.
    pub value: Mlp,
    /// The target value ensemble, updated by Polyak averaging.
    pub target_value: Mlp,
    /// The learned policies, one or two of different kinds.
    pub policies: Vec<Policy>,
    /// Bins of reward and value.
    pub regression: DiscreteRegression,
    /// Whether the value also reads the action (Q) or only the state (V).
    pub value_learning: ValueLearning,
    /// Observation size (O).
    pub observation_dim: usize,
    /// Action size (A).
    pub action_dim: usize,
    /// Latent size (Z).
    pub latent_dim: usize,
    version: u64,
}

/// Returns a process-wide unique ID for a set of weights.
fn next_version() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl WorldModel {
    /// Returns a model with initial weights drawn from `random`, for observations and actions of these sizes.
    #[must_use]
    pub fn new(
        settings: &ModelSettings,
        observation_dim: usize,
        action_dim: usize,
        random: &mut Stream,
        device: &Device,
    ) -> Self {
        let model = &settings.config;
        let (z, h) = (model.latent_dim, model.mlp_dim);
        let shape = |input, hidden: Vec<usize>, output, last| MlpShape {
            members: 1,
            input,
            hidden,
            output,
            last,
            zero_last: false,
        };
        let simnorm = Activation::SimNorm(model.simnorm_dim);
        let encoder_hidden = vec![model.encoder_dim; model.encoder_layers.saturating_sub(1)];
        let encoder = Mlp::new(&shape(observation_dim, encoder_hidden, z, simnorm), random, device);
        let dynamics = Mlp::new(&shape(z + action_dim, vec![h, h], z, simnorm), random, device);
        let head = |input, members| MlpShape {
            members,
            zero_last: true,
            ..shape(input, vec![h, h], model.bins, Activation::None)
        };
        let reward = Mlp::new(&head(z + action_dim, 1), random, device);
        let value_input = match settings.value_learning {
            ValueLearning::QOffPolicy => z + action_dim,
            ValueLearning::VOnPolicy => z,
        };
        let value = Mlp::new(&head(value_input, settings.value_members), random, device);
        let policies = [PolicyKind::MaxQ, PolicyKind::Imitation]
            .into_iter()
            .filter(|&kind| settings.policy_learning.learns(kind))
            .map(|kind| {
                Policy::new(kind, Mlp::new(&shape(z, vec![h, h], 2 * action_dim, Activation::None), random, device))
            })
            .collect();
        Self {
            encoder,
            dynamics,
            reward,
            target_value: value.clone(),
            value,
            policies,
            regression: DiscreteRegression::new(model.bin_min, model.bin_max, model.bins, device),
            value_learning: settings.value_learning,
            observation_dim,
            action_dim,
            latent_dim: z,
            version: next_version(),
        }
        .with_ops(settings.ops)
    }

    /// Checks whether there are enough stored weights for a model of these sizes. The model is built before its weights
    /// are compared one by one, and tampered sizes could require any amount of memory.
    ///
    /// # Errors
    /// If the model would need millions of numbers more than there are.
    pub fn fits(
        settings: &ModelSettings,
        observation_dim: usize,
        action_dim: usize,
        stored: &[NamedTensor],
    ) -> Result<(), WeightsError> {
        /// A model with fewer missing numbers is built, and the missing weights are reported by name.
        const SLACK: u64 = 1 << 20;
        let needed = least_numbers(settings, observation_dim, action_dim);
        let found: u64 = stored.iter().map(|tensor| tensor.data.len() as u64).sum();
        if needed <= found.saturating_add(SLACK) {
            return Ok(());
        }
        let problem = format!("there are {found} numbers, but networks of the configured sizes have {needed} or more");
        Err(WeightsError(vec![problem]))
    }

    /// Returns the ID of this set of weights: a planner that keeps a copy reads the weights again only when the ID
    /// changes. Code that changes weights must call [`touch`](Self::touch).
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Returns the same model with these operations. Handles, not copies.
    #[must_use]
    pub fn with_ops(mut self, ops: Ops) -> Self {
        let learned =
            [&mut self.encoder, &mut self.dynamics, &mut self.reward, &mut self.value, &mut self.target_value];
        let policies = self.policies.iter_mut().map(|policy| &mut policy.network);
        learned.into_iter().chain(policies).for_each(|network| network.set_ops(ops));
        self.regression.set_ops(ops);
        self
    }

    /// Returns the device of the weights.
    #[must_use]
    pub fn device(&self) -> Device {
        self.encoder.layers[0].weight.device()
    }

    /// Marks the weights as changed.
    pub fn touch(&mut self) {
        self.version = next_version();
    }

    /// z = h(s): `[rows, observation]` to `[rows, latent]`.
    #[must_use]
    pub fn encode(&self, observation: Tensor<2>) -> Tensor<2> {
        self.encoder.forward_single(observation)
    }

    /// z' = d(z, a): `[rows, latent]` and `[rows, action]` to `[rows, latent]`.
    #[must_use]
    pub fn next(&self, latent: Tensor<2>, action: Tensor<2>) -> Tensor<2> {
        self.dynamics.forward_single(Tensor::cat(vec![latent, action], 1))
    }

    /// Logits of R(z, a): `[rows, bins]`.
    #[must_use]
    pub fn reward_logits(&self, latent: Tensor<2>, action: Tensor<2>) -> Tensor<2> {
        self.reward.forward_single(Tensor::cat(vec![latent, action], 1))
    }

    /// R(z, a): `[rows, 1]`.
    #[must_use]
    pub fn reward(&self, latent: Tensor<2>, action: Tensor<2>) -> Tensor<2> {
        self.regression.decode(self.reward_logits(latent, action))
    }

    /// Logits of V(z) or Q(z, a) for all members of `ensemble`: `[members, rows, bins]`. Only Q reads `action`.
    #[must_use]
    pub fn value_logits(
        &self,
        ensemble: &Mlp,
        latent: Tensor<2>,
        action: Option<Tensor<2>>,
        dropout: Option<Dropout>,
    ) -> Tensor<3> {
        let input = match (self.value_learning, action) {
            (ValueLearning::QOffPolicy, Some(action)) => Tensor::cat(vec![latent, action], 1),
            _ => latent,
        };
        ensemble.forward_with_dropout(input.unsqueeze_dim(0), dropout)
    }

    /// Decoded values of these members of `ensemble`: `[members, rows]`.
    #[must_use]
    pub fn values(&self, ensemble: &Mlp, members: &[usize], latent: Tensor<2>, action: Option<Tensor<2>>) -> Tensor<2> {
        let chosen = if members.len() == ensemble.members() { ensemble.clone() } else { ensemble.select(members) };
        self.regression.decode_members(self.value_logits(&chosen, latent, action, None))
    }

    /// Returns the learned policy of this kind, or the first one if none is (which the configuration check excludes).
    #[must_use]
    pub fn policy(&self, kind: PolicyKind) -> &Policy {
        self.policies.iter().find(|policy| policy.kind == kind).unwrap_or(&self.policies[0])
    }

    /// Replaces all weights.
    ///
    /// # Errors
    /// If names or shapes differ from this model's: all differences are listed, and nothing is changed.
    pub fn load(&mut self, tensors: &[NamedTensor], device: &Device) -> Result<(), WeightsError> {
        let mut problems = Vec::new();
        let mut loaded = self.clone();
        let mut used = 0;
        loaded.visit_mut("", &mut |name, parameter| match tensors.iter().find(|tensor| tensor.name == name) {
            None => problems.push(format!("{name} is missing")),
            Some(tensor) if tensor.shape != parameter.dims() => {
                problems.push(format!("{name} has shape {:?}, expected {:?}", tensor.shape, parameter.dims()));
            }
            Some(tensor) => {
                used += 1;
                *parameter = Tensor::from_data(TensorData::new(tensor.data.clone(), tensor.shape), device);
            }
        });
        if problems.is_empty() && used < tensors.len() {
            let known: Vec<String> = self.parameters("").into_iter().map(|parameter| parameter.name).collect();
            problems.extend(
                tensors
                    .iter()
                    .filter(|tensor| !known.contains(&tensor.name))
                    .map(|tensor| format!("{} is not part of the model", tensor.name)),
            );
        }
        if problems.is_empty() {
            *self = loaded;
            self.touch();
            Ok(())
        } else {
            Err(WeightsError(problems))
        }
    }
}

/// Returns a lower bound on the numbers in a model of these sizes, counting matrices only, without the target ensemble.
fn least_numbers(settings: &ModelSettings, observation_dim: usize, action_dim: usize) -> u64 {
    let model = &settings.config;
    let (z, h) = (model.latent_dim, model.mlp_dim);
    let with_action = z.saturating_add(action_dim);
    let network = |members: usize, widths: &[usize]| {
        let matrices = widths.windows(2).map(|ends| (ends[0] as u64).saturating_mul(ends[1] as u64));
        matrices.fold(0, u64::saturating_add).saturating_mul(members as u64)
    };
    let hidden = std::iter::repeat_n(model.encoder_dim, model.encoder_layers.saturating_sub(1));
    let encoder: Vec<usize> = std::iter::once(observation_dim).chain(hidden).chain([z]).collect();
    [
        network(1, &encoder),
        network(1, &[with_action, h, h, z]),
        network(1, &[with_action, h, h, model.bins]),
        network(settings.value_members, &[z, h, h, model.bins]),
        network(1, &[z, h, h]),
    ]
    .into_iter()
    .fold(0, u64::saturating_add)
}

impl Parameters for WorldModel {
    fn visit_mut(&mut self, prefix: &str, visit: &mut dyn FnMut(&str, &mut Tensor<3>)) {
        self.encoder.visit_mut(&format!("{prefix}encoder"), visit);
        self.dynamics.visit_mut(&format!("{prefix}dynamics"), visit);
        self.reward.visit_mut(&format!("{prefix}reward"), visit);
        self.value.visit_mut(&format!("{prefix}value"), visit);
        self.target_value.visit_mut(&format!("{prefix}target_value"), visit);
        for policy in &mut self.policies {
            let name = policy.name();
            policy.network.visit_mut(&format!("{prefix}{name}"), visit);
        }
    }
}
