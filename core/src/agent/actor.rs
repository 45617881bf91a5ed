//! Acting: the one way in which trainer, evaluator, player, reanalyze and analysis get actions.
//!
//! An [`Actor`] takes observations and the [`Carry`] of each episode and returns actions. [`PlanningActor`] is a planner
//! guided by the policies, [`PolicyActor`] the bare policy. Networks are passed in with each call, because training changes
//! them between decisions.

use std::future::Future;

use burn::tensor::{Tensor, TensorData};

use super::AgentError;
use crate::config::{Config, PolicyKind};
use crate::model::WorldModel;
use crate::nn::read;
use crate::planner::{
    NoiseKey, NoiseSource, PlanMode, PlanRequest, Planner, PlannerBackend, PlannerSettings, StatePlan, Trace,
};

/// What an actor carries from one decision of an episode to the next. The default is that of an episode's first decision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Carry {
    /// Mean of the previous plan, `[horizon, action]`, flat: where the next plan starts, shifted by one step. `None` at the
    /// first decision of an episode, and for an actor that does not plan.
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

/// A planner guided by the policies of the model.
#[derive(Clone, Debug)]
pub struct PlanningActor<P = PlannerBackend> {
    /// The planner.
    pub planner: P,
    /// Its settings. May be changed between decisions: a carry that no longer fits the horizon is dropped.
    pub settings: PlannerSettings,
}

impl<P: Planner> Actor for PlanningActor<P> {
    async fn act(
        &mut self,
        model: &WorldModel,
        carries: &mut [Carry],
        request: &ActRequest<'_>,
    ) -> Result<Acted, AgentError> {
        let width = self.settings.config.horizon * model.action_dim;
        let previous = |carry: &mut Carry| carry.plan_mean.take().filter(|mean| mean.len() == width);
        let previous_means: Vec<_> = carries.iter_mut().map(previous).collect();
        let &ActRequest { observations, mode, noise, trace } = request;
        let request =
            PlanRequest { observations, previous_means: &previous_means, mode, noise: NoiseSource::Key(noise), trace };
        let plan = self.planner.plan(model, &self.settings, &request).await?;
        for (carry, plan) in carries.iter_mut().zip(&plan.states) {
            carry.plan_mean = Some(plan.mean.clone());
        }
        let action = |plan: StatePlan| Action { action: plan.action.clone(), plan: Some(plan) };
        Ok(Acted { actions: plan.states.into_iter().map(action).collect(), trace: plan.trace })
    }
}

/// The mean action of one of the model's policies, without planning and without noise.
#[derive(Clone, Copy, Debug)]
pub struct PolicyActor {
    /// The policy.
    pub policy: PolicyKind,
}

impl PolicyActor {
    /// The policy that guides a planner with these settings: what plays where BMPC's Figure 2 says "network policy".
    #[must_use]
    pub fn guide(settings: &PlannerSettings) -> Self {
        Self { policy: settings.guide() }
    }
}

impl Actor for PolicyActor {
    async fn act(
        &mut self,
        model: &WorldModel,
        carries: &mut [Carry],
        request: &ActRequest<'_>,
    ) -> Result<Acted, AgentError> {
        let data = TensorData::new(request.observations.to_vec(), [carries.len(), model.observation_dim]);
        let latent = model.encode(Tensor::from_data(data, &model.device()));
        let means = read(vec![model.policy(self.policy).mean(latent).flatten(0, 1)]).await?.concat();
        let action = |action: &[f32]| Action { action: action.to_vec(), plan: None };
        Ok(Acted { actions: means.chunks(model.action_dim).map(action).collect(), trace: None })
    }
}

/// The actor of the TD-MPC2 family: the planner, or its guiding policy alone.
#[derive(Clone, Debug)]
pub enum TdmpcActor {
    /// Plans.
    Planning(PlanningActor),
    /// Does not plan.
    Policy(PolicyActor),
}

impl TdmpcActor {
    /// The configured planner for episodes of `decisions` decisions, for networks on the device of `model`; or without
    /// `plans`, its guiding policy.
    #[must_use]
    pub fn new(config: &Config, model: &WorldModel, decisions: usize, plans: bool) -> Self {
        let settings = PlannerSettings::new(config, decisions);
        if plans {
            Self::Planning(PlanningActor::configured(config, settings, &model.device()))
        } else {
            Self::Policy(PolicyActor::guide(&settings))
        }
    }
}

impl PlanningActor {
    /// The configured planner with these settings, for networks on `device`.
    #[must_use]
    pub fn configured(config: &Config, settings: PlannerSettings, device: &burn::tensor::Device) -> Self {
        Self { planner: PlannerBackend::new(config.run.engine, config.run.precision, device), settings }
    }
}

impl Actor for TdmpcActor {
    async fn act(
        &mut self,
        model: &WorldModel,
        carries: &mut [Carry],
        request: &ActRequest<'_>,
    ) -> Result<Acted, AgentError> {
        match self {
            Self::Planning(actor) => actor.act(model, carries, request).await,
            Self::Policy(actor) => actor.act(model, carries, request).await,
        }
    }
}
