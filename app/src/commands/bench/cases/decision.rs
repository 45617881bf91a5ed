//! `decision`: a whole training decision.

use bootstride_core::config::Config;
use bootstride_core::train::{Phase, Trainer};
use pollster::block_on;

use super::{Case, Setup};
use crate::failure::Failure;

/// Decisions of the seed phase: enough to sample from.
const SEED_DECISIONS: usize = 50;

/// Trains: as many decisions at a time as lie between two rounds of reanalyze, so that each measurement holds one round.
pub struct Decision {
    trainer: Trainer,
    decisions: usize,
}

impl Decision {
    /// The case, past its seed phase.
    ///
    /// # Errors
    ///
    /// When the seed phase fails.
    pub fn new(setup: &Setup) -> Result<Self, Failure> {
        let mut trainer = Trainer::new(endless(&setup.config), &setup.device)?;
        while trainer.progress().phase != Phase::Training {
            block_on(trainer.step())?;
        }
        Ok(Self { trainer, decisions: setup.config.algorithm.reanalyze_interval.max(1) })
    }
}

/// The same run without an end, evaluations or checkpoints, which begins to train after few decisions.
fn endless(config: &Config) -> Config {
    let mut config = config.clone();
    config.training.seed_episodes = 0;
    config.training.seed_decisions = SEED_DECISIONS.max(config.planner.horizon + 1);
    config.training.pretrain = false;
    config.run.steps = usize::MAX;
    config.run.evaluate_every = 0;
    config.run.checkpoint_every = 0;
    config
}

impl Case for Decision {
    fn calls(&self) -> usize {
        self.decisions
    }

    fn run(&mut self) -> Result<(), Failure> {
        for _ in 0..self.decisions {
            block_on(self.trainer.step())?;
        }
        Ok(())
    }
}
