//! What is measured: one file per case. A case is made from a [`Setup`] and does the same work each time it is run.

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
use bootstride_core::replay::{Replay, ReplaySizes, Transition};
use bootstride_core::task::{Environment, TaskError, TaskInfo, configured_task};
use burn::tensor::Device;

use super::cost::Cost;
use crate::failure::Failure;

/// A piece of work to be measured.
pub trait Case: Send {
    /// Calls that one run makes: its time is divided by this.
    fn calls(&self) -> usize {
        1
    }

    /// Rounds of reanalyze that came to a call, where that is not what the configuration says.
    fn rounds_per_call(&self) -> Option<f64> {
        None
    }

    /// Does the work, to the point where its results are on the host.
    ///
    /// # Errors
    ///
    /// If it fails.
    fn run(&mut self) -> Result<(), Failure>;
}

/// The name of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseName {
    /// One plan for one state, as in a training decision, with its read of the result.
    Plan,
    /// One round of lazy reanalyze: plans for `reanalyze_batch` x horizon states at once.
    Reanalyze,
    /// One update of all networks, with drawing its batch and random numbers.
    Update,
    /// One whole training decision: plan, step, update, and its share of reanalyze.
    Decision,
    /// One decision of the simulated task alone.
    Env,
}

/// What all cases start from.
pub struct Setup {
    /// The configuration.
    pub config: Config,
    /// The task.
    pub task: TaskInfo,
    /// Where to compute, without autodiff.
    pub device: Device,
}

/// Decisions with random actions in the replay of a case.
const EXPERIENCE: u32 = 200;

impl CaseName {
    /// All of them, in the order in which they are measured.
    pub const ALL: [Self; 5] = [Self::Plan, Self::Reanalyze, Self::Update, Self::Decision, Self::Env];

    /// As on the command line and in JSON.
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

    /// Whether there is anything to measure: an algorithm may do without reanalyze.
    #[must_use]
    pub fn applies(self, config: &Config) -> bool {
        self != Self::Reanalyze || config.algorithm.reanalyze_interval > 0
    }

    /// Floating-point operations of one call; none where there are no matrix products. `rounds` as
    /// [`Case::rounds_per_call`] gives them.
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

    /// The case, ready to be run.
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
    /// The configured engine, with nothing prepared.
    #[must_use]
    pub fn engine(&self) -> PlannerBackend {
        PlannerBackend::new(self.config.run.engine, self.config.run.precision, &self.device)
    }

    /// The case [`CaseName::Env`] with that many environments side by side.
    ///
    /// # Errors
    ///
    /// If it cannot be set up.
    pub fn side_by_side(&self, count: usize) -> Result<Box<dyn Case>, Failure> {
        Ok(Box::new(environment::SideBySide::new(self, count)?))
    }

    /// The setup for `config` on `device`.
    ///
    /// # Errors
    ///
    /// If the configured task is unknown.
    pub fn new(config: Config, device: Device) -> Result<Self, TaskError> {
        let task = configured_task(&config.task)?;
        Ok(Self { config, task, device })
    }

    /// Whether there is anything to learn from.
    ///
    /// # Errors
    ///
    /// If sequences are longer than episodes.
    pub fn check(&self) -> anyhow::Result<()> {
        let (horizon, decisions) = (self.config.planner.horizon, self.episode_decisions());
        anyhow::ensure!(
            horizon <= decisions,
            "an episode has {decisions} decisions, fewer than the {horizon} of planner.horizon; lower task.action_repeat"
        );
        Ok(())
    }

    /// Decisions of an episode.
    #[must_use]
    pub fn episode_decisions(&self) -> usize {
        self.task.episode_control_steps.div_ceil(self.config.task.action_repeat)
    }

    fn planner_settings(&self) -> PlannerSettings {
        PlannerSettings::new(&self.config, self.episode_decisions())
    }

    /// The task at the start of its first episode.
    fn environment(&self) -> Result<Environment, TaskError> {
        let mut environment = Environment::configured(&self.config.task)?;
        environment.reset(&mut Stream::new(self.config.run.seed, Purpose::Reset, 0));
        Ok(environment)
    }

    /// An agent with initial weights. What they are does not change what is computed.
    fn agent(&self) -> Agent {
        let TaskInfo { observation_size, action_size, .. } = self.task;
        Agent::new(&self.config, observation_size, action_size, self.episode_decisions(), &self.device)
    }

    /// The action of a seed phase's decision.
    #[allow(clippy::cast_possible_truncation, reason = "actions are f32")]
    fn random_action(&self, decision: u32) -> Vec<f32> {
        let mut random = Stream::new(self.config.run.seed, Purpose::SeedAction, decision);
        (0..self.task.action_size).map(|_| random.uniform_in(-1.0, 1.0) as f32).collect()
    }

    /// A replay buffer with an episode of random actions, or the beginning of one.
    fn replay(&self) -> Result<Replay, TaskError> {
        let TaskInfo { observation_size: observation, action_size: action, .. } = self.task;
        let capacity = self.config.training.buffer_capacity;
        let mut replay = Replay::new(ReplaySizes { observation, action, capacity });
        let mut environment = self.environment()?;
        replay.begin(&environment.observe());
        for decision in 0..EXPERIENCE {
            let action = self.random_action(decision);
            let step = environment.step(&action)?;
            replay.push(&Transition {
                action: &action,
                reward: step.reward,
                next_observation: &environment.observe(),
                expert: None,
                terminated: step.terminated,
                truncated: step.truncated,
            });
            if step.terminated || step.truncated {
                break;
            }
        }
        Ok(replay)
    }
}
