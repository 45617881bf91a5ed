//! The random numbers of a plan where they are used: computed from the key on the spot, or copied from given numbers.

use crate::planner::mppi::noise::{Kind, choose};
use crate::planner::{NoiseSource, PlanMode, PlanShape};

/// The numbers of one plan.
pub struct Draws<'a> {
    pub source: &'a NoiseSource<'a>,
    pub shape: PlanShape,
    pub mode: PlanMode,
}

impl Draws<'_> {
    /// For the action at `step` of a policy's sequence.
    pub fn policy(&self, state: usize, sample: usize, step: usize, out: &mut [f32]) {
        match self.source {
            NoiseSource::Key(key) => key.normals(Kind::Policy, [0, state, sample, step], out),
            NoiseSource::Given(noise) => {
                copy(out, &noise.policy, (step * self.shape.states + state) * self.shape.policy_samples + sample);
            }
        }
    }

    /// For a sampled sequence, `[horizon, action]`.
    pub fn sequence(&self, iteration: usize, state: usize, sample: usize, out: &mut [f32]) {
        let PlanShape { samples, policy_samples, action_dim, .. } = self.shape;
        match self.source {
            NoiseSource::Key(key) => {
                for (step, out) in out.chunks_exact_mut(action_dim).enumerate() {
                    key.normals(Kind::Sample, [iteration, state, sample, step], out);
                }
            }
            NoiseSource::Given(noise) => {
                let row = state * (samples - policy_samples) + sample - policy_samples;
                copy(out, &noise.samples[iteration], row);
            }
        }
    }

    /// For the action that ends a sequence under a Q value.
    pub fn terminal(&self, iteration: usize, state: usize, sample: usize, out: &mut [f32]) {
        match self.source {
            NoiseSource::Key(key) => key.normals(Kind::Terminal, [iteration, state, sample, self.shape.horizon], out),
            NoiseSource::Given(noise) => copy(out, &noise.terminal[iteration], state * self.shape.samples + sample),
        }
    }

    /// For the executed action.
    pub fn action(&self, state: usize, out: &mut [f32]) {
        match self.source {
            NoiseSource::Key(key) if self.mode == PlanMode::Collect => key.normals(Kind::Action, [0, state, 0, 0], out),
            NoiseSource::Key(_) => out.fill(0.0),
            NoiseSource::Given(noise) => copy(out, &noise.action, state),
        }
    }

    /// The value members that score in an iteration.
    pub fn members(&self, iteration: usize, out: &mut Vec<usize>) {
        out.clear();
        match self.source {
            NoiseSource::Key(key) => key.each_member(iteration, self.shape.members, |member| out.push(member)),
            NoiseSource::Given(noise) => out.extend_from_slice(&noise.members[iteration]),
        }
    }

    /// Returns which elite of `state` is chosen.
    pub fn choice(&self, state: usize, weights: &[f32]) -> usize {
        match self.source {
            NoiseSource::Key(key) => choose(key.choice(state), weights),
            NoiseSource::Given(noise) => noise.choice.choose(state, weights),
        }
    }
}

/// Copies row number `row` of rows as long as `out`.
fn copy(out: &mut [f32], rows: &[f32], row: usize) {
    out.copy_from_slice(&rows[row * out.len()..][..out.len()]);
}
