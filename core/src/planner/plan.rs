//! The purpose of a plan, its result, and its internals.

use serde::{Deserialize, Serialize};

/// What a plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlanMode {
    /// Acting while collecting: noise of the plan's standard deviation on the action.
    Collect,
    /// Acting in evaluation: no noise on the action.
    Evaluate,
    /// Making new experts for stored states: the guiding policy explores more.
    Reanalyze,
}

/// Sizes of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanShape {
    /// States planned for at once (B).
    pub states: usize,
    /// Sequences per state, including those of the policies (N).
    pub samples: usize,
    /// Sequences per state that policies propose, all policies together (P).
    pub policy_samples: usize,
    /// MPPI iterations.
    pub iterations: usize,
    /// Planning horizon (H).
    pub horizon: usize,
    /// Action size (A).
    pub action_dim: usize,
    /// Value ensemble members.
    pub members: usize,
}

/// The plans for all states of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// One per state.
    pub states: Vec<StatePlan>,
    /// The trace, if requested.
    pub trace: Option<Trace>,
}

/// The plan for one state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatePlan {
    /// The action to take, `[action]`, in [-1, 1].
    pub action: Vec<f32>,
    /// Mean of the expert distribution: the first action of the chosen elite, `[action]`.
    pub expert_mean: Vec<f32>,
    /// Standard deviation of the expert distribution: that of the plan's first step, `[action]`.
    pub expert_std: Vec<f32>,
    /// The chosen elite's predicted return G.
    pub expert_value: f32,
    /// Mean of the plan, `[horizon, action]`, flat: the next decision starts from it, shifted.
    pub mean: Vec<f32>,
    /// What planning adds: the chosen elite's G minus the policies' average G (BMPC, Eq. 5); 0 without policy
    /// sequences.
    pub delta_q: f32,
}

/// Every iteration of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The plan's sizes.
    pub shape: PlanShape,
    /// The sequences that the policies proposed, `[states, policy samples, horizon, action]`, flat; these are the first
    /// samples.
    pub policy_sequences: Vec<f32>,
    /// First iteration first.
    pub iterations: Vec<IterationTrace>,
    /// Per state, which of the last iteration's elites was chosen.
    pub chosen: Vec<usize>,
}

/// One iteration of a plan. All flat; `states` is the first axis.
#[derive(Clone, Debug, PartialEq)]
pub struct IterationTrace {
    /// All sequences, `[states, samples, horizon, action]`.
    pub sequences: Vec<f32>,
    /// Their predicted returns G, `[states, samples]`.
    pub values: Vec<f32>,
    /// Sample numbers of the elites, best first, `[states, elites]`.
    pub elites: Vec<usize>,
    /// Weights of the elites, adding up to 1, `[states, elites]`.
    pub weights: Vec<f32>,
    /// Mean of the next distribution, `[states, horizon, action]`.
    pub mean: Vec<f32>,
    /// Its standard deviation, `[states, horizon, action]`.
    pub std: Vec<f32>,
}

impl Trace {
    /// The part of the trace that belongs to state number `state`.
    #[must_use]
    pub fn of_state(self, state: usize) -> Self {
        let states = self.shape.states.max(1);
        if states == 1 {
            return self;
        }
        let iteration = |iteration: &IterationTrace| IterationTrace {
            sequences: part(&iteration.sequences, state, states),
            values: part(&iteration.values, state, states),
            elites: part(&iteration.elites, state, states),
            weights: part(&iteration.weights, state, states),
            mean: part(&iteration.mean, state, states),
            std: part(&iteration.std, state, states),
        };
        Self {
            shape: PlanShape { states: 1, ..self.shape },
            policy_sequences: part(&self.policy_sequences, state, states),
            iterations: self.iterations.iter().map(iteration).collect(),
            chosen: part(&self.chosen, state, states),
        }
    }
}

impl Trace {
    /// Returns the trace of a planner that records none, of a plan with these sizes: one iteration with one sequence
    /// for each state, which is the plan's mean with the chosen first action.
    pub(super) fn of_means(plans: &[StatePlan], shape: PlanShape) -> Self {
        let all = |of: &dyn Fn(&StatePlan) -> Vec<f32>| plans.iter().flat_map(of).collect::<Vec<f32>>();
        let sequence = |plan: &StatePlan| {
            let rest = plan.mean.iter().skip(plan.expert_mean.len());
            plan.expert_mean.iter().chain(rest).copied().collect()
        };
        let iteration = IterationTrace {
            sequences: all(&sequence),
            values: plans.iter().map(|plan| plan.expert_value).collect(),
            elites: vec![0; plans.len()],
            weights: vec![1.0; plans.len()],
            mean: all(&|plan| plan.mean.clone()),
            std: all(&|plan| plan.expert_std.repeat(shape.horizon)),
        };
        Self {
            shape: PlanShape { samples: 1, policy_samples: 0, iterations: 1, ..shape },
            policy_sequences: Vec::new(),
            iterations: vec![iteration],
            chosen: vec![0; plans.len()],
        }
    }
}

/// The numbers of state number `state`, out of those of all `states`.
fn part<T: Copy>(all: &[T], state: usize, states: usize) -> Vec<T> {
    let width = all.len() / states;
    all.iter().skip(state * width).take(width).copied().collect()
}

impl StatePlan {
    /// Returns the plan whose chosen elite begins with `expert_mean` and has value `expert_value`. `expert_std` and
    /// `noise` belong to the first action, `proposed` holds the values of the policies' sequences.
    pub(super) fn new(
        mode: PlanMode,
        expert_mean: Vec<f32>,
        expert_std: &[f32],
        noise: &[f32],
        expert_value: f32,
        proposed: &[f32],
        mean: Vec<f32>,
    ) -> Self {
        let action = if mode == PlanMode::Collect {
            let draw = |((mean, std), noise): ((&f32, &f32), &f32)| (mean + std * noise).clamp(-1.0, 1.0);
            expert_mean.iter().zip(expert_std).zip(noise).map(draw).collect()
        } else {
            expert_mean.clone()
        };
        #[allow(clippy::cast_precision_loss, reason = "samples are few")]
        let average = proposed.iter().sum::<f32>() / proposed.len() as f32;
        let delta_q = if proposed.is_empty() { 0.0 } else { expert_value - average };
        Self { action, expert_mean, expert_std: expert_std.to_vec(), expert_value, mean, delta_q }
    }
}
