//! `update`: one update of all networks.

use anyhow::Context as _;
use bootstride_core::agent::{Agent, UpdateNoise};
use bootstride_core::replay::Replay;
use bootstride_session::failure::Failure;
use pollster::block_on;

use super::{Case, Setup};

/// Learns as the trainer does after a decision: samples a batch and random numbers, updates world model, value,
/// policies and target ensemble, and reads the metrics.
pub struct Update {
    agent: Agent,
    replay: Replay,
    batch: usize,
    sequence: usize,
    seed: u64,
}

impl Update {
    /// Returns the case.
    ///
    /// # Errors
    ///
    /// If the task cannot be made.
    pub fn new(setup: &Setup) -> Result<Self, Failure> {
        let config = &setup.config;
        Ok(Self {
            agent: setup.agent(),
            replay: setup.replay()?,
            batch: config.training.batch,
            sequence: config.sequence(),
            seed: config.run.seed,
        })
    }
}

impl Case for Update {
    fn run(&mut self) -> Result<(), Failure> {
        let mut random = UpdateNoise::replay_stream(self.seed, self.agent.updates());
        let batch = self.replay.sample(self.batch, self.sequence, &mut random);
        let batch = batch.context("an episode is shorter than a sequence")?;
        let noise = self.agent.draw_noise(self.seed, &batch);
        block_on(self.agent.update(&batch, &noise, true))?;
        Ok(())
    }
}
