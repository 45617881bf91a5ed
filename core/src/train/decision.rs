//! One decision, recorded compactly.

use serde::{Deserialize, Serialize};

use crate::planner::{NoiseKey, PlanMode, StatePlan};

/// One decision: the state before it, the action and its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Number of the decision since the start of the run, from 0.
    pub number: u32,
    /// Number of the episode, from 0.
    pub episode: u32,
    /// Decisions before it in the episode (t).
    pub t: u32,
    /// Environment steps (control steps) before it.
    pub env_step: usize,
    /// Updates of the networks before it.
    pub updates: u64,
    /// The environment before the action ([`EnvironmentSnapshot`](crate::task::EnvironmentSnapshot) as bytes).
    pub snapshot: Vec<u8>,
    /// Mean of the previous plan, `[horizon, action]`, flat; `None` at the first decision of an episode.
    pub previous_mean: Option<Vec<f32>>,
    /// The action taken, `[action]`, in [-1, 1].
    pub action: Vec<f32>,
    /// Its reward, summed over the decision's control steps.
    pub reward: f32,
    /// Return of the episode so far, this reward included.
    pub episode_return: f32,
    /// Its plan; `None` for a random action or one of the bare policy.
    pub planned: Option<Planned>,
    /// Whether it was the last of its episode.
    pub last: bool,
}

/// Summary of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// Predicted return G of the chosen elite.
    pub value: f32,
    /// What planning adds (BMPC, Eq. 5).
    pub delta_q: f32,
    /// Mean of the expert distribution, `[action]`.
    pub expert_mean: Vec<f32>,
    /// Its standard deviation, `[action]`.
    pub expert_std: Vec<f32>,
    /// Mode of the plan.
    pub mode: PlanMode,
    /// Its random numbers.
    pub noise: NoiseKey,
}

impl Planned {
    /// Returns the summary of `plan`, made for `mode` with these random numbers.
    #[must_use]
    pub fn new(plan: &StatePlan, mode: PlanMode, noise: NoiseKey) -> Self {
        Self {
            value: plan.expert_value,
            delta_q: plan.delta_q,
            expert_mean: plan.expert_mean.clone(),
            expert_std: plan.expert_std.clone(),
            mode,
            noise,
        }
    }
}

impl Decision {
    /// Returns its approximate size in memory, bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let floats = |list: &Vec<f32>| 4 * list.len();
        let planned = |plan: &Planned| floats(&plan.expert_mean) + floats(&plan.expert_std);
        size_of::<Self>()
            + self.snapshot.len()
            + self.previous_mean.as_ref().map_or(0, floats)
            + floats(&self.action)
            + self.planned.as_ref().map_or(0, planned)
    }
}
