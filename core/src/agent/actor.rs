//! Acting: the one way in which trainer, evaluator, player, reanalyze and analysis get actions.
//!
//! An [`Actor`] takes observations and the [`Carry`] of each episode and returns actions. Networks are passed in with
//! each call, because training changes them between decisions.

use std::future::Future;

use super::AgentError;
use crate::model::WorldModel;
use crate::planner::{NoiseKey, PlanMode, StatePlan, Trace};

/// What an actor carries from one decision of an episode to the next. The default is that of an episode's first
/// decision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Carry {
    /// Mean of the previous plan, `[horizon, action]`, flat: where the next plan starts, shifted by one step. `None` at
    /// the first decision of an episode, and for an actor that does not plan.
    pub plan_mean: Option<Vec<f32>>,
}

/// States to act in, one for each carry.
#[derive(Clone, Copy, Debug)]
pub struct ActRequest<'a> {
    /// Observations, `[states, observation]`, flat.
    pub observations: &'a [f32],
    /// What the actions are for.
    pub mode: PlanMode,
    /// The random numbers.
    pub noise: NoiseKey,
    /// Whether to record every iteration of a plan.
    pub trace: bool,
}

/// The actions for all states of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Acted {
    /// One per state.
    pub actions: Vec<Action>,
    /// The plans' iterations, if asked for and there are plans.
    pub trace: Option<Trace>,
}

/// The action for one state.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// `[action]`, in [-1, 1].
    pub action: Vec<f32>,
    /// The plan behind it; `None` if the actor does not plan.
    pub plan: Option<StatePlan>,
}

/// Takes actions for states of independent episodes, all at once.
pub trait Actor {
    /// Returns an action for each state and updates the episodes' carries.
    ///
    /// # Errors
    /// If sizes do not fit or the device fails.
    fn act(
        &mut self,
        model: &WorldModel,
        carries: &mut [Carry],
        request: &ActRequest<'_>,
    ) -> impl Future<Output = Result<Acted, AgentError>>;
}
