//! The benchmark cases, one file each. A case is created from a [`Setup`] and does the same work on each run.

mod decision;
mod environment;
mod plan;
mod reanalyze;
mod update;

pub use decision::endless;

use bootstride_core::agent::Agent;
use bootstride_core::config::Config;
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::planner::{PlannerBackend, PlannerSettings};
use bootstride_core::replay::{Replay, Transition};
use bootstride_core::task::{Environment, TaskError, TaskInfo, configured_task};
use bootstride_session::failure::Failure;
use burn::tensor::Device;

use crate::cost::Cost;

/// A piece of work to be measured.
pub trait Case: Send {
    /// Returns the number of calls per run, by which its time is divided.
    fn calls(&self) -> usize {
        1
    }

    /// Returns the measured rounds of reanalyze per call, if the configuration does not determine them.
    fn rounds_per_call(&self) -> Option<f64> {
        None
    }

    /// Does the work, until its results are on the host.
    ///
    /// # Errors
    ///
    /// If it fails.
    fn run(&mut self) -> Result<(), Failure>;
}

/// The name of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseName {
    /// One plan for one state, as in a training decision, including reading the result.
    Plan,
    /// One round of lazy reanalyze: plans for `reanalyze_batch` x sequence length states at once.
    Reanalyze,
    /// One update of all networks, including sampling its batch and random numbers.
    Update,
    /// One whole training decision: plan, step, update, and its share of reanalyze. With `training.environments`
    /// above 1, the plans of all environments are batched, and the time is divided by their number.
    Decision,
    /// One decision of the simulated task alone.
    Env,
}

/// The common setup of all cases.
pub struct Setup {
    /// The configuration.
    pub config: Config,
    /// The task.
    pub task: TaskInfo,
    /// The compute device, without autodiff.
    pub device: Device,
}

/// Number of decisions with random actions in the replay buffer of a case.
const EXPERIENCE: u32 = 200;

impl CaseName {
    /// All cases, in the order of measurement.
    pub const ALL: [Self; 5] = [Self::Plan, Self::Reanalyze, Self::Update, Self::Decision, Self::Env];

    /// Returns the name used on the command line and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Reanalyze => "reanalyze",
            Self::Update => "update",
            Self::Decision => "decision",
            Self::Env => "env",
        }
    }

    /// Returns whether the case applies: an algorithm may not use reanalyze.
    #[must_use]
    pub fn applies(self, config: &Config) -> bool {
        self != Self::Reanalyze || config.algorithm.reanalyze_interval > 0
    }

    /// Returns the floating-point operations of one call; `None` without matrix products. `rounds` is the result of
    /// [`Case::rounds_per_call`].
    #[must_use]
    pub fn operations(self, cost: &Cost, rounds: Option<f64>) -> Option<f64> {
        match self {
            Self::Plan => Some(cost.plan(1)),
            Self::Reanalyze => Some(cost.reanalyze()),
            Self::Update => Some(cost.update()),
            Self::Decision => Some(rounds.map_or_else(|| cost.decision(), |rounds| cost.decision_with(rounds))),
            Self::Env => None,
        }
    }

    /// Returns the case, ready to run.
    ///
    /// # Errors
    ///
    /// If it cannot be set up.
    pub fn prepare(self, setup: &Setup) -> Result<Box<dyn Case>, Failure> {
        Ok(match self {
            Self::Plan => Box::new(plan::Plan::new(setup, setup.engine())?),
            Self::Reanalyze => Box::new(reanalyze::Reanalyze::new(setup, setup.engine())?),
            Self::Update => Box::new(update::Update::new(setup)?),
            Self::Decision => Box::new(decision::Decision::new(setup)?),
            Self::Env => Box::new(environment::Env::new(setup)?),
        })
    }
}

impl Setup {
    /// Returns the configured engine, with nothing prepared.
    #[must_use]
    pub fn engine(&self) -> PlannerBackend {
        PlannerBackend::new(self.config.run.engine, self.config.run.precision, &self.device)
    }

    /// Returns the case [`CaseName::Env`] with that many environments side by side.
    ///
    /// # Errors
    ///
    /// If it cannot be set up.
    pub fn side_by_side(&self, count: usize) -> Result<Box<dyn Case>, Failure> {
        Ok(Box::new(environment::SideBySide::new(self, count)?))
    }

    /// Returns the setup for `config` on `device`.
    ///
    /// # Errors
    ///
    /// If the configured task is unknown.
    pub fn new(config: Config, device: Device) -> Result<Self, TaskError> {
        let task = configured_task(&config.task)?;
        Ok(Self { config, task, device })
    }

    /// Checks that sequences can be sampled from episodes.
    ///
    /// # Errors
    ///
    /// If sequences are longer than episodes.
    pub fn check(&self) -> anyhow::Result<()> {
        let (sequence, decisions) = (self.config.sequence(), self.episode_decisions());
        anyhow::ensure!(
            sequence <= decisions,
            "an episode has {decisions} decisions, fewer than the {sequence} of a training sequence; lower \
             task.action_repeat"
        );
        Ok(())
    }

    /// Returns the decisions of an episode.
    #[must_use]
    pub fn episode_decisions(&self) -> usize {
        self.task.episode_control_steps.div_ceil(self.config.task.action_repeat)
    }

    fn planner_settings(&self) -> PlannerSettings {
        PlannerSettings::new(&self.config, self.episode_decisions())
    }

    /// Returns the task at the start of its first episode.
    fn environment(&self) -> Result<Environment, TaskError> {
        let mut environment = Environment::configured(&self.config.task)?;
        environment.reset(&mut Stream::new(self.config.run.seed, Purpose::Reset, 0));
        Ok(environment)
    }

    /// Returns an agent with initial weights. Their values do not affect the amount of computation.
    fn agent(&self) -> Agent {
        let TaskInfo { observation_size, action_size, .. } = self.task;
        Agent::new(&self.config, observation_size, action_size, self.episode_decisions(), &self.device)
    }

    /// Returns a random action, as in the seed phase.
    #[allow(clippy::cast_possible_truncation, reason = "actions are f32")]
    fn random_action(&self, decision: u32) -> Vec<f32> {
        let mut random = Stream::new(self.config.run.seed, Purpose::SeedAction, decision);
        (0..self.task.action_size).map(|_| random.uniform_in(-1.0, 1.0) as f32).collect()
    }

    /// Returns a replay buffer with an episode of random actions, or the beginning of one.
    fn replay(&self) -> Result<Replay, TaskError> {
        let TaskInfo { observation_size: observation, action_size: action, .. } = self.task;
        let columns = Agent::columns(&self.config, observation, action);
        let mut replay = Replay::new(columns, self.config.training.buffer_capacity);
        let mut environment = self.environment()?;
        let id = replay.begin(&environment.observe(), EXPERIENCE as usize);
        for decision in 0..EXPERIENCE {
            let action = self.random_action(decision);
            let step = environment.step(&action)?;
            replay.push(
                id,
                &Transition {
                    action: &action,
                    reward: step.reward,
                    next_observation: &environment.observe(),
                    extras: &[],
                    terminated: step.terminated,
                    truncated: step.truncated,
                },
            );
            if step.terminated || step.truncated {
                break;
            }
        }
        Ok(replay)
    }
}
