//! Playing an agent: decisions like those of an evaluation, one after the other, without learning.

use burn::tensor::{Tensor, TensorData};

use super::{Decision, Planned, StepObserver};
use crate::config::{Config, ConfigError, PlannerConfig};
use crate::math::{Purpose, Stream};
use crate::model::WorldModel;
use crate::nn::read;
use crate::planner::{
    NoiseKey, NoiseSource, PlanMode, PlanRequest, Planner, PlannerBackend, PlannerError, PlannerSettings, StatePlan,
};
use crate::task::Environment;
use crate::train::TrainError;

/// Plays an agent, episode after episode. Its behaviour is a function of agent, settings and seed; two players with the
/// same seed get the same start states. The first episode is the first one of an [`Evaluator`](crate::train::Evaluator)
/// with that seed.
#[derive(Debug)]
pub struct Player {
    config: Config,
    settings: PlannerSettings,
    model: WorldModel,
    updates: u64,
    engine: PlannerBackend,
    plans: bool,
    seed: u64,
    environment: Environment,
    /// Decisions since the start.
    number: u32,
    /// Control steps since the start.
    env_step: usize,
    /// Number of the current episode.
    episode: u32,
    /// Decisions in it.
    t: u32,
    episode_return: f32,
    previous_mean: Option<Vec<f32>>,
}

impl Player {
    /// Returns a player of the configured task with the networks of `model`, at its first start state. `planner`
    /// selects whether the planner or the bare policy decides.
    ///
    /// # Errors
    /// If the task is unknown or the model does not fit it.
    pub fn new(config: &Config, model: WorldModel, seed: u64, planner: bool) -> Result<Self, TrainError> {
        let environment = Environment::configured(&config.task)?;
        let info = environment.info();
        for (what, found, expected) in [
            ("observations", info.observation_size, model.observation_dim),
            ("actions", info.action_size, model.action_dim),
        ] {
            if found != expected {
                return Err(PlannerError::Size { states: 1, what, found, expected }.into());
            }
        }
        let decisions = info.episode_control_steps.div_ceil(config.task.action_repeat);
        let mut player = Self {
            settings: PlannerSettings::new(config, decisions),
            engine: PlannerBackend::new(config.run.engine, config.run.precision, &model.device()),
            config: config.clone(),
            model,
            updates: 0,
            plans: planner,
            seed,
            environment,
            number: 0,
            env_step: 0,
            episode: 0,
            t: 0,
            episode_return: 0.0,
            previous_mean: None,
        };
        player.restart(seed);
        Ok(player)
    }

    /// Sets the number of updates that the networks were trained for, which is recorded in the decisions.
    #[must_use]
    pub fn with_updates(self, updates: u64) -> Self {
        Self { updates, ..self }
    }

    /// Restarts with this seed.
    pub fn restart(&mut self, seed: u64) {
        self.seed = seed;
        (self.number, self.env_step, self.episode) = (0, 0, 0);
        self.begin();
    }

    /// Changes the planner from the next decision on.
    ///
    /// # Errors
    /// If the configuration would be invalid with it; nothing is changed then.
    pub fn set_planner(&mut self, planner: PlannerConfig) -> Result<(), ConfigError> {
        let config = Config { planner, ..self.config.clone() };
        config.check()?;
        self.settings.config = config.planner.clone();
        self.config = config;
        Ok(())
    }

    /// Returns the configuration, with live changes.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the planner's settings.
    #[must_use]
    pub fn settings(&self) -> &PlannerSettings {
        &self.settings
    }

    /// Returns the networks.
    #[must_use]
    pub fn model(&self) -> &WorldModel {
        &self.model
    }

    /// Returns the updates that the networks were trained for, as set by the caller.
    #[must_use]
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Returns the task's environment, as it is before the next decision.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    fn begin(&mut self) {
        self.environment.reset(&mut Stream::new(self.seed, Purpose::EvaluationReset, self.episode));
        (self.t, self.episode_return, self.previous_mean) = (0, 0.0, None);
    }

    /// Makes one decision, and starts a new episode after the last decision of one. `watch` records plan, trace and
    /// times as in a trainer; the decision is returned whether or not `watch` requests it.
    ///
    /// # Errors
    /// If planning, the simulation or the device fails.
    pub async fn step(&mut self, watch: &mut StepObserver) -> Result<Decision, TrainError> {
        watch.begin();
        let snapshot = self.environment.snapshot().to_bytes();
        // The horizon may have changed since the previous decision.
        let width = self.settings.config.horizon * self.model.action_dim;
        let previous_mean = self.previous_mean.take().filter(|mean| mean.len() == width);
        let noise = NoiseKey { seed: self.seed, purpose: Purpose::EvaluationPlan, decision: self.number };
        let begin = watch.now();
        let plan = if self.plans { self.plan(previous_mean.as_ref(), noise, watch).await? } else { None };
        let action = match &plan {
            Some(plan) => plan.action.clone(),
            None => self.policy_action().await?,
        };
        watch.times.plan = watch.now() - begin;
        let (begin, before) = (watch.now(), self.environment.control_steps());
        let step = self.environment.step(&action)?;
        watch.times.simulate = watch.now() - begin;
        self.episode_return += step.reward;
        let decision = Decision {
            number: self.number,
            episode: self.episode,
            t: self.t,
            env_step: self.env_step,
            updates: self.updates,
            snapshot,
            previous_mean,
            action,
            reward: step.reward,
            episode_return: self.episode_return,
            planned: plan.as_ref().map(|plan| Planned::new(plan, PlanMode::Evaluate, noise)),
            last: step.terminated || step.truncated,
        };
        self.previous_mean = plan.as_ref().map(|plan| plan.mean.clone());
        watch.plan = plan;
        self.number = self.number.wrapping_add(1);
        self.env_step += self.environment.control_steps() - before;
        self.t += 1;
        if decision.last {
            self.episode = self.episode.wrapping_add(1);
            self.begin();
        }
        Ok(decision)
    }

    async fn plan(
        &mut self,
        previous_mean: Option<&Vec<f32>>,
        noise: NoiseKey,
        watch: &mut StepObserver,
    ) -> Result<Option<StatePlan>, TrainError> {
        let request = PlanRequest {
            observations: &self.environment.observe(),
            previous_means: &[previous_mean.cloned()],
            mode: PlanMode::Evaluate,
            noise: NoiseSource::Key(noise),
            trace: watch.trace,
        };
        let mut plan = self.engine.plan(&self.model, &self.settings, &request).await?;
        watch.plan_trace = plan.trace.take();
        watch.model = watch.trace.then(|| self.model.clone());
        Ok(plan.states.pop())
    }

    /// Returns the mean action of the policy that guides the planner.
    async fn policy_action(&self) -> Result<Vec<f32>, TrainError> {
        let data = TensorData::new(self.environment.observe(), [1, self.model.observation_dim]);
        let latent = self.model.encode(Tensor::from_data(data, &self.model.device()));
        let guide = self.settings.guides.first().copied().unwrap_or(self.settings.terminal_policy);
        Ok(read(vec![self.model.policy(guide).mean(latent).flatten(0, 1)]).await?.concat())
    }
}
