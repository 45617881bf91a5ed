//! Building a plan from the results of the iterations on the device: one read, then the choice among the elites.

use burn::tensor::{Int, Tensor};

use super::{IterationTrace, Plan, PlanMode, PlanNoise, PlanShape, PlannerError, StatePlan, Trace};
use crate::nn::read;

/// The results of one iteration, on the device.
pub(super) struct Iteration {
    /// `[states * samples, horizon * action]`.
    pub sequences: Tensor<2>,
    /// `[states, samples]`.
    pub values: Tensor<2>,
    /// `[states, elites]`.
    pub elite_values: Tensor<2>,
    /// `[states, elites]`.
    pub elite_indices: Tensor<2, Int>,
    /// `[states, elites, horizon * action]`.
    pub elites: Tensor<3>,
    /// `[states, elites, 1]`.
    pub weights: Tensor<3>,
    /// `[states, 1, horizon * action]`.
    pub mean: Tensor<3>,
    /// `[states, 1, horizon * action]`.
    pub std: Tensor<3>,
}

/// The results of a plan, on the device.
pub(super) struct Readback<'a> {
    pub shape: PlanShape,
    pub mode: PlanMode,
    pub noise: &'a PlanNoise,
    /// All iterations for a trace, otherwise at least the last.
    pub iterations: Vec<Iteration>,
    /// `[states, policy samples, horizon * action]`.
    pub policy: Option<Tensor<3>>,
}

/// The inputs of the choice, flat.
struct Last {
    values: Vec<f32>,
    elite_values: Vec<f32>,
    elites: Vec<f32>,
    weights: Vec<f32>,
    means: Vec<f32>,
    stds: Vec<f32>,
}

impl Readback<'_> {
    /// Reads everything in one transfer.
    pub async fn read(self, trace: bool) -> Result<Plan, PlannerError> {
        let mut tensors = Vec::new();
        if let Some(last) = self.iterations.last() {
            tensors.extend([
                flat(&last.values),
                flat(&last.elite_values),
                flat(&last.elites),
                flat(&last.weights),
                flat(&last.mean),
                flat(&last.std),
            ]);
        }
        if trace {
            tensors.extend(self.policy.as_ref().map(flat));
            for iteration in &self.iterations {
                tensors.extend([
                    flat(&iteration.sequences),
                    flat(&iteration.values),
                    // Sample numbers are small enough to be read as floats.
                    flat(&iteration.elite_indices.clone().float()),
                    flat(&iteration.weights),
                    flat(&iteration.mean),
                    flat(&iteration.std),
                ]);
            }
        }
        let mut data = read(tensors).await?.into_iter();
        let mut next = || data.next().unwrap_or_default();
        let last =
            Last { values: next(), elite_values: next(), elites: next(), weights: next(), means: next(), stds: next() };
        let elites = last.weights.len() / self.shape.states.max(1);
        let chosen: Vec<usize> = (0..self.shape.states)
            .map(|state| self.noise.choice.choose(state, &last.weights[state * elites..(state + 1) * elites]))
            .collect();
        let states =
            chosen.iter().enumerate().map(|(state, &choice)| self.plan(&last, state, choice, elites)).collect();
        let trace = trace.then(|| Trace {
            shape: self.shape,
            policy_sequences: if self.policy.is_some() { next() } else { Vec::new() },
            iterations: self.iterations.iter().map(|_| iteration_trace(&mut next)).collect(),
            chosen,
        });
        Ok(Plan { states, trace })
    }

    /// Returns the plan for one state, given that elite number `choice` of `elites` was chosen.
    fn plan(&self, last: &Last, state: usize, choice: usize, elites: usize) -> StatePlan {
        let PlanShape { samples, policy_samples, horizon, action_dim, .. } = self.shape;
        let width = horizon * action_dim;
        let expert_mean = last.elites[(state * elites + choice) * width..][..action_dim].to_vec();
        let noise = &self.noise.action[state * action_dim..(state + 1) * action_dim];
        StatePlan::new(
            self.mode,
            expert_mean,
            &last.stds[state * width..][..action_dim],
            noise,
            last.elite_values[state * elites + choice],
            &last.values[state * samples..][..policy_samples],
            last.means[state * width..][..width].to_vec(),
        )
    }
}

fn flat<const D: usize>(tensor: &Tensor<D>) -> Tensor<1> {
    tensor.clone().flatten(0, D - 1)
}

fn iteration_trace(next: &mut dyn FnMut() -> Vec<f32>) -> IterationTrace {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sample numbers passed as floats")]
    let index = |index: f32| index as usize;
    IterationTrace {
        sequences: next(),
        values: next(),
        elites: next().into_iter().map(index).collect(),
        weights: next(),
        mean: next(),
        std: next(),
    }
}
