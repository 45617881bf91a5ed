//! Playing an agent: decisions like those of an evaluation, one after the other, without learning.

use super::{Decision, Planned, StepObserver};
use crate::agent::{ActRequest, Actor as _, Carry, TdmpcActor};
use crate::config::{Config, ConfigError};
use crate::math::{Purpose, Stream};
use crate::model::WorldModel;
use crate::planner::{NoiseKey, PlanMode, PlannerConfig, PlannerError, PlannerSettings};
use crate::task::Environment;
use crate::train::TrainError;

/// Plays an agent, episode after episode. Its behaviour is a function of agent, settings and seed; two players with the
/// same seed get the same start states. The first episode is the first one of an [`Evaluator`](crate::train::Evaluator)
/// with that seed.
#[derive(Debug)]
pub struct Player {
    config: Config,
    settings: PlannerSettings,
    actor: TdmpcActor,
    model: WorldModel,
    updates: u64,
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
    carry: Carry,
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
            actor: TdmpcActor::new(config, &model, decisions, planner),
            config: config.clone(),
            model,
            updates: 0,
            seed,
            environment,
            number: 0,
            env_step: 0,
            episode: 0,
            t: 0,
            episode_return: 0.0,
            carry: Carry::default(),
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
        if let TdmpcActor::Planning(actor) = &mut self.actor {
            actor.settings.config = config.planner.clone();
        }
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
        (self.t, self.episode_return, self.carry) = (0, 0.0, Carry::default());
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
        let previous_mean = self.carry.plan_mean.clone().filter(|mean| mean.len() == width);
        let noise = NoiseKey { seed: self.seed, purpose: Purpose::EvaluationPlan, decision: self.number };
        let begin = watch.now();
        let request = ActRequest {
            observations: &self.environment.observe(),
            mode: PlanMode::Evaluate,
            noise,
            trace: watch.trace,
        };
        let acted = self.actor.act(&self.model, std::slice::from_mut(&mut self.carry), &request).await?;
        watch.model = (watch.trace && acted.trace.is_some()).then(|| self.model.clone());
        watch.plan_trace = acted.trace;
        let (action, plan) =
            acted.actions.into_iter().next().map(|acted| (acted.action, acted.plan)).unwrap_or_default();
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
        (watch.plan, watch.decisions) = (plan, 1);
        self.number = self.number.wrapping_add(1);
        self.env_step += self.environment.control_steps() - before;
        self.t += 1;
        if decision.last {
            self.episode = self.episode.wrapping_add(1);
            self.begin();
        }
        Ok(decision)
    }
}
