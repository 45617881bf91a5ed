//! `env`: one decision of the simulated task alone.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bootstride_core::math::{Purpose, Stream};
use bootstride_core::task::Environment;

use super::{Case, Setup};
use crate::failure::Failure;

/// Decisions at a time, unless they are slow ones: a single one is too short for a clock.
const DECISIONS: u32 = 100;
/// What a time of slow decisions takes about.
const LONG: Duration = Duration::from_millis(100);

/// Acts at random, with resets where episodes end, and observes.
pub struct Env {
    environment: Environment,
    actions: Vec<Vec<f32>>,
    seed: u64,
    episode: u32,
}

impl Env {
    /// The case.
    ///
    /// # Errors
    ///
    /// When the task cannot be made.
    pub fn new(setup: &Setup) -> Result<Self, Failure> {
        let mut environment = setup.environment()?;
        let begin = Instant::now();
        environment.step(&setup.random_action(0))?;
        let each = begin.elapsed().as_nanos().max(1);
        let decisions = u32::try_from(LONG.as_nanos() / each).unwrap_or(DECISIONS).clamp(2, DECISIONS);
        Ok(Self {
            environment,
            actions: (0..decisions).map(|decision| setup.random_action(decision)).collect(),
            seed: setup.config.run.seed,
            episode: 0,
        })
    }
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
