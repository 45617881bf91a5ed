//! A batch of replay as tensors.

use burn::tensor::{Device, Tensor, TensorData};

use crate::replay::Batch;

/// A batch on the learning device, made once per update and read by all losses. Rows are time first: row `t B + b` is
/// step t of sequence b. All tensors are outside autodiff.
#[derive(Clone, Debug)]
pub struct BatchTensors<'a> {
    /// Sequences (B).
    pub size: usize,
    /// Transitions per sequence (H).
    pub length: usize,
    /// `[(H + 1) B, observation]`.
    pub observations: Tensor<2>,
    /// `[H B, action]`.
    pub actions: Tensor<2>,
    /// `[H B, 1]`.
    pub rewards: Tensor<2>,
    /// 0 if the transition led to a terminal state, otherwise 1: `[H B, 1]`.
    pub goes_on: Tensor<2>,
    /// Where the expert distributions are, which only an imitation policy needs.
    source: &'a Batch,
}

/// The stored expert distributions of a batch.
#[derive(Clone, Debug)]
pub struct ExpertTensors {
    /// `[H B, action]`.
    pub means: Tensor<2>,
    /// Standard deviations, `[H B, action]`.
    pub stds: Tensor<2>,
}

impl<'a> BatchTensors<'a> {
    /// Copies `batch` to `device` (without autodiff), except for the expert distributions.
    #[must_use]
    pub fn new(batch: &'a Batch, observation_dim: usize, action_dim: usize, device: &Device) -> Self {
        let (size, length) = (batch.size, batch.length);
        let rows = length * size;
        let tensor = |data: &[f32], rows: usize, width: usize| constant(data.to_vec(), [rows, width], device);
        Self {
            size,
            length,
            observations: tensor(&batch.observations, rows + size, observation_dim),
            actions: tensor(&batch.actions, rows, action_dim),
            rewards: tensor(&batch.rewards, rows, 1),
            goes_on: constant(batch.terminated.iter().map(|end| 1.0 - end).collect(), [rows, 1], device),
            source: batch,
        }
    }

    /// Copies the stored expert distributions to the device. The batch must have them, which the learner of an
    /// imitation policy checks.
    #[must_use]
    pub fn experts(&self) -> ExpertTensors {
        let (shape, device) = ([self.rows(), self.action_dim()], self.device());
        ExpertTensors {
            means: constant(self.source.expert_means().to_vec(), shape, &device),
            stds: constant(self.source.expert_stds().to_vec(), shape, &device),
        }
    }

    /// Number of transitions, H B.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.length * self.size
    }

    /// Action size.
    #[must_use]
    pub fn action_dim(&self) -> usize {
        self.actions.dims()[1]
    }

    /// The learning device, without autodiff.
    #[must_use]
    pub fn device(&self) -> Device {
        self.observations.device()
    }
}

/// Returns a constant on `device`, outside autodiff.
pub(super) fn constant<const D: usize>(data: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(data, shape), device)
}
