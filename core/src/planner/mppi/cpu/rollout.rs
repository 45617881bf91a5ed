//! Rolling out and scoring sequences, tile by tile.

use super::Distribution;
use super::draw::Draws;
use super::tile::{Scratch, Tile, room};
use super::weights::{Dense, Network, Weights, apart};
use crate::compute::cpu::{Epilogue, Matrix, decode, product};
use crate::model::{LogStdRange, PolicyKind, ValueLearning, WorldModel};
use crate::planner::mppi::SCORE_BOUND;
use crate::planner::{PlanMode, PlanShape, PlannerSettings};

/// What all tiles of a plan share.
pub struct Rollout<'a> {
    pub weights: &'a Weights,
    pub settings: &'a PlannerSettings,
    pub shape: PlanShape,
    pub draws: Draws<'a>,
    pub model: &'a WorldModel,
    /// Start states of the sequences, `[states, latent]`.
    pub latents: &'a [f32],
    /// Outputs of the first layers of dynamics and reward for those states, including biases, `[states, 2 mlp_dim]`.
    pub shared: &'a [f32],
}

/// Writes latent states of `observations` to `latents`, and the part of the first layers that all samples share to
/// `shared`.
pub fn start(
    weights: &Weights,
    observations: &[f32],
    scratch: &mut Scratch,
    latents: &mut Vec<f32>,
    shared: &mut Vec<f32>,
) {
    let [latent, hidden] = weights.both_latent.dims();
    let encoder = &weights.encoder;
    let observation_dim = encoder.layers.first().map_or(1, |layer| layer.weight.dims()[0]);
    let states = observations.len() / observation_dim;
    latents.resize(states * latent, 0.0);
    encoder.forward(0, Matrix::rows(observations, observation_dim), states, &mut scratch.layers, latents, latent);
    shared.resize(states * hidden, 0.0);
    product(shared, hidden, Matrix::rows(latents, latent), states, &weights.both_latent, false);
    for row in shared.chunks_exact_mut(hidden) {
        row.iter_mut().zip(&weights.both_bias).for_each(|(x, bias)| *x += bias);
    }
}

impl Rollout<'_> {
    /// Runs one iteration for a tile: its sequences, from `distributions` or from its guide, and their values G.
    pub fn score(
        &self,
        distributions: &[Distribution],
        members: &[usize],
        iteration: usize,
        tile: &mut Tile,
        scratch: &mut Scratch,
    ) {
        let z_dim = self.model.latent_dim;
        if tile.guide.is_none() {
            self.sample(&distributions[tile.state], iteration, tile, scratch);
            self.roll(tile, scratch);
        } else if iteration == 0 {
            self.roll(tile, scratch);
            let rows = scratch.input.chunks_exact(self.input_dim()).take(tile.rows);
            tile.ends.clear();
            rows.for_each(|row| tile.ends.extend_from_slice(&row[..z_dim]));
        } else if self.model.value_learning == ValueLearning::VOnPolicy && self.shape.members <= 2 {
            // Values of V from fixed members have no randomness, so they are kept.
            return;
        } else {
            let input = room(&mut scratch.input, tile.rows * self.input_dim());
            for (row, end) in input.chunks_exact_mut(self.input_dim()).zip(tile.ends.chunks_exact(z_dim)) {
                row[..z_dim].copy_from_slice(end);
            }
        }
        self.terminal(members, iteration, tile, scratch);
    }

    /// Returns the width of a latent state with an action.
    fn input_dim(&self) -> usize {
        self.model.latent_dim + self.shape.action_dim
    }

    /// Draws sequences.
    fn sample(&self, distribution: &Distribution, iteration: usize, tile: &mut Tile, scratch: &mut Scratch) {
        let noise = room(&mut scratch.noise, distribution.mean.len());
        for (row, sequence) in tile.sequences.chunks_exact_mut(noise.len()).enumerate() {
            self.draws.sequence(iteration, tile.state, tile.start + row, noise);
            let each = sequence.iter_mut().zip(&distribution.mean).zip(&distribution.std).zip(&*noise);
            for (((a, mean), std), noise) in each {
                *a = (mean + std * noise).clamp(-1.0, 1.0);
            }
        }
    }

    /// Rolls the model out along the sequences of a tile, or along those that its guide proposes. The last latent
    /// states remain in the scratch buffers.
    fn roll(&self, tile: &mut Tile, scratch: &mut Scratch) {
        let PlanShape { horizon, action_dim, .. } = self.shape;
        let (z_dim, rows, stride) = (self.model.latent_dim, tile.rows, self.input_dim());
        let Weights { dynamics, reward, bins, .. } = self.weights;
        let (width, split) = (horizon * action_dim, dynamics.layers[0].output());
        let hidden = split + reward.layers[0].output();
        let shared = &self.shared[tile.state * hidden..][..hidden];
        room(&mut scratch.input, rows * stride);
        let distance = apart(hidden);
        room(&mut scratch.both, rows * distance);
        tile.rewards.fill(0.0);
        let mut discount = 1.0;
        for step in 0..horizon {
            if let Some(guide) = tile.guide {
                self.propose(guide, step, tile, scratch);
            }
            let input = &mut scratch.input[..rows * stride];
            let both = &mut scratch.both[..rows * distance];
            let actions = &tile.sequences[step * action_dim..];
            let [first, second] = [&dynamics.layers[0], &reward.layers[0]].map(Dense::epilogue);
            if step == 0 {
                // All samples share the latent state: its part of the product is a bias.
                product(both, distance, Matrix::rows(actions, width), rows, &self.weights.both_action, false);
                Epilogue { bias: &shared[..split], ..first }.apply(both, distance, 0);
                Epilogue { bias: &shared[split..], ..second }.apply(both, distance, split);
            } else {
                for (row, actions) in input.chunks_exact_mut(stride).zip(actions.chunks(width)) {
                    row[z_dim..].copy_from_slice(&actions[..action_dim]);
                }
                product(both, distance, Matrix::rows(input, stride), rows, &self.weights.both_first, false);
                first.apply(both, distance, 0);
                second.apply(both, distance, split);
            }
            let logits = room(&mut scratch.output, rows * bins.len());
            let x = Matrix::rows(&both[split..], distance);
            reward.forward(1, x, rows, &mut scratch.layers, logits, bins.len());
            decode(logits, bins, |row, value| tile.rewards[row] += discount * value);
            dynamics.forward(1, Matrix::rows(both, distance), rows, &mut scratch.layers, input, stride);
            discount *= self.settings.discount;
        }
    }

    /// Writes the actions of a guide at a step, from the latent states in the scratch buffers, to the sequences of a
    /// tile.
    fn propose(&self, guide: usize, step: usize, tile: &mut Tile, scratch: &mut Scratch) {
        let PlanShape { horizon, action_dim, .. } = self.shape;
        let z_dim = self.model.latent_dim;
        if step == 0 {
            let latent = &self.latents[tile.state * z_dim..][..z_dim];
            for row in scratch.input.chunks_exact_mut(self.input_dim()).take(tile.rows) {
                row[..z_dim].copy_from_slice(latent);
            }
        }
        let kind = self.settings.guides[guide];
        let policy = self.model.policy(kind);
        let reanalyze = self.draws.mode == PlanMode::Reanalyze;
        let range = if reanalyze { policy.reanalyze_range() } else { policy.range() };
        let network = self.weights.policy(kind);
        let Tile { state, start, rows, .. } = *tile;
        self.act(network, kind, range, rows, scratch, |row, noise| self.draws.policy(state, start + row, step, noise));
        for (row, sequence) in tile.sequences.chunks_exact_mut(horizon * action_dim).enumerate() {
            let action = &scratch.input[row * self.input_dim() + z_dim..][..action_dim];
            sequence[step * action_dim..][..action_dim].copy_from_slice(action);
        }
    }

    /// Computes actions of a policy at the latent states in the scratch buffers, and stores them after these; `draw`
    /// returns the noise of a row.
    fn act(
        &self,
        network: &Network,
        kind: PolicyKind,
        range: LogStdRange,
        rows: usize,
        scratch: &mut Scratch,
        draw: impl Fn(usize, &mut [f32]),
    ) {
        let (actions, stride) = (self.shape.action_dim, self.input_dim());
        let output = room(&mut scratch.output, rows * 2 * actions);
        let input = &mut scratch.input[..rows * stride];
        network.forward(0, Matrix::rows(input, stride), rows, &mut scratch.layers, output, 2 * actions);
        let noise = room(&mut scratch.noise, actions);
        for (row, (input, output)) in input.chunks_exact_mut(stride).zip(output.chunks_exact(2 * actions)).enumerate() {
            draw(row, noise);
            let (means, log_stds) = output.split_at(actions);
            let out = &mut input[self.model.latent_dim..];
            for (((action, mean), raw), noise) in out.iter_mut().zip(means).zip(log_stds).zip(&*noise) {
                let log_std = range.min + 0.5 * (range.max - range.min) * (raw.tanh() + 1.0);
                let spread = log_std.exp() * noise;
                *action = match kind {
                    PolicyKind::MaxQ => (mean + spread).tanh(),
                    PolicyKind::Imitation => (mean.tanh() + spread).clamp(-1.0, 1.0),
                };
            }
        }
    }

    /// Computes G of the sequences of a tile: their rewards and the value of the latent states in the scratch buffers.
    #[allow(clippy::cast_precision_loss, reason = "one or two members")]
    fn terminal(&self, members: &[usize], iteration: usize, tile: &mut Tile, scratch: &mut Scratch) {
        if self.model.value_learning == ValueLearning::QOffPolicy {
            let kind = self.settings.terminal_policy;
            let range = self.model.policy(kind).range();
            let draw = |row, noise: &mut [f32]| self.draws.terminal(iteration, tile.state, tile.start + row, noise);
            self.act(self.weights.policy(kind), kind, range, tile.rows, scratch, draw);
        }
        let bins = &self.weights.bins;
        let discount = (0..self.shape.horizon).fold(1.0, |discount, _| discount * self.settings.discount);
        let share = discount / members.len() as f32;
        let values = &mut tile.values;
        values.copy_from_slice(&tile.rewards);
        for &member in members {
            let x = Matrix::rows(&scratch.input, self.input_dim());
            let logits = room(&mut scratch.output, tile.rows * bins.len());
            self.weights.value[member].forward(0, x, tile.rows, &mut scratch.layers, logits, bins.len());
            decode(logits, bins, |row, value| values[row] += share * value);
        }
        for value in values {
            *value = if value.is_nan() { 0.0 } else { value.clamp(-SCORE_BOUND, SCORE_BOUND) };
        }
    }
}
