//! Lazy reanalyze (BMPC, section 4.3): new experts for stored states, from the newest networks.
//!
//! A [`ReanalyzeJob`] holds the states to replan, taken from a batch; [`Experts`] is its result. Both are plain data
//! and refer to transitions by number, so a job can be planned anywhere and its experts written back later, after the
//! replay buffer has changed.

use crate::agent::{ActRequest, Actor, AgentError, Carry};
use crate::math::Purpose;
use crate::model::WorldModel;
use crate::planner::{NoiseKey, PlanMode};
use crate::replay::{Batch, EXPERT_MEAN, EXPERT_STD, Expert, Origin, Replay};

/// Stored states to replan.
#[derive(Clone, Debug, PartialEq)]
pub struct ReanalyzeJob {
    /// `[states, observation]`: the H states of the first sequence at t = 0, ..., of all at t = 1, and so on.
    observations: Vec<f32>,
    /// Number of the transition from each state since the start of the run.
    transitions: Vec<u64>,
    seed: u64,
    number: u32,
    /// Number of updates the planning networks have had, if known.
    updates: Option<u64>,
}

/// The result of a [`ReanalyzeJob`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Experts {
    /// Number of the transition of each expert since the start of the run, `[states]`.
    pub transitions: Vec<u64>,
    /// `[states, action]`.
    pub means: Vec<f32>,
    /// `[states, action]`.
    pub stds: Vec<f32>,
    /// Predicted returns, `[states]`.
    pub values: Vec<f32>,
    /// How much the plans add over the policy, on average (BMPC, Eq. 5).
    pub delta_q: f32,
    /// Number of updates the planning networks had had, if known.
    pub updates: Option<u64>,
}

impl ReanalyzeJob {
    /// Job number `number` of the run with this seed: the H states of the first `sequences` sequences of `batch`.
    #[must_use]
    pub fn new(batch: &Batch, sequences: usize, seed: u64, number: u32) -> Self {
        let sequences = sequences.min(batch.size);
        let width = batch.observations.len() / ((batch.length + 1) * batch.size).max(1);
        let (mut observations, mut transitions) = (Vec::new(), Vec::new());
        for step in 0..batch.length {
            observations.extend_from_slice(&batch.observations[step * batch.size * width..][..sequences * width]);
            transitions.extend(batch.starts[..sequences].iter().map(|start| start + step as u64));
        }
        Self { observations, transitions, seed, number, updates: None }
    }

    /// Records how many updates the planning networks have had, so that the age of an expert can be computed.
    #[must_use]
    pub fn planned_at(self, updates: u64) -> Self {
        Self { updates: Some(updates), ..self }
    }

    /// Plans for all its states at once, with `model`.
    ///
    /// # Errors
    /// If planning fails.
    pub async fn plan<A: Actor>(&self, actor: &mut A, model: &WorldModel) -> Result<Experts, AgentError> {
        let states = self.transitions.len();
        let request = ActRequest {
            observations: &self.observations,
            mode: PlanMode::Reanalyze,
            noise: NoiseKey { seed: self.seed, purpose: Purpose::Reanalyze, decision: self.number },
            trace: false,
        };
        let acted = actor.act(model, &mut vec![Carry::default(); states], &request).await?;
        let plans = || acted.actions.iter().filter_map(|action| action.plan.as_ref());
        let (transitions, updates) = (self.transitions.clone(), self.updates);
        let mut experts = Experts { transitions, updates, ..Experts::default() };
        for state in plans() {
            experts.means.extend_from_slice(&state.expert_mean);
            experts.stds.extend_from_slice(&state.expert_std);
            experts.values.push(state.expert_value);
        }
        #[allow(clippy::cast_precision_loss, reason = "states are few")]
        let average = plans().map(|plan| plan.delta_q).sum::<f32>() / states.max(1) as f32;
        experts.delta_q = average;
        Ok(experts)
    }
}

impl Experts {
    /// Writes the experts to their transitions. Transitions that replay has dropped since are skipped.
    pub fn write(&self, replay: &mut Replay) {
        let width = self.width();
        let origin = self.updates.map(|updates| Origin { updates, reanalyzed: true });
        for (i, &transition) in self.transitions.iter().enumerate() {
            let (mean, std) = (&self.means[i * width..][..width], &self.stds[i * width..][..width]);
            replay.write_expert(transition, Expert { mean, std, value: self.values[i], origin });
        }
    }

    /// Writes the experts into the batch that the job was made from, which must have the columns of experts.
    pub fn write_to_batch(&self, batch: &mut Batch) {
        let width = self.width();
        let row = self.transitions.len() / batch.length.max(1) * width;
        for step in 0..batch.length {
            let at = step * batch.size * width;
            for (name, values) in [(EXPERT_MEAN, &self.means), (EXPERT_STD, &self.stds)] {
                batch.extra_mut(name)[at..at + row].copy_from_slice(&values[step * row..][..row]);
            }
        }
    }

    /// Action size.
    fn width(&self) -> usize {
        self.means.len() / self.transitions.len().max(1)
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
mod tests {
    use super::*;
    use crate::replay::{Columns, Extra, Transition, expert_columns};

    #[test]
    fn experts_find_their_transitions_and_spare_those_that_took_the_place_of_others() {
        let mut replay = Replay::new(Columns { observation: 1, action: 1, extras: expert_columns(1) }, 4);
        let push = |replay: &mut Replay, id, last: bool| {
            let (action, next_observation) = (&[0.0][..], &[0.0][..]);
            let step =
                Transition { action, reward: 0.0, next_observation, extras: &[], terminated: false, truncated: last };
            replay.push(id, &step);
        };
        for _ in 0..3 {
            let id = replay.begin(&[0.0], 2);
            (0..2).for_each(|t| push(&mut replay, id, t == 1));
        }
        // Transitions 0 and 1 are gone, 2 to 5 are held, 6 is yet to come.
        let experts = Experts {
            transitions: vec![1, 3, 6],
            means: vec![0.1, 0.3, 0.6],
            stds: vec![0.5; 3],
            values: vec![1.0, 3.0, 6.0],
            delta_q: 0.0,
            updates: Some(40),
        };
        experts.write(&mut replay);
        let values: Vec<Option<f32>> = (0..7).map(|number| replay.expert(number).map(|expert| expert.value)).collect();
        assert_eq!(values, [None, None, Some(0.0), Some(3.0), Some(0.0), Some(0.0), None]);
        let expert = replay.expert(3).unwrap();
        assert_eq!((expert.mean, expert.origin), (&[0.3][..], Some(Origin { updates: 40, reanalyzed: true })));
    }

    #[test]
    fn a_round_takes_the_states_of_the_first_sequences_and_gives_their_experts_back_to_them() {
        // Three sequences of two steps; the observation at step t of sequence i is 10 i + t.
        let observations = (0..3_u8).flat_map(|t| (0..3).map(move |i| f32::from(10 * i + t))).collect();
        let mut batch = Batch {
            size: 3,
            length: 2,
            observations,
            extras: [EXPERT_MEAN, EXPERT_STD].map(|name| Extra { name, values: vec![0.0; 6] }).to_vec(),
            starts: vec![100, 200, 300],
            ..Batch::default()
        };
        let round = ReanalyzeJob::new(&batch, 2, 1, 0);
        assert_eq!(round.observations, [0.0, 10.0, 1.0, 11.0]);
        assert_eq!(round.transitions, [100, 200, 101, 201]);
        let experts = Experts {
            transitions: round.transitions,
            means: vec![0.1, 0.2, 0.3, 0.4],
            stds: vec![1.0, 2.0, 3.0, 4.0],
            values: vec![0.0; 4],
            delta_q: 0.0,
            updates: None,
        };
        experts.write_to_batch(&mut batch);
        assert_eq!(batch.expert_means(), [0.1, 0.2, 0.0, 0.3, 0.4, 0.0]);
        assert_eq!(batch.expert_stds(), [1.0, 2.0, 0.0, 3.0, 4.0, 0.0]);
    }
}
