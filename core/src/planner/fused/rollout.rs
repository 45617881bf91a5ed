//! Rolling out and scoring sequences, tile by tile.

use super::kernel::{Rows, decode, product};
use super::weights::{Network, Weights};
use crate::config::{PolicyKind, ValueLearning};
use crate::model::{LogStdRange, WorldModel};
use crate::planner::{PlanNoise, PlanShape, PlannerSettings, SCORE_BOUND};

/// Samples that are scored together: enough for good products, few enough for their activations to stay in cache.
const TILE: usize = 64;

/// What all tiles of a plan share.
pub struct Rollout<'a> {
    pub weights: &'a Weights,
    pub settings: &'a PlannerSettings,
    pub shape: PlanShape,
    pub noise: &'a PlanNoise,
    pub model: &'a WorldModel,
    pub reanalyze: bool,
}

/// Scores of all samples, and what of them is kept between iterations.
#[derive(Default)]
pub struct Scored {
    /// G, `[states, samples]`.
    pub values: Vec<f32>,
    /// Rewards of the policies' sequences, and the discounted latent states at their ends.
    policy: Option<Vec<Ends>>,
}

/// Where the sequences of a tile lead: summed discounted rewards `[rows]` and last latent states `[rows, latent]`.
#[derive(Clone, Default)]
struct Ends {
    rewards: Vec<f32>,
    latents: Vec<f32>,
}

/// A run of samples of one state.
#[derive(Clone, Copy)]
struct Tile {
    state: usize,
    start: usize,
    rows: usize,
}

/// Work space of one tile.
#[derive(Default)]
struct Scratch {
    input: Vec<f32>,
    both: Vec<f32>,
    layers: [Vec<f32>; 2],
}

impl Rollout<'_> {
    /// Latent states of `observations`, `[states, latent]`.
    pub fn encode(&self, observations: &[f32]) -> Vec<f32> {
        let x = Rows { data: observations, stride: self.model.observation_dim };
        self.weights.encoder.forward(0, x, self.shape.states, &mut Default::default()).to_vec()
    }

    /// Actions of a policy at rows of latent states, with `noise` alike.
    fn act(
        &self,
        network: &Network,
        kind: PolicyKind,
        range: LogStdRange,
        z: &[f32],
        noise: &[f32],
        scratch: &mut [Vec<f32>; 2],
    ) -> Vec<f32> {
        let actions = self.shape.action_dim;
        let rows = noise.len() / actions;
        let output = network.forward(0, Rows { data: z, stride: self.model.latent_dim }, rows, scratch);
        let mut out = Vec::with_capacity(noise.len());
        for (output, noise) in output.chunks_exact(2 * actions).zip(noise.chunks_exact(actions)) {
            let (means, log_stds) = output.split_at(actions);
            out.extend(means.iter().zip(log_stds).zip(noise).map(|((mean, raw), noise)| {
                let log_std = range.min + 0.5 * (range.max - range.min) * (raw.tanh() + 1.0);
                let spread = log_std.exp() * noise;
                match kind {
                    PolicyKind::MaxQ => (mean + spread).tanh(),
                    PolicyKind::Imitation => (mean.tanh() + spread).clamp(-1.0, 1.0),
                }
            }));
        }
        out
    }

    /// The sequences that the policies propose, `[states, policy samples, horizon, action]`.
    pub fn policy_sequences(&self, latents: &[f32]) -> Vec<f32> {
        let PlanShape { states, policy_samples, horizon, action_dim, .. } = self.shape;
        let each = policy_samples / self.settings.guides.len().max(1);
        let width = horizon * action_dim;
        let mut sequences = vec![0.0; states * policy_samples * width];
        let mut scratch = Scratch::default();
        for (guide, &kind) in self.settings.guides.iter().enumerate() {
            let policy = self.model.policy(kind);
            let range = if self.reanalyze { policy.reanalyze_range() } else { policy.range() };
            let network = self.weights.policy(kind);
            let mut z: Vec<f32> = latents
                .chunks_exact(self.model.latent_dim)
                .flat_map(|z| std::iter::repeat_n(z, each).flatten().copied())
                .collect();
            for step in 0..horizon {
                let noise: Vec<f32> = (0..states)
                    .flat_map(|state| {
                        let at = ((step * states + state) * policy_samples + guide * each) * action_dim;
                        &self.noise.policy[at..at + each * action_dim]
                    })
                    .copied()
                    .collect();
                let actions = self.act(network, kind, range, &z, &noise, &mut scratch.layers);
                for (row, action) in actions.chunks_exact(action_dim).enumerate() {
                    let sample = (row / each) * policy_samples + guide * each + row % each;
                    sequences[sample * width + step * action_dim..][..action_dim].copy_from_slice(action);
                }
                if step + 1 < horizon {
                    join(&mut scratch.input, &z, self.model.latent_dim, &actions, action_dim);
                    let x = Rows { data: &scratch.input, stride: self.model.latent_dim + action_dim };
                    z = self.weights.dynamics.forward(0, x, states * each, &mut scratch.layers).to_vec();
                }
            }
        }
        sequences
    }

    /// G of all `sequences` `[states, samples, horizon, action]`.
    pub fn score(&self, latents: &[f32], sequences: &[f32], iteration: usize, scored: &mut Scored) {
        let PlanShape { states, samples, policy_samples, .. } = self.shape;
        scored.values.resize(states * samples, 0.0);
        // Values of V from fixed members have no randomness, so those of the policies' sequences stay.
        let fixed = self.model.value_learning == ValueLearning::VOnPolicy && self.shape.members <= 2;
        let first = scored.policy.is_none();
        let tiles_of = |from: usize, to: usize| -> Vec<Tile> {
            let tile = |state, start| Tile { state, start, rows: TILE.min(to - start) };
            (0..states).flat_map(|state| (from..to).step_by(TILE).map(move |start| tile(state, start))).collect()
        };
        let roll = |tile: &Tile, scratch: &mut Scratch| self.roll(latents, sequences, *tile, scratch);
        let policy_tiles = tiles_of(0, policy_samples);
        if first {
            scored.policy = Some(side_by_side(&policy_tiles, roll));
        }
        if first || !fixed {
            let ends = scored.policy.as_deref().unwrap_or_default();
            for (tile, ends) in policy_tiles.iter().zip(ends) {
                let values = self.terminal(ends, *tile, iteration, &mut Scratch::default());
                scored.values[tile.state * samples + tile.start..][..tile.rows].copy_from_slice(&values);
            }
        }
        let tiles = tiles_of(policy_samples, samples);
        let values = side_by_side(&tiles, |tile, scratch| {
            let ends = self.roll(latents, sequences, *tile, scratch);
            self.terminal(&ends, *tile, iteration, scratch)
        });
        for (tile, values) in tiles.iter().zip(values) {
            scored.values[tile.state * samples + tile.start..][..tile.rows].copy_from_slice(&values);
        }
    }

    /// Rolls the model out along the sequences of a tile.
    fn roll(&self, latents: &[f32], sequences: &[f32], tile: Tile, scratch: &mut Scratch) -> Ends {
        let PlanShape { samples, horizon, action_dim, .. } = self.shape;
        let (width, z_dim, rows) = (horizon * action_dim, self.model.latent_dim, tile.rows);
        let (dynamics, reward) = (&self.weights.dynamics, &self.weights.reward);
        let hidden = dynamics.layers[0].output + reward.layers[0].output;
        let sequences = &sequences[(tile.state * samples + tile.start) * width..][..rows * width];
        let mut ends = Ends { rewards: vec![0.0; rows], latents: Vec::new() };
        let mut discount = 1.0;
        scratch.both.resize(scratch.both.len().max(rows * hidden), 0.0);
        for step in 0..horizon {
            let actions = Rows { data: &sequences[step * action_dim..], stride: width };
            let both = &mut scratch.both[..rows * hidden];
            if step == 0 {
                // All samples share the latent state: its part of the product is one row.
                let z = Rows { data: &latents[tile.state * z_dim..][..z_dim], stride: z_dim };
                let (shared, rest) = both.split_at_mut(hidden);
                product(shared, z, &self.weights.both_first, [1, z_dim, hidden], false);
                rest.chunks_exact_mut(hidden).for_each(|row| row.copy_from_slice(shared));
            } else {
                let z = Rows { data: &ends.latents, stride: z_dim };
                product(both, z, &self.weights.both_first, [rows, z_dim, hidden], false);
            }
            product(both, actions, &self.weights.both_first[z_dim * hidden..], [rows, action_dim, hidden], true);
            let split = dynamics.layers[0].output;
            dynamics.layers[0].finish(both, hidden, 0);
            reward.layers[0].finish(both, hidden, split);
            let logits = reward.forward(1, Rows { data: &both[split..], stride: hidden }, rows, &mut scratch.layers);
            decode(logits, &self.weights.bins, |row, value| ends.rewards[row] += discount * value);
            let next = dynamics.forward(1, Rows { data: both, stride: hidden }, rows, &mut scratch.layers);
            ends.latents.clear();
            ends.latents.extend_from_slice(next);
            discount *= self.settings.discount;
        }
        ends
    }

    /// Adds the discounted terminal value to the rewards of a tile.
    #[allow(clippy::cast_precision_loss, reason = "one or two members")]
    fn terminal(&self, ends: &Ends, tile: Tile, iteration: usize, scratch: &mut Scratch) -> Vec<f32> {
        let PlanShape { samples, horizon, action_dim, .. } = self.shape;
        let (z_dim, rows) = (self.model.latent_dim, tile.rows);
        let stride = if self.model.value_learning == ValueLearning::QOffPolicy {
            let kind = self.settings.terminal_policy;
            let noise = &self.noise.terminal[iteration][(tile.state * samples + tile.start) * action_dim..]
                [..rows * action_dim];
            let range = self.model.policy(kind).range();
            let actions = self.act(self.weights.policy(kind), kind, range, &ends.latents, noise, &mut scratch.layers);
            join(&mut scratch.input, &ends.latents, z_dim, &actions, action_dim);
            z_dim + action_dim
        } else {
            scratch.input.clear();
            scratch.input.extend_from_slice(&ends.latents);
            z_dim
        };
        let members = &self.noise.members[iteration];
        let share = (0..horizon).fold(1.0, |discount, _| discount * self.settings.discount) / members.len() as f32;
        let mut values = ends.rewards.clone();
        for &member in members {
            let x = Rows { data: &scratch.input, stride };
            let logits = self.weights.value[member].forward(0, x, rows, &mut scratch.layers);
            decode(logits, &self.weights.bins, |row, value| values[row] += share * value);
        }
        let bounded = |value: f32| if value.is_nan() { 0.0 } else { value.clamp(-SCORE_BOUND, SCORE_BOUND) };
        for value in &mut values {
            *value = bounded(*value);
        }
        values
    }
}

/// `[rows, a + b]` from `[rows, a]` and `[rows, b]`.
fn join(out: &mut Vec<f32>, left: &[f32], left_dim: usize, right: &[f32], right_dim: usize) {
    out.clear();
    for (left, right) in left.chunks_exact(left_dim).zip(right.chunks_exact(right_dim)) {
        out.extend_from_slice(left);
        out.extend_from_slice(right);
    }
}

/// `work` on all tiles, on all cores; results in the order of the tiles.
#[cfg(not(target_family = "wasm"))]
fn side_by_side<T: Send>(tiles: &[Tile], work: impl Fn(&Tile, &mut Scratch) -> T + Sync) -> Vec<T> {
    use rayon::prelude::*;
    tiles.par_iter().map_init(Scratch::default, |scratch, tile| work(tile, scratch)).collect()
}

/// `work` on all tiles, one after the other: there are no threads in a browser.
#[cfg(target_family = "wasm")]
fn side_by_side<T>(tiles: &[Tile], work: impl Fn(&Tile, &mut Scratch) -> T) -> Vec<T> {
    let mut scratch = Scratch::default();
    tiles.iter().map(|tile| work(tile, &mut scratch)).collect()
}
