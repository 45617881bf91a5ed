//! Schedules rounds of lazy reanalyze and the use of their experts.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::TrainError;
#[cfg(not(target_family = "wasm"))]
use super::worker::ReanalyzeWorker;
use crate::agent::{Experts, PlanningActor, ReanalyzeJob, ReanalyzeTiming};
use crate::config::Config;
use crate::model::WorldModel;
#[cfg(not(target_family = "wasm"))]
use crate::planner::PlannerBackend;

/// Slot for the experts of a round; an error is returned when they are due.
pub(super) type JobResult = Arc<OnceLock<Result<Experts, String>>>;

/// Starts rounds and hands out their experts in the order of the rounds.
#[derive(Debug)]
pub(super) struct Reanalyzer {
    timing: ReanalyzeTiming,
    delay: u64,
    pending: VecDeque<Pending>,
    #[cfg(not(target_family = "wasm"))]
    worker: ReanalyzeWorker,
}

/// A round that was started.
#[derive(Debug)]
struct Pending {
    /// The update before which its experts are used.
    due: u64,
    experts: JobResult,
}

/// A round that was started before a checkpoint and is used after it. Real numbers are stored as bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredRound {
    due: u64,
    transitions: Vec<u64>,
    means: Vec<u32>,
    stds: Vec<u32>,
    values: Vec<u32>,
    delta_q: u32,
    /// Updates of the networks that planned it; missing in older checkpoints.
    #[serde(default)]
    updates: Option<u64>,
}

impl Reanalyzer {
    /// Nothing pending, no thread yet. `device` is where the networks are.
    pub fn new(config: &Config, device: &Device) -> Self {
        let timing = match config.algorithm.reanalyze {
            ReanalyzeTiming::Free if cfg!(target_family = "wasm") => ReanalyzeTiming::Inline,
            timing => timing,
        };
        #[cfg(target_family = "wasm")]
        let _ = device;
        Self {
            timing,
            delay: config.algorithm.reanalyze_delay as u64,
            pending: VecDeque::new(),
            #[cfg(not(target_family = "wasm"))]
            worker: ReanalyzeWorker::new(PlannerBackend::new(config.run.engine, config.run.precision, device)),
        }
    }

    /// Returns the number of rounds started whose experts have not been returned.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Whether a round that is due now is to be started: a free one waits for no other.
    pub fn takes_rounds(&self) -> bool {
        self.timing != ReanalyzeTiming::Free || self.pending.is_empty()
    }

    /// Starts a round with the networks as they are, before update number `update`. Returns its experts if they
    /// are to be used at once.
    ///
    /// `actor` plans if there is no thread.
    pub async fn start(
        &mut self,
        round: ReanalyzeJob,
        update: u64,
        actor: &mut PlanningActor,
        model: WorldModel,
    ) -> Result<Option<Experts>, TrainError> {
        if self.timing == ReanalyzeTiming::Inline {
            return Ok(Some(round.plan(actor, &model).await?));
        }
        let experts = JobResult::default();
        #[cfg(target_family = "wasm")]
        let _ = experts.set(round.plan(actor, &model).await.map_err(|error| error.to_string()));
        #[cfg(not(target_family = "wasm"))]
        self.worker.plan(round, model, actor.settings.clone(), experts.clone());
        let delay = if self.timing == ReanalyzeTiming::Free { 0 } else { self.delay };
        self.pending.push_back(Pending { due: update + delay, experts });
        Ok(None)
    }

    /// The experts to be used before update number `update`, in the order of their rounds. Waits for those that are
    /// due, unless reanalyze is free.
    pub fn take_due(&mut self, update: u64) -> Result<Vec<Experts>, TrainError> {
        let mut taken = Vec::new();
        while let Some(round) = self.pending.front() {
            let ready = round.experts.get().is_some() || self.timing != ReanalyzeTiming::Free;
            if round.due > update || !ready {
                break;
            }
            taken.push(round.wait()?);
            self.pending.pop_front();
        }
        Ok(taken)
    }

    /// The pending rounds with their experts, as they are to be used after a checkpoint; waits for those that are still
    /// being planned.
    pub fn store(&self) -> Result<Vec<StoredRound>, TrainError> {
        self.pending.iter().map(|round| Ok(StoredRound::new(round.due, &round.wait()?))).collect()
    }

    /// Restores the rounds of a checkpoint.
    pub fn restore(&mut self, rounds: Vec<StoredRound>) {
        self.pending = rounds.into_iter().map(StoredRound::into_pending).collect();
    }
}

impl Pending {
    /// Returns the experts, waiting if a thread still plans them. Without threads they are available immediately.
    fn wait(&self) -> Result<Experts, TrainError> {
        self.experts.wait().clone().map_err(TrainError::Reanalyze)
    }
}

impl StoredRound {
    fn new(due: u64, experts: &Experts) -> Self {
        let bits = |list: &[f32]| list.iter().map(|x| x.to_bits()).collect();
        let Experts { transitions, means, stds, values, delta_q, updates } = experts;
        let (means, stds, values) = (bits(means), bits(stds), bits(values));
        let (transitions, delta_q) = (transitions.clone(), delta_q.to_bits());
        Self { due, transitions, means, stds, values, delta_q, updates: *updates }
    }

    fn into_pending(self) -> Pending {
        let floats = |list: Vec<u32>| list.into_iter().map(f32::from_bits).collect();
        let experts = Experts {
            transitions: self.transitions,
            means: floats(self.means),
            stds: floats(self.stds),
            values: floats(self.values),
            delta_q: f32::from_bits(self.delta_q),
            updates: self.updates,
        };
        Pending { due: self.due, experts: Arc::new(Ok(experts).into()) }
    }

    /// Whether its arrays fit together, for actions of this size.
    pub fn fits(&self, action: usize) -> bool {
        let states = self.transitions.len();
        [self.means.len(), self.stds.len()] == [states * action; 2] && self.values.len() == states
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layers;

    fn with_pending(timing: &str, rounds: &[(u64, Option<Result<Experts, String>>)]) -> Reanalyzer {
        let config = Layers::new().set(&format!("algorithm.reanalyze={timing}")).unwrap().resolve().unwrap();
        let mut reanalyzer = Reanalyzer::new(&config, &Device::flex());
        let slot = |outcome: &Option<Result<Experts, String>>| match outcome {
            Some(outcome) => JobResult::new(outcome.clone().into()),
            None => JobResult::default(),
        };
        let pending = rounds.iter().map(|(due, outcome)| Pending { due: *due, experts: slot(outcome) });
        reanalyzer.pending = pending.collect();
        reanalyzer
    }

    fn experts(number: u64) -> Experts {
        Experts {
            transitions: vec![number, number + 1],
            means: vec![0.1, f32::MIN_POSITIVE],
            stds: vec![0.3, 1.0 / 3.0],
            values: vec![-1e-30, 7.0],
            delta_q: 0.7,
            updates: Some(10 * number),
        }
    }

    #[test]
    fn delayed_experts_come_when_they_are_due_and_not_before() {
        let mut reanalyzer =
            with_pending("delayed", &[(5, Some(Ok(experts(1)))), (9, Some(Ok(experts(2)))), (12, None)]);
        assert_eq!(reanalyzer.take_due(4).unwrap(), []);
        assert_eq!(reanalyzer.take_due(9).unwrap(), [experts(1), experts(2)]);
        assert_eq!((reanalyzer.take_due(11).unwrap(), reanalyzer.pending()), (vec![], 1));
    }

    #[test]
    fn free_experts_come_when_they_are_there() {
        let mut reanalyzer = with_pending("free", &[(0, None)]);
        assert!(reanalyzer.take_due(99).unwrap().is_empty() && !reanalyzer.takes_rounds());
        reanalyzer.pending[0].experts.set(Ok(experts(3))).unwrap();
        assert_eq!(reanalyzer.take_due(0).unwrap(), [experts(3)]);
        assert!(reanalyzer.takes_rounds());
    }

    #[test]
    fn a_failure_in_the_background_reaches_the_trainer_and_its_checkpoint() {
        let mut reanalyzer = with_pending("delayed", &[(5, Some(Err("the device is gone".into())))]);
        let stored = reanalyzer.store().unwrap_err().to_string();
        assert_eq!(stored, "background reanalyze failed: the device is gone");
        assert!(matches!(reanalyzer.take_due(5), Err(TrainError::Reanalyze(message)) if message.contains("gone")));
    }

    #[test]
    fn pending_rounds_survive_storage_to_the_bit() {
        let reanalyzer = with_pending("delayed", &[(5, Some(Ok(experts(1)))), (9, Some(Ok(experts(2))))]);
        let json = serde_json::to_string(&reanalyzer.store().unwrap()).unwrap();
        let rounds: Vec<StoredRound> = serde_json::from_str(&json).unwrap();
        assert!(rounds.iter().all(|round| round.fits(1) && !round.fits(2)));
        let mut other = with_pending("delayed", &[]);
        other.restore(rounds);
        assert_eq!(other.take_due(9).unwrap(), [experts(1), experts(2)]);
    }
}
