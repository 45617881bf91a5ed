//! Actors of the TD-MPC2 family: [`PlanningActor`] is a planner guided by the policies, [`PolicyActor`] the bare
//! policy.

use burn::tensor::{Device, Tensor, TensorData};

use crate::agent::{ActRequest, Acted, Action, Actor, AgentError, Carry};
use crate::config::Config;
use crate::model::{PolicyKind, WorldModel};
use crate::nn::read;
use crate::planner::{NoiseSource, PlanRequest, Planner, PlannerBackend, PlannerSettings, StatePlan};

/// A planner guided by the policies of the model.
#[derive(Clone, Debug)]
pub struct PlanningActor<P = PlannerBackend> {
    /// The planner.
    pub planner: P,
    /// Its settings. May be changed between decisions: a carry that no longer fits the horizon is dropped.
    pub settings: PlannerSettings,
}

impl PlanningActor {
    /// Returns the configured planner with these settings, for networks on `device`.
    #[must_use]
    pub fn configured(config: &Config, settings: PlannerSettings, device: &Device) -> Self {
        Self { planner: PlannerBackend::new(config.run.engine, config.run.precision, device), settings }
    }
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
    /// The policy that guides a planner with these settings, the "network policy" of BMPC's Figure 2.
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
    Planning(Box<PlanningActor>),
    /// Does not plan.
    Policy(PolicyActor),
}

impl TdmpcActor {
    /// Returns the configured planner for episodes of `decisions` decisions and networks on the device of `model`, or
    /// its guiding policy if not `plans`.
    #[must_use]
    pub fn new(config: &Config, model: &WorldModel, decisions: usize, plans: bool) -> Self {
        let settings = PlannerSettings::new(config, decisions);
        if plans {
            Self::Planning(Box::new(PlanningActor::configured(config, settings, &model.device())))
        } else {
            Self::Policy(PolicyActor::guide(&settings))
        }
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
