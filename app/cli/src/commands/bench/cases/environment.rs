//! `env`: decisions of the simulated task alone.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bootstride_core::math::{Purpose, Stream};
use bootstride_core::task::{Environment, Environments};
use bootstride_session::failure::Failure;

use super::{Case, Setup};

/// Decisions per measurement, unless they are slow: a single one is too short to be timed.
const DECISIONS: u32 = 100;
/// Approximate length of a measurement of slow decisions.
const LONG: Duration = Duration::from_millis(100);

/// Acts at random, with resets where episodes end, and observes.
pub struct Env {
    environment: Environment,
    actions: Vec<Vec<f32>>,
    seed: u64,
    episode: u32,
}

impl Env {
    /// Returns the case.
    ///
    /// # Errors
    ///
    /// If the task cannot be made.
    pub fn new(setup: &Setup) -> Result<Self, Failure> {
        Ok(Self {
            environment: setup.environment()?,
            actions: actions(setup)?,
            seed: setup.config.run.seed,
            episode: 0,
        })
    }
}

/// Returns the actions of as many decisions as one measurement takes.
fn actions(setup: &Setup) -> Result<Vec<Vec<f32>>, Failure> {
    let mut environment = setup.environment()?;
    let begin = Instant::now();
    environment.step(&setup.random_action(0))?;
    let each = begin.elapsed().as_nanos().max(1);
    let decisions = u32::try_from(LONG.as_nanos() / each).unwrap_or(DECISIONS).clamp(2, DECISIONS);
    Ok((0..decisions).map(|decision| setup.random_action(decision)).collect())
}

impl Case for Env {
    fn calls(&self) -> usize {
        self.actions.len()
    }

    fn run(&mut self) -> Result<(), Failure> {
        for action in &self.actions {
            let step = self.environment.step(action)?;
            black_box(self.environment.observe());
            if step.terminated || step.truncated {
                self.episode = self.episode.wrapping_add(1);
                self.environment.reset(&mut Stream::new(self.seed, Purpose::Reset, self.episode));
            }
        }
        Ok(())
    }
}

/// Like [`Env`], with several environments stepped together as in evaluation; a call is still one decision of one of
/// them. Their actions differ, so that they do not all take the same time.
pub struct SideBySide {
    environments: Environments,
    actions: Vec<Vec<f32>>,
    seed: u64,
    episode: u32,
}

impl SideBySide {
    /// Returns the case with that many environments.
    ///
    /// # Errors
    ///
    /// If the task cannot be made.
    pub fn new(setup: &Setup, count: usize) -> Result<Self, Failure> {
        let mut case = Self {
            environments: Environments::new(&setup.environment()?, count),
            actions: actions(setup)?,
            seed: setup.config.run.seed,
            episode: 0,
        };
        case.reset();
        Ok(case)
    }

    fn reset(&mut self) {
        let mut stream = || {
            self.episode = self.episode.wrapping_add(1);
            Stream::new(self.seed, Purpose::Reset, self.episode)
        };
        let streams = (0..self.environments.len()).map(|_| Some(stream())).collect();
        self.environments.reset(streams);
    }
}

impl Case for SideBySide {
    fn calls(&self) -> usize {
        self.actions.len() * self.environments.len()
    }

    fn run(&mut self) -> Result<(), Failure> {
        for decision in 0..self.actions.len() {
            let later = self.actions.iter().cycle().skip(decision);
            let actions: Vec<_> = later.take(self.environments.len()).cloned().map(Some).collect();
            let steps = self.environments.step(&actions)?;
            black_box(self.environments.observations());
            // All episodes start together and have the same length.
            if steps.iter().flatten().any(|step| step.terminated || step.truncated) {
                self.reset();
            }
        }
        Ok(())
    }
}
