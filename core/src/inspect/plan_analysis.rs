//! The analysis of one decision.

use serde::{Deserialize, Serialize};

use crate::planner::PlannerConfig;

/// What to compute about a decision in addition to the plan itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalysisOptions {
    /// Paths of the tracked body point as the world model imagines them.
    pub imagined: bool,
    /// Paths of the same actions replayed in a clone of the simulated world.
    pub real: bool,
    /// Value and reward distributions at the state.
    pub values: bool,
    /// Most samples' paths, not counting those of policies, elites and plan; spread evenly over iterations and ranks.
    pub sample_paths: usize,
    /// Most real paths: the plan first, then the policies' first sequence, then elites from the best on.
    pub real_paths: usize,
}

impl Default for AnalysisOptions {
    fn default() -> Self {
        Self { imagined: true, real: false, values: true, sample_paths: 64, real_paths: 8 }
    }
}

/// Everything about one plan that can be displayed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanAnalysis {
    /// The decision's number ([`Decision::number`](super::Decision::number)).
    pub decision: u32,
    /// Updates of the networks behind this plan: if they differ from those of the decision itself, the plan is a later
    /// one for the same state.
    pub updates: u64,
    /// The settings of the plan.
    pub settings: PlannerConfig,
    /// Sequences sampled per iteration (N), including those of the policies.
    pub samples: usize,
    /// Sequences that policies proposed; these are the first samples.
    pub policy_samples: usize,
    /// Planning horizon (H).
    pub horizon: usize,
    /// Action size (A).
    pub action_dim: usize,
    /// First iteration first.
    pub iterations: Vec<IterationView>,
    /// Which of the last iteration's elites was chosen.
    pub chosen: usize,
    /// The action, `[action]`.
    pub action: Vec<f32>,
    /// Mean of the expert distribution, `[action]`.
    pub expert_mean: Vec<f32>,
    /// Its standard deviation, `[action]`.
    pub expert_std: Vec<f32>,
    /// Predicted return G of the chosen sequence.
    pub value: f32,
    /// What planning adds (BMPC, Eq. 5).
    pub delta_q: f32,
    /// G of the chosen sequence, term by term.
    pub plan_terms: RewardSplit,
    /// G of the policies' sequences, averaged, term by term.
    pub policy_terms: RewardSplit,
    /// The guiding policy at this state.
    pub policy: PolicyView,
    /// Distributions at this state, if requested.
    pub values: Option<ValueView>,
    /// Paths of the tracked body point, if requested.
    pub paths: Vec<Path>,
}

/// One iteration of MPPI.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IterationView {
    /// G of every sequence, `[samples]`; the policies' come first.
    pub values: Vec<f32>,
    /// Sample numbers of the elites, best first.
    pub elites: Vec<u32>,
    /// Their weights, adding up to 1.
    pub weights: Vec<f32>,
    /// Mean at the end of the iteration, `[horizon, action]`, flat.
    pub mean: Vec<f32>,
    /// Standard deviation at the end of the iteration, `[horizon, action]`, flat.
    pub std: Vec<f32>,
}

/// A predicted return: discounted predicted rewards, and the discounted value at the end. They add up to G.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RewardSplit {
    /// gamma^k r(t + k), `[horizon]`.
    pub rewards: Vec<f32>,
    /// gamma^H V(t + H).
    pub terminal: f32,
}

/// The Gaussian of the guiding policy at a state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PolicyView {
    /// Mean action, `[action]`.
    pub mean: Vec<f32>,
    /// Standard deviation, `[action]`.
    pub std: Vec<f32>,
    /// KL(policy || expert), in nats, summed over action dimensions.
    pub kl: f32,
}

/// Distributions over the two-hot bins at a state and its chosen action.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ValueView {
    /// Value at the centre of each bin, in units of return (after symexp), `[bins]`.
    pub bins: Vec<f32>,
    /// Probabilities of each ensemble member, `[members][bins]`.
    pub members: Vec<Vec<f32>>,
    /// Decoded value of each member.
    pub decoded: Vec<f32>,
    /// Probabilities of the predicted reward of the chosen action, `[bins]`.
    pub reward: Vec<f32>,
    /// Its decoded value.
    pub reward_decoded: f32,
}

/// The kind of sequence that a path belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PathKind {
    /// Proposed by a policy.
    Policy,
    /// Drawn by MPPI in any of its iterations.
    Sample,
    /// One of the last iteration's elites.
    Elite,
    /// The chosen sequence.
    Plan,
}

/// Where a path comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PathSource {
    /// Decoded from the world model's latent rollout.
    Imagined,
    /// The same actions in a clone of the simulated world.
    Real,
}

/// The path of the tracked body point under one action sequence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Path {
    /// The kind of its sequence.
    pub kind: PathKind,
    /// Imagined or real.
    pub source: PathSource,
    /// Predicted return G of the sequence.
    pub value: f32,
    /// Positions in the world, m, from the present one on: at least `horizon + 1` points.
    pub points: Vec<[f32; 3]>,
}
