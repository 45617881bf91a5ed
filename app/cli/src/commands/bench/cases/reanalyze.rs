//! `reanalyze`: one round of new experts.

use anyhow::Context as _;
use bootstride_core::agent::{PlanningActor, ReanalyzeJob, UpdateNoise};
use bootstride_core::model::WorldModel;
use bootstride_core::planner::Planner;
use bootstride_core::replay::{Batch, Replay};
use bootstride_session::failure::Failure;
use pollster::block_on;

use super::{Case, Setup};

/// Plans again for the states of a batch and writes the new experts back.
pub struct Reanalyze<P> {
    actor: PlanningActor<P>,
    model: WorldModel,
    batch: Batch,
    sequences: usize,
    replay: Replay,
    seed: u64,
    round: u32,
}

impl<P: Planner> Reanalyze<P> {
    /// Returns the case for this planner.
    ///
    /// # Errors
    ///
    /// If the task cannot be made.
    pub fn new(setup: &Setup, planner: P) -> Result<Self, Failure> {
        let (config, replay) = (&setup.config, setup.replay()?);
        let mut random = UpdateNoise::replay_stream(config.run.seed, 0);
        let batch = replay.sample(config.training.batch, config.sequence(), &mut random);
        Ok(Self {
            actor: PlanningActor { planner, settings: setup.planner_settings() },
            model: setup.agent().model(),
            batch: batch.context("an episode is shorter than a sequence")?,
            sequences: config.algorithm.reanalyze_batch,
            replay,
            seed: config.run.seed,
            round: 0,
        })
    }
}

impl<P: Planner + Send> Case for Reanalyze<P> {
    fn run(&mut self) -> Result<(), Failure> {
        let round = ReanalyzeJob::new(&self.batch, self.sequences, self.seed, self.round);
        let experts = block_on(round.plan(&mut self.actor, &self.model))?;
        experts.write_to_batch(&mut self.batch);
        experts.write(&mut self.replay);
        self.round = self.round.wrapping_add(1);
        Ok(())
    }
}
