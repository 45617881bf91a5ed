//! The machine itself.

use std::io::Read;

use burn::tensor::Device;

use super::explore::{bang_bang, uniform};
use super::parts::{BODY, REPLAY};
use super::reanalyzer::Reanalyzer;
use super::state::State;
use super::{Checkpoint, Evaluator, Event, Parts, Players, TrainError};
use crate::agent::{Agent, Round, StoredAgent, UpdateNoise};
use crate::config::{Config, OWN_BODY};
use crate::math::tensors::{read_tensors, write_tensors};
use crate::math::{Purpose, Stream};
use crate::model::WorldModel;
use crate::planner::{Engine, NoiseKey, NoiseSource, PlanMode, PlanRequest, Planner, PlannerSettings};
use crate::replay::{Batch, Expert, Replay, ReplaySizes, Transition};
use crate::task::{Environment, EnvironmentSnapshot};

/// What the machine is doing.
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

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What the machine does next.
    pub phase: Phase,
    /// Environment steps done.
    pub env_step: usize,
    /// Environment steps in all.
    pub total: usize,
    /// Decisions played of a running evaluation, and how many there will be.
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
    settings: PlannerSettings,
    environment: Environment,
    agent: Agent,
    planner: Engine,
    reanalyzer: Reanalyzer,
    replay: Replay,
    state: State,
    evaluator: Option<Evaluator>,
}

impl Trainer {
    /// A new run with this configuration on this device.
    ///
    /// # Errors
    /// When the task is unknown.
    pub fn new(config: Config, device: &Device) -> Result<Self, TrainError> {
        let environment = Environment::configured(&config.task)?;
        let info = environment.info();
        let decisions = info.episode_control_steps.div_ceil(config.task.action_repeat);
        let (observation, action) = (info.observation_size, info.action_size);
        Ok(Self {
            settings: PlannerSettings::new(&config, decisions),
            agent: Agent::new(&config, observation, action, decisions, device),
            planner: Engine::new(config.run.engine, config.run.precision, device),
            reanalyzer: Reanalyzer::new(&config, device),
            replay: Replay::new(ReplaySizes { observation, action, capacity: config.training.buffer_capacity }),
            state: State::default(),
            evaluator: None,
            environment,
            config,
        })
    }

    /// The run's configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The networks as they are now, outside autodiff.
    #[must_use]
    pub fn model(&self) -> WorldModel {
        self.agent.model()
    }

    /// The experience so far.
    #[must_use]
    pub fn replay(&self) -> &Replay {
        &self.replay
    }

    /// How far the run is.
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

    fn episode_length(&self) -> usize {
        self.environment.info().episode_control_steps.div_ceil(self.environment.action_repeat())
    }

    fn seed_decisions(&self) -> usize {
        self.config.training.seed_phase(self.episode_length()) + self.state.seed_extension
    }

    fn pretraining_left(&self) -> usize {
        let total = if self.config.training.pretrain { self.seed_decisions() } else { 0 };
        total.saturating_sub(self.state.pretrained)
    }

    /// Does the next piece of work: one decision with its update, or one update of pretraining, or one decision of a
    /// running evaluation. Returns what happened; [`Event::Finished`] comes once at the end, after it nothing does.
    ///
    /// After an error the machine is not to be stepped again; the last checkpoint is the last good state.
    ///
    /// # Errors
    /// When a loss is lost, or the device fails.
    pub async fn step(&mut self) -> Result<Vec<Event>, TrainError> {
        let mut events = Vec::new();
        match self.progress().phase {
            Phase::Evaluating => self.evaluate(&mut events).await?,
            Phase::Finished => {}
            Phase::Pretraining => self.pretrain(&mut events).await?,
            Phase::Seed => self.decide(&mut events).await?,
            Phase::Training => {
                self.decide(&mut events).await?;
                self.learn(true, &mut events).await?;
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
            // Until the seed phase has been learned from, there is nothing to evaluate.
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
        if evaluator.step(&mut self.planner, &self.agent.model(), &self.settings).await? {
            self.state.evaluating = false;
            events.push(Event::Evaluation(evaluator.result(self.state.env_step)));
        } else {
            self.evaluator = Some(evaluator);
        }
        Ok(())
    }

    async fn pretrain(&mut self, events: &mut Vec<Event>) -> Result<(), TrainError> {
        self.learn(false, events).await?;
        self.state.pretrained += 1;
        let total = self.seed_decisions();
        if self.state.pretrained.is_multiple_of(50) || self.state.pretrained == total {
            events.push(Event::Pretraining { done: self.state.pretrained, total });
        }
        Ok(())
    }

    /// One decision in the task.
    async fn decide(&mut self, events: &mut Vec<Event>) -> Result<(), TrainError> {
        let seed = self.config.run.seed;
        let decision = u32::try_from(self.state.decisions).unwrap_or(u32::MAX);
        if self.state.episode_decisions == 0 {
            let episode = u32::try_from(self.state.episodes).unwrap_or(u32::MAX);
            self.environment.reset(&mut Stream::new(seed, Purpose::Reset, episode));
            self.replay.begin(&self.environment.observe());
        }
        let plan = if self.state.decisions < self.seed_decisions() {
            None
        } else {
            let previous = self.state.previous_mean.take().map(|mean| mean.into_iter().map(f32::from_bits).collect());
            let request = PlanRequest {
                observations: &self.environment.observe(),
                previous_means: &[previous],
                mode: PlanMode::Collect,
                noise: NoiseSource::Key(NoiseKey { seed, purpose: Purpose::Plan, decision }),
                trace: false,
            };
            self.planner.plan(&self.agent.model(), &self.settings, &request).await?.states.pop()
        };
        let action_size = self.environment.info().action_size;
        let action = match &plan {
            Some(plan) => plan.action.clone(),
            None if self.state.seed_extension > 0 => bang_bang(seed, decision, action_size),
            None => uniform(seed, decision, action_size),
        };
        let before = self.environment.control_steps();
        let step = self.environment.step(&action)?;
        let expert = plan.as_ref().map(|plan| Expert {
            mean: &plan.expert_mean,
            std: &plan.expert_std,
            value: plan.expert_value,
        });
        let next_observation = self.environment.observe();
        self.replay.push(&Transition {
            action: &action,
            reward: step.reward,
            next_observation: &next_observation,
            expert,
            terminated: step.terminated,
            truncated: step.truncated,
        });
        let (seed_decisions, episode_length) = (self.seed_decisions(), self.episode_length());
        let seed_limit = self.config.training.seed_episodes_limit * episode_length;
        let state = &mut self.state;
        state.decisions += 1;
        state.episode_decisions += 1;
        state.env_step += self.environment.control_steps() - before;
        state.add_reward(step.reward);
        if state.decisions == seed_decisions && !state.rewards_differ && seed_decisions < seed_limit {
            state.seed_extension += episode_length.min(seed_limit - seed_decisions);
        }
        if let Some(plan) = plan {
            state.figures.add("plan_value", plan.expert_value);
            state.figures.add("plan_delta_q", plan.delta_q);
            state.previous_mean = Some(plan.mean.into_iter().map(f32::to_bits).collect());
        }
        let (env_step, episode_return) = (state.env_step, state.episode_return());
        events.push(Event::Step { env_step, reward: step.reward, episode_return });
        if step.terminated || step.truncated {
            state.episodes += 1;
            events.push(Event::EpisodeEnd {
                env_step,
                episode: state.episodes,
                episode_return,
                decisions: state.episode_decisions,
                terminated: step.terminated,
            });
            state.episode_decisions = 0;
            state.episode_return = 0;
            state.previous_mean = None;
        }
        Ok(())
    }

    /// One update, after what is due of reanalyze: first the experts of earlier rounds are written, so that the batch has
    /// them, then a new round is started.
    async fn learn(&mut self, learn_policy: bool, events: &mut Vec<Event>) -> Result<(), TrainError> {
        let (seed, update) = (self.config.run.seed, self.agent.updates());
        for experts in self.reanalyzer.take_due(update)? {
            experts.write(&mut self.replay);
            self.state.figures.add("reanalyze_delta_q", experts.delta_q);
        }
        let mut random = UpdateNoise::replay_stream(seed, update);
        let Some(mut batch) = self.replay.sample(self.config.training.batch, self.settings.config.horizon, &mut random)
        else {
            return Ok(());
        };
        let noise = self.agent.draw_noise(seed, &batch);
        if learn_policy {
            self.reanalyze(update, &mut batch).await?;
        }
        let metrics = self.agent.update(&batch, &noise, learn_policy).await?;
        for (name, value) in metrics.0 {
            self.state.figures.add(&name, value);
        }
        if let Some(mut metrics) = self.state.figures.count_update() {
            #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
            metrics.push(("replay_megabytes".into(), self.replay.memory_bytes() as f32 / 1e6));
            let update = usize::try_from(self.agent.updates()).unwrap_or(usize::MAX);
            events.push(Event::Update { env_step: self.state.env_step, update, metrics });
        }
        Ok(())
    }

    /// Starts a round of reanalyze for `batch` where one is due: the newest networks make new experts, which the batch at
    /// hand learns from if they are there at once.
    async fn reanalyze(&mut self, update: u64, batch: &mut Batch) -> Result<(), TrainError> {
        let interval = self.config.algorithm.reanalyze_interval as u64;
        if interval == 0 || !update.is_multiple_of(interval) || !self.reanalyzer.takes_rounds() {
            return Ok(());
        }
        let sequences = self.config.algorithm.reanalyze_batch;
        let round = Round::new(batch, sequences, self.config.run.seed, self.state.reanalyzed);
        self.state.reanalyzed += 1;
        let model = self.agent.model();
        let experts = self.reanalyzer.start(round, update, &mut self.planner, model, &self.settings).await?;
        if let Some(experts) = experts {
            experts.write_to_batch(batch);
            experts.write(&mut self.replay);
            self.state.figures.add("reanalyze_delta_q", experts.delta_q);
        }
        Ok(())
    }

    /// The text of the body whose own task this is.
    fn own_body(&self) -> Option<&str> {
        self.config.task.body.as_deref().filter(|_| self.config.task.name == OWN_BODY)
    }

    /// The whole run as a checkpoint to be written, from which [`resume`](Self::resume) continues exactly. The replay buffer
    /// is not copied: what more there is in memory is a copy of the weights and optimisers.
    ///
    /// Waits for rounds of reanalyze that are being planned.
    ///
    /// # Errors
    /// When the device fails, or a round of reanalyze.
    pub async fn checkpoint(&self) -> Result<Checkpoint<'_>, TrainError> {
        let agent = self.agent.store().await?;
        let pending_rounds = self.reanalyzer.store()?;
        let state = State { updates: agent.updates, pending_rounds, ..self.state.clone() };
        let state = serde_json::to_vec_pretty(&state).map_err(|error| TrainError::State(error.to_string()))?;
        let mut parts = Parts::default();
        parts.insert("weights.safetensors", write_tensors(&agent.weights)?);
        parts.insert("optimiser.safetensors", write_tensors(&agent.optimiser)?);
        parts.insert("environment.bin", self.environment.snapshot().to_bytes());
        parts.insert("state.json", state);
        if let Some(body) = self.own_body() {
            parts.insert(BODY, body.as_bytes().to_vec());
        }
        Ok(Checkpoint::new(parts, &self.replay))
    }

    /// The same checkpoint in memory, where there is no disk to write it to.
    ///
    /// # Errors
    /// As [`checkpoint`](Self::checkpoint).
    pub async fn save(&self) -> Result<Parts, TrainError> {
        Ok(self.checkpoint().await?.into_parts())
    }

    /// Continues the run that `parts` were saved from. `config` may ask for more steps than before, but is otherwise that
    /// run's.
    ///
    /// # Errors
    /// When a part is missing, cannot be read, or does not fit the configuration.
    pub fn resume(config: Config, device: &Device, parts: &Parts) -> Result<Self, TrainError> {
        let mut replay = parts.get(REPLAY)?;
        Self::resume_with(config, device, parts, &mut replay)
    }

    /// As [`resume`](Self::resume), with the replay buffer read from `replay` instead of from the parts, piece by piece.
    ///
    /// # Errors
    /// As `resume`.
    pub fn resume_with(
        config: Config,
        device: &Device,
        parts: &Parts,
        replay: &mut dyn Read,
    ) -> Result<Self, TrainError> {
        let mut config = config;
        let body = parts.0.get(BODY).map(|bytes| String::from_utf8_lossy(bytes));
        if let Some(body) = body.filter(|_| config.task.name == OWN_BODY) {
            // Where there is no folder that keeps it, the checkpoint does.
            if **config.task.body.get_or_insert_with(|| (&*body).into()) != *body {
                return Err(TrainError::State(format!(
                    "the run's {BODY} is not the body that the checkpoint was made with"
                )));
            }
        }
        let mut trainer = Self::new(config, device)?;
        let stored_state = serde_json::from_slice(parts.get("state.json")?);
        trainer.state = stored_state.map_err(|error| TrainError::State(error.to_string()))?;
        let stored = StoredAgent {
            weights: read_tensors(parts.get("weights.safetensors")?)?,
            optimiser: read_tensors(parts.get("optimiser.safetensors")?)?,
            updates: trainer.state.updates,
        };
        trainer.agent.restore(&stored)?;
        trainer.replay = Replay::read(replay, trainer.replay.sizes())?;
        let snapshot = EnvironmentSnapshot::from_bytes(parts.get("environment.bin")?)?;
        trainer.environment.restore(&snapshot)?;
        let rounds = std::mem::take(&mut trainer.state.pending_rounds);
        if !rounds.iter().all(|round| round.fits(trainer.environment.info().action_size)) {
            return Err(TrainError::State("the pending experts do not fit the task".into()));
        }
        trainer.reanalyzer.restore(rounds);
        // A run that had finished goes on when it is given more steps.
        trainer.state.finished &= trainer.state.env_step >= trainer.config.run.steps;
        let plan_size = trainer.settings.config.horizon * trainer.environment.info().action_size;
        trainer.state.previous_mean = trainer.state.previous_mean.filter(|mean| mean.len() == plan_size);
        Ok(trainer)
    }
}
