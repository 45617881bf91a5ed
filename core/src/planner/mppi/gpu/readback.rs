//! Building a plan from the kernels' results.

use super::super::{IterationTrace, Plan, PlanMode, PlanNoise, PlanShape, PlannerSettings, StatePlan, Trace};

/// What is needed to read a plan's results.
pub struct Readback<'a> {
    pub shape: PlanShape,
    pub settings: &'a PlannerSettings,
    pub mode: PlanMode,
    pub noise: &'a PlanNoise,
    pub trace: bool,
}

/// One state's outcome of an iteration, as `shaders/planner/update.wgsl` writes it.
struct Parts<'a> {
    values: &'a [f32],
    weights: &'a [f32],
    samples: &'a [f32],
    /// `[elites, action]`.
    actions: &'a [f32],
    /// Values of the policies' sequences.
    proposed: &'a [f32],
    mean: &'a [f32],
    std: &'a [f32],
}

impl Readback<'_> {
    /// Returns the floats in one state's outcome.
    pub fn size(shape: &PlanShape, settings: &PlannerSettings) -> usize {
        settings.config.elites * (3 + shape.action_dim) + shape.policy_samples + 2 * shape.horizon * shape.action_dim
    }

    fn parts<'d>(&self, mut data: &'d [f32]) -> Parts<'d> {
        let (elites, width) = (self.settings.config.elites, self.shape.horizon * self.shape.action_dim);
        let mut take = |count: usize| {
            let (part, rest) = data.split_at(count);
            data = rest;
            part
        };
        Parts {
            values: take(elites),
            weights: take(elites),
            samples: take(elites),
            actions: take(elites * self.shape.action_dim),
            proposed: take(self.shape.policy_samples),
            mean: take(width),
            std: take(width),
        }
    }

    fn states<'d>(&self, data: &'d [f32]) -> Vec<Parts<'d>> {
        data.chunks_exact(Self::size(&self.shape, self.settings)).map(|state| self.parts(state)).collect()
    }

    /// Returns the plan from the buffers read, in the order in which they were enqueued.
    pub fn plan(&self, data: Vec<Vec<f32>>) -> Plan {
        let outcomes: &[Vec<f32>] = if self.trace { &data[1..] } else { &data };
        let last = if self.trace { outcomes.len().saturating_sub(3) } else { 0 };
        let last = outcomes.get(last).map(|outcome| self.states(outcome)).unwrap_or_default();
        let chosen: Vec<usize> =
            last.iter().enumerate().map(|(state, parts)| self.noise.choice.choose(state, parts.weights)).collect();
        let states = last.iter().zip(&chosen).enumerate().map(|(state, (parts, &choice))| {
            let actions = self.shape.action_dim;
            StatePlan::new(
                self.mode,
                parts.actions[choice * actions..][..actions].to_vec(),
                &parts.std[..actions],
                &self.noise.action[state * actions..][..actions],
                parts.values[choice],
                parts.proposed,
                parts.mean.to_vec(),
            )
        });
        let states = states.collect();
        Plan { states, trace: self.trace.then(|| self.trace(data, chosen)) }
    }

    fn trace(&self, data: Vec<Vec<f32>>, chosen: Vec<usize>) -> Trace {
        let PlanShape { states, policy_samples, horizon, action_dim, .. } = self.shape;
        let size = states * policy_samples * horizon * action_dim;
        let mut data = data.into_iter();
        let plan = data.next().unwrap_or_default();
        // The proposed sequences are stored after the latent states and before two distributions.
        let end = plan.len() - 2 * states * horizon * action_dim;
        let policy_sequences = plan[end - size..end].to_vec();
        let mut iterations = Vec::new();
        while let (Some(outcome), Some(sequences), Some(values)) = (data.next(), data.next(), data.next()) {
            let parts = self.states(&outcome);
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "sample numbers passed as floats"
            )]
            let index = |sample: &f32| *sample as usize;
            iterations.push(IterationTrace {
                sequences,
                values,
                elites: parts.iter().flat_map(|parts| parts.samples.iter().map(index)).collect(),
                weights: parts.iter().flat_map(|parts| parts.weights).copied().collect(),
                mean: parts.iter().flat_map(|parts| parts.mean).copied().collect(),
                std: parts.iter().flat_map(|parts| parts.std).copied().collect(),
            });
        }
        Trace { shape: self.shape, policy_sequences, iterations, chosen }
    }
}
