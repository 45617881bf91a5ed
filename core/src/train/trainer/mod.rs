//! The trainer: its phases and their schedule. The work of each phase is in the other files of this folder.

mod decide;
mod learn;
mod store;

use burn::tensor::Device;

use super::reanalyzer::Reanalyzer;
use super::state::State;
use super::{Evaluator, Event, Players, StepObserver, TrainError};
use crate::agent::{Agent, Carry, PlanningActor};
use crate::config::{Config, ConfigError};
use crate::model::WorldModel;
use crate::planner::{PlannerConfig, PlannerSettings};
use crate::replay::Replay;
use crate::task::Environment;
use crate::train::collector::Collector;

/// The trainer's phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Random actions fill the replay buffer.
    Seed,
    /// The world model learns from the seed phase.
    Pretraining,
    /// Deciding and learning.
    Training,
    /// Playing evaluation episodes.
    Evaluating,
    /// All steps are done.
    Finished,
}

/// Progress of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Phase of the next step.
    pub phase: Phase,
    /// Environment steps done.
    pub env_step: usize,
    /// Environment steps in all.
    pub total: usize,
    /// Decisions played in a running evaluation, and their total.
    pub evaluated: Option<(usize, usize)>,
    /// Bytes that the replay buffer takes.
    pub replay_bytes: usize,
    /// Rounds of reanalyze whose experts have been written.
    pub reanalyzed: usize,
}

/// Trains an agent on a task, one decision per call.
#[derive(Debug)]
pub struct Trainer {
    config: Config,
    collector: Collector,
    agent: Agent,
    actor: PlanningActor,
    reanalyzer: Reanalyzer,
    replay: Replay,
    state: State,
    evaluator: Option<Evaluator>,
}

impl Trainer {
    /// Creates a new run with this configuration on this device.
    ///
    /// # Errors
    /// If the task is unknown.
    pub fn new(config: Config, device: &Device) -> Result<Self, TrainError> {
        let environment = Environment::configured(&config.task)?;
        let info = environment.info();
        let decisions = info.episode_control_steps.div_ceil(environment.action_repeat());
        let (observation, action) = (info.observation_size, info.action_size);
        Ok(Self {
            agent: Agent::new(&config, observation, action, decisions, device),
            actor: PlanningActor::configured(&config, PlannerSettings::new(&config, decisions), device),
            reanalyzer: Reanalyzer::new(&config, device),
            replay: Replay::new(Agent::columns(&config, observation, action), config.training.buffer_capacity),
            state: State::default(),
            evaluator: None,
            collector: Collector::new(&environment, config.training.environments),
            config,
        })
    }

    /// Returns the run's configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the current networks, outside autodiff.
    #[must_use]
    pub fn model(&self) -> WorldModel {
        self.agent.model()
    }

    /// Returns the replay buffer.
    #[must_use]
    pub fn replay(&self) -> &Replay {
        &self.replay
    }

    /// Returns the environment before the next decision; the first if there are several.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        self.collector.environment()
    }

    /// What the planner plans with.
    #[must_use]
    pub fn settings(&self) -> &PlannerSettings {
        &self.actor.settings
    }

    /// Returns the number of updates of the networks.
    #[must_use]
    pub fn updates(&self) -> u64 {
        self.agent.updates()
    }

    /// Changes the planner from the next decision on. Another horizon also changes the length of training sequences,
    /// unless `training.sequence` sets it. Rounds of reanalyze under way, and a running evaluation, go on.
    /// [`config`](Self::config) is kept in step: a checkpoint is to be resumed with that one.
    ///
    /// # Errors
    /// If the configuration would become invalid; nothing is changed then.
    pub fn set_planner(&mut self, planner: PlannerConfig) -> Result<(), ConfigError> {
        let config = Config { planner, ..self.config.clone() };
        config.check()?;
        if config.planner.horizon != self.config.planner.horizon {
            self.collector.carries.fill(Carry::default());
        }
        self.actor.settings.config = config.planner.clone();
        self.config = config;
        Ok(())
    }

    /// Returns the progress of the run.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let state = &self.state;
        let phase = match () {
            () if state.evaluating => Phase::Evaluating,
            () if state.env_step >= self.config.run.steps => Phase::Finished,
            () if state.decisions < self.seed_decisions() => Phase::Seed,
            () if self.pretraining_left() > 0 => Phase::Pretraining,
            () => Phase::Training,
        };
        Progress {
            phase,
            env_step: state.env_step,
            total: self.config.run.steps,
            evaluated: self.evaluator.as_ref().map(Evaluator::progress),
            replay_bytes: self.replay.memory_bytes(),
            reanalyzed: (state.reanalyzed as usize).saturating_sub(self.reanalyzer.pending()),
        }
    }

    /// Returns whether all steps are done, evaluated and saved, and the end has been reported.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.state.finished
    }

    fn episode_length(&self) -> usize {
        self.environment().info().episode_control_steps.div_ceil(self.environment().action_repeat())
    }

    fn seed_decisions(&self) -> usize {
        self.config.training.seed_phase(self.episode_length()) + self.state.seed_extension
    }

    fn pretraining_left(&self) -> usize {
        let total = if self.config.training.pretrain { self.seed_decisions() } else { 0 };
        total.saturating_sub(self.state.pretrained)
    }

    /// Does the next piece of work: one decision in each environment with the updates for them, or one update of
    /// pretraining, or one decision of a running evaluation. Returns the events; [`Event::Finished`] is returned once
    /// at the end, and no event after it.
    ///
    /// Do not step the trainer again after an error; the last checkpoint is the last good state.
    ///
    /// # Errors
    /// If a loss is not finite or the device fails.
    pub async fn step(&mut self) -> Result<Vec<Event>, TrainError> {
        self.step_watched(&mut StepObserver::default()).await
    }

    /// Like [`step`](Self::step), with an observer, which never changes the run.
    ///
    /// # Errors
    /// Those of `step`.
    pub async fn step_watched(&mut self, watch: &mut StepObserver) -> Result<Vec<Event>, TrainError> {
        watch.begin();
        let mut events = Vec::new();
        match self.progress().phase {
            Phase::Evaluating => self.evaluate(&mut events).await?,
            Phase::Finished => {}
            Phase::Pretraining => self.pretrain(&mut events, watch).await?,
            Phase::Seed => self.decide(&mut events, watch).await?,
            Phase::Training => {
                self.decide(&mut events, watch).await?;
                #[allow(clippy::cast_precision_loss, reason = "environments are few")]
                let earned = self.collector.len() as f64 * self.config.training.updates_per_decision;
                let mut owed = f64::from_bits(self.state.updates_owed) + earned;
                while owed >= 1.0 {
                    self.learn(true, &mut events, watch).await?;
                    owed -= 1.0;
                }
                self.state.updates_owed = owed.to_bits();
            }
        }
        self.announce(&mut events);
        Ok(events)
    }

    /// Which of the things that come every so often are due now.
    fn announce(&mut self, events: &mut Vec<Event>) {
        let run = &self.config.run;
        let state = &mut self.state;
        let env_step = state.env_step;
        let done = env_step >= run.steps;
        let due = |last: usize, every: usize| done || (every > 0 && env_step / every > last / every);
        if !state.evaluating && state.evaluated_at < env_step && due(state.evaluated_at, run.evaluate_every) {
            // Before pretraining on the seed phase there is nothing to evaluate.
            if done || self.agent.updates() > 0 {
                state.evaluating = run.evaluate_episodes > 0;
            }
            state.evaluated_at = env_step;
        }
        if state.evaluating {
            return;
        }
        if state.checkpoint_at < env_step && due(state.checkpoint_at, run.checkpoint_every) {
            state.checkpoint_at = env_step;
            events.push(Event::CheckpointDue { env_step });
        }
        if done && !state.finished {
            state.finished = true;
            events.push(Event::Finished { env_step });
        }
    }

    async fn evaluate(&mut self, events: &mut Vec<Event>) -> Result<(), TrainError> {
        let mut evaluator = if let Some(evaluator) = self.evaluator.take() {
            evaluator
        } else {
            let players = Players { planner: true, network: true };
            Evaluator::new(&self.config, players, self.config.run.evaluate_episodes, self.config.run.seed)?
        };
        if evaluator.step(&mut self.actor, &self.agent.model()).await? {
            self.state.evaluating = false;
            events.push(Event::Evaluation(evaluator.result(self.state.env_step)));
        } else {
            self.evaluator = Some(evaluator);
        }
        Ok(())
    }

    async fn pretrain(&mut self, events: &mut Vec<Event>, watch: &mut StepObserver) -> Result<(), TrainError> {
        self.learn(false, events, watch).await?;
        self.state.pretrained += 1;
        let total = self.seed_decisions();
        if self.state.pretrained.is_multiple_of(50) || self.state.pretrained == total {
            events.push(Event::Pretraining { done: self.state.pretrained, total });
        }
        Ok(())
    }
}
