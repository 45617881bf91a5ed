//! `decision`: a complete training decision.

use bootstride_core::agent::ReanalyzeTiming;
use bootstride_core::config::Config;
use bootstride_core::train::{Phase, Trainer};
use bootstride_session::failure::Failure;
use pollster::block_on;

use super::{Case, Setup};

/// Decisions of the seed phase, enough to sample from.
const SEED_DECISIONS: usize = 50;

/// Trains, in units of the decisions between two rounds of reanalyze. Each measurement contains one round: run in
/// place, or, in the background, one that starts and one whose experts arrive. Free reanalyze has no fixed number of
/// rounds, so they are counted. With several environments (`training.environments`), each step takes a decision in
/// every one of them, and the time is still that of one decision.
pub struct Decision {
    trainer: Trainer,
    /// Steps of a measurement, and decisions in each.
    steps: usize,
    environments: usize,
    timing: ReanalyzeTiming,
    /// Decisions and rounds since the case was set up.
    counted: (usize, usize),
}

impl Decision {
    /// Returns the case after the seed phase and, for delayed reanalyze, after its first rounds.
    ///
    /// # Errors
    ///
    /// If the seed phase fails.
    pub fn new(setup: &Setup) -> Result<Self, Failure> {
        let algorithm = &setup.config.algorithm;
        let mut trainer = Trainer::new(endless(&setup.config), &setup.device)?;
        while trainer.progress().phase != Phase::Training {
            block_on(trainer.step())?;
        }
        // From here on as many rounds arrive as are started.
        let delay = if algorithm.reanalyze == ReanalyzeTiming::Delayed { algorithm.reanalyze_delay } else { 0 };
        for _ in 0..delay {
            block_on(trainer.step())?;
        }
        let (steps, environments) = (steps(&setup.config), setup.config.training.environments);
        Ok(Self { trainer, steps, environments, timing: algorithm.reanalyze, counted: (0, 0) })
    }
}

/// Returns the fewest steps in which a whole number of rounds of reanalyze falls due.
fn steps(config: &Config) -> usize {
    let interval = config.algorithm.reanalyze_interval.max(1);
    #[allow(clippy::cast_precision_loss, reason = "both are small")]
    let updates =
        |steps: usize| steps as f64 * config.training.environments as f64 * config.training.updates_per_decision;
    #[allow(clippy::cast_precision_loss, reason = "an interval is short")]
    let whole = |steps: &usize| updates(*steps) >= 1.0 && (updates(*steps) / interval as f64).fract() == 0.0;
    (1..=interval).find(whole).unwrap_or(interval)
}

/// Returns the configuration of the same run without an end, evaluations or checkpoints, and with a short seed phase.
#[must_use]
pub fn endless(config: &Config) -> Config {
    let mut config = config.clone();
    config.training.seed_episodes = 0;
    config.training.seed_episodes_limit = 0;
    config.training.seed_decisions = SEED_DECISIONS.max(config.sequence() + 1);
    config.training.pretrain = false;
    config.run.steps = usize::MAX;
    config.run.evaluate_every = 0;
    config.run.checkpoint_every = 0;
    config
}

impl Case for Decision {
    fn calls(&self) -> usize {
        self.steps * self.environments
    }

    fn run(&mut self) -> Result<(), Failure> {
        let before = self.trainer.progress().reanalyzed;
        for _ in 0..self.steps {
            block_on(self.trainer.step())?;
        }
        self.counted.0 += self.steps * self.environments;
        self.counted.1 += self.trainer.progress().reanalyzed - before;
        Ok(())
    }

    fn rounds_per_call(&self) -> Option<f64> {
        #[allow(clippy::cast_precision_loss, reason = "calls are few")]
        let rate = |(decisions, rounds): (usize, usize)| rounds as f64 / decisions.max(1) as f64;
        (self.timing == ReanalyzeTiming::Free).then(|| rate(self.counted))
    }
}
