//! `env`: one decision of the simulated task alone.

use std::hint::black_box;

use bootstride_core::math::{Purpose, Stream};
use bootstride_core::task::Environment;

use super::{Case, Setup};
use crate::failure::Failure;

/// Decisions at a time: a single one is too short for a clock.
const DECISIONS: u32 = 100;

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
        Ok(Self {
            environment: setup.environment()?,
            actions: (0..DECISIONS).map(|decision| setup.random_action(decision)).collect(),
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
