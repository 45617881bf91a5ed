//! Evaluating the networks at a state and along some action sequences from it, with one read of the device.

use burn::tensor::{Device, Tensor, TensorData, activation::softmax};

use super::{MotionDecoder, PolicyView, RewardSplit, ValueView};
use crate::model::{ValueLearning, WorldModel};
use crate::nn::{ReadError, read, symexp};
use crate::planner::{NoiseKey, PlanShape, PlannerSettings};

/// The inputs of the evaluation.
pub(super) struct Question<'a> {
    pub model: &'a WorldModel,
    pub settings: &'a PlannerSettings,
    pub shape: PlanShape,
    /// The random numbers of the plan.
    pub noise: NoiseKey,
    /// `[observation]`.
    pub observation: Vec<f32>,
    /// The action taken, `[action]`.
    pub action: &'a [f32],
    /// Sequences to roll out, `[horizon, action]` each, with their sample numbers.
    pub sequences: Vec<(usize, &'a [f32])>,
    /// The number of them, from the first on, that are scored term by term.
    pub scored: usize,
    /// Predicts how the body moves in a latent state, if requested.
    pub decoder: Option<&'a MotionDecoder>,
    /// Whether to return the distributions of value and reward.
    pub values: bool,
}

/// The outputs of the networks.
#[derive(Default)]
pub(super) struct Answer {
    /// Predicted returns of the scored sequences, term by term.
    pub terms: Vec<RewardSplit>,
    /// The guiding policy, without its divergence.
    pub policy: PolicyView,
    pub values: Option<ValueView>,
    /// Velocity of the tracked point in the frame of its heading for each sequence, m/s, `[sequences][horizon + 1]`;
    /// empty without a decoder.
    pub velocities: Vec<Vec<[f32; 3]>>,
}

impl Question<'_> {
    fn tensor<const D: usize>(&self, data: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(data, shape), &self.device())
    }

    fn device(&self) -> Device {
        self.model.device()
    }

    /// Returns the actions of the first `rows` sequences at a step, `[rows, action]`.
    fn actions(&self, step: usize, rows: usize) -> Tensor<2> {
        let width = self.shape.action_dim;
        let at = |(_, sequence): &(usize, &[f32])| sequence[step * width..(step + 1) * width].to_vec();
        self.tensor(self.sequences[..rows].iter().flat_map(at).collect(), [rows, width])
    }

    /// Returns the rewards of the scored sequences `[horizon * scored]` and their values at the end `[scored]`, from
    /// the latents of the rollout.
    fn terms(&self, latents: &[Tensor<2>]) -> [Tensor<1>; 2] {
        let (model, scored, horizon) = (self.model, self.scored, self.shape.horizon);
        let of = |latent: &Tensor<2>| latent.clone().narrow(0, 0, scored);
        let from = Tensor::cat(latents[..horizon].iter().map(of).collect(), 0);
        let actions = Tensor::cat((0..horizon).map(|step| self.actions(step, scored)).collect(), 0);
        let rewards = model.reward(from, actions).flatten(0, 1);
        // Scored as in the last iteration: by the same two members and, with a Q value, with the same last actions.
        let iteration = self.shape.iterations.saturating_sub(1);
        let end = of(&latents[horizon]);
        let action = (model.value_learning == ValueLearning::QOffPolicy).then(|| {
            let width = self.shape.action_dim;
            let noise = |(sample, _): &(usize, &[f32])| self.noise.terminal(iteration, *sample, horizon, width);
            let noise = self.tensor(self.sequences[..scored].iter().flat_map(noise).collect(), [scored, width]);
            let policy = model.policy(self.settings.terminal_policy);
            policy.action(end.clone(), noise, policy.range())
        });
        let members = self.noise.members(iteration, self.shape.members);
        let values = model.values(&model.value, &members, end, action);
        [rewards, values.mean_dim(0).flatten(0, 1)]
    }

    /// Evaluates the networks and reads all results at once.
    pub async fn ask(self) -> Result<Answer, ReadError> {
        let (model, PlanShape { horizon, action_dim, .. }) = (self.model, self.shape);
        let start = model.encode(self.tensor(self.observation.clone(), [1, model.observation_dim]));
        let rows = self.sequences.len();
        let mut latents = vec![start.clone().repeat_dim(0, rows)];
        for step in 0..horizon {
            let next = model.next(latents[step].clone(), self.actions(step, rows));
            latents.push(next);
        }
        let guide = model.policy(self.settings.guide());
        let policy = guide.sample(start.clone(), Tensor::zeros([1, action_dim], &self.device()));
        let mut tensors = Vec::from(self.terms(&latents));
        tensors.extend([policy.mean.flatten(0, 1), policy.log_std.flatten(0, 1)]);
        if self.values {
            tensors.extend(self.distributions(&start));
        }
        if let Some(decoder) = self.decoder {
            tensors.push(decoder.velocities(Tensor::cat(latents, 0)).flatten(0, 1));
        }
        let mut data = read(tensors).await?.into_iter();
        let mut next = || data.next().unwrap_or_default();
        let (rewards, ends) = (next(), next());
        let (mean, log_std) = (next(), next());
        let values = self.values.then(|| self.value_view(&mut next));
        let velocities = if self.decoder.is_some() { by_sequence(&next(), rows) } else { Vec::new() };
        Ok(Answer {
            terms: self.splits(&rewards, &ends),
            policy: PolicyView { mean, std: log_std.into_iter().map(f32::exp).collect(), kl: 0.0 },
            values,
            velocities,
        })
    }

    fn splits(&self, rewards: &[f32], ends: &[f32]) -> Vec<RewardSplit> {
        let split = |row: usize| {
            let mut discount = 1.0;
            let mut terms = Vec::with_capacity(self.shape.horizon);
            for step in 0..self.shape.horizon {
                terms.push(discount * rewards[step * self.scored + row]);
                discount *= self.settings.discount;
            }
            RewardSplit { rewards: terms, terminal: discount * ends[row] }
        };
        (0..self.scored).map(split).collect()
    }

    /// Returns the distributions in the order in which [`value_view`](Self::value_view) takes them.
    fn distributions(&self, start: &Tensor<2>) -> [Tensor<1>; 5] {
        let model = self.model;
        let action = self.tensor(self.action.to_vec(), [1, self.shape.action_dim]);
        let logits = model.value_logits(&model.value, start.clone(), Some(action.clone()), None);
        let reward = model.reward_logits(start.clone(), action);
        [
            symexp(model.regression.positions()).flatten(0, 1),
            softmax(logits.clone(), 2).flatten(0, 2),
            model.regression.decode_members(logits).flatten(0, 1),
            softmax(reward.clone(), 1).flatten(0, 1),
            model.regression.decode(reward).flatten(0, 1),
        ]
    }

    fn value_view(&self, next: &mut dyn FnMut() -> Vec<f32>) -> ValueView {
        let (bins, members) = (next(), next());
        let members = members.chunks(self.model.regression.bins()).map(<[f32]>::to_vec).collect();
        let (decoded, reward) = (next(), next());
        ValueView { bins, members, decoded, reward, reward_decoded: next().first().copied().unwrap_or(f32::NAN) }
    }
}

/// Converts `[horizon + 1, sequences, 3]` to `[sequences][horizon + 1]`.
fn by_sequence(velocities: &[f32], rows: usize) -> Vec<Vec<[f32; 3]>> {
    let (all, _) = velocities.as_chunks::<3>();
    (0..rows).map(|row| all.iter().skip(row).step_by(rows).copied().collect()).collect()
}
