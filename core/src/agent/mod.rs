//! Learning: world model, value and policies from batches of replay, for every point of the algorithm family.
//!
//! One update, in the published order: targets from the networks as they are, the world model and value, the policies on
//! the latent states of that same rollout, then the target ensemble.

mod actor;
mod loss;
mod noise;
mod reanalyze;
mod scale;
mod store;
mod target;
mod update;

pub use actor::{ActRequest, Acted, Action, Actor, Carry, PlanningActor, PolicyActor, TdmpcActor};
pub use noise::{PolicyNoise, UpdateNoise};
pub use reanalyze::{Experts, ReanalyzeJob};
pub use scale::RunningScale;
pub use store::StoredAgent;
pub use update::UpdateMetrics;

use burn::tensor::{Device, Tensor, TensorData};
use thiserror::Error;

use crate::compute::cpu::both;
use crate::config::{AlgorithmConfig, Config, TrainingConfig};
use crate::math::{Purpose, Stream};
use crate::model::{WeightsError, WorldModel};
use crate::nn::{Adam, Ops, Parameters, ReadError};
use crate::planner::PlannerError;
use crate::replay::Batch;

/// Adam's epsilon for the world model, and for the policies (TD-MPC2's released code).
const WORLD_EPSILON: f64 = 1e-8;
const POLICY_EPSILON: f64 = 1e-5;

/// Learning failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AgentError {
    /// A figure is NaN or infinite: the networks are lost.
    #[error("{name} became {value} in update {update}; try a smaller training.learning_rate")]
    NotFinite {
        /// The loss or norm.
        name: String,
        /// NaN or an infinity.
        value: f32,
        /// The update, counted from 1.
        update: u64,
    },
    /// Planning failed.
    #[error(transparent)]
    Planner(#[from] PlannerError),
    /// Device memory could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Stored weights do not fit.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// Stored learning state cannot be used.
    #[error("the stored optimiser state cannot be used: {0}")]
    Stored(String),
}

/// A world model, its optimisers and scales: everything that learning changes.
#[derive(Clone, Debug)]
pub struct Agent {
    model: WorldModel,
    algorithm: AlgorithmConfig,
    training: TrainingConfig,
    dropout: f32,
    discount: f32,
    world_optimiser: Adam,
    /// In the order of the model's policies.
    policy_learners: Vec<PolicyLearner>,
    updates: u64,
    /// With autodiff.
    device: Device,
    /// Whether that is a CPU.
    on_cpu: bool,
}

/// Two pieces of work that need nothing of each other: side by side on a CPU, in order on a GPU, where one queue takes both.
/// Results are the same to the bit.
fn side_by_side<A: Send, B: Send>(on_cpu: bool, a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    if on_cpu { both(a, b) } else { (a(), b()) }
}

/// What learning one policy needs beside its network.
#[derive(Clone, Debug)]
struct PolicyLearner {
    optimiser: Adam,
    scale: RunningScale,
}

impl Agent {
    /// A new agent with initial weights from the configured seed, for episodes of `decisions` decisions.
    #[must_use]
    pub fn new(config: &Config, observation_dim: usize, action_dim: usize, decisions: usize, device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        let mut random = Stream::new(config.run.seed, Purpose::Weights, 0);
        let model = WorldModel::new(config, observation_dim, action_dim, &mut random, &device);
        Self::with_model(config, model, decisions, &device)
    }

    /// An agent that learns on from the weights of `model`, with fresh optimisers.
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
            algorithm: config.algorithm.clone(),
            training: config.training.clone(),
            dropout: config.model.dropout,
            discount: config.training.discount(decisions),
            world_optimiser: Adam::new(WORLD_EPSILON, ops),
            updates: 0,
            on_cpu: device.clone().without_autodiff() == Device::flex(),
            device,
        }
    }

    /// The networks as they are now, outside autodiff: for planning and evaluation. Handles, not copies.
    #[must_use]
    pub fn model(&self) -> WorldModel {
        self.model.inner()
    }

    /// Updates so far.
    #[must_use]
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// The random numbers of the next update on `batch`, in the run with this seed.
    #[must_use]
    pub fn draw_noise(&self, seed: u64, batch: &Batch) -> UpdateNoise {
        UpdateNoise::draw(seed, self.updates, batch, &self.algorithm, self.dropout, &self.model)
    }

    /// A constant on the learning device, outside autodiff.
    fn constant<const D: usize>(&self, data: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(data, shape), &self.device.clone().without_autodiff())
    }
}
