//! The trainer's state between decisions, stored exactly.

use serde::{Deserialize, Serialize};

use super::reanalyzer::StoredRound;
use crate::replay::EpisodeId;

/// Updates over which reported figures are averaged.
const UPDATES_PER_REPORT: usize = 100;

/// The state of a run other than agent, replay buffer and environment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// Decisions taken in the task.
    pub decisions: usize,
    /// Environment steps (control steps) taken.
    pub env_step: usize,
    /// Episodes ended.
    pub episodes: usize,
    /// Episodes begun. Missing in older checkpoints; see [`State::migrate`].
    #[serde(default)]
    pub begun: usize,
    /// The open episode of each environment; filled in when the run is stored.
    #[serde(default)]
    pub open: Vec<OpenEpisode>,
    /// In checkpoints with a single environment, instead of `open`.
    #[serde(default, skip_serializing)]
    episode_decisions: Option<usize>,
    #[serde(default, skip_serializing)]
    episode_return: Option<u32>,
    #[serde(default, skip_serializing)]
    previous_mean: Option<Vec<u32>>,
    /// Updates that the agent has made; filled in when it is stored.
    pub updates: u64,
    /// Reward of the first decision, as bits.
    #[serde(default)]
    pub first_reward: Option<u32>,
    /// Whether a reward has differed from it.
    #[serde(default)]
    pub rewards_differ: bool,
    /// Decisions by which the seed phase was extended because no reward differed yet.
    #[serde(default)]
    pub seed_extension: usize,
    /// Pretraining updates done.
    pub pretrained: usize,
    /// Updates due for the decisions so far but not made yet, as the bits of an f64 below 1.
    #[serde(default)]
    pub updates_owed: u64,
    /// Rounds of reanalyze started.
    pub reanalyzed: u32,
    /// Rounds started but not used yet; filled in when the run is stored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending_rounds: Vec<StoredRound>,
    /// Whether an evaluation is due or running.
    pub evaluating: bool,
    /// Environment steps at the last evaluation.
    pub evaluated_at: usize,
    /// Environment steps at the last checkpoint that was announced.
    pub checkpoint_at: usize,
    /// Whether the end has been announced.
    pub finished: bool,
    /// Figures gathered since the last report.
    pub figures: Figures,
}

/// The open episode of an environment. Real numbers are stored as bits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenEpisode {
    /// Number of the episode in the order in which they began, from 0.
    pub number: usize,
    /// Decisions in it.
    pub decisions: usize,
    /// Its return so far.
    pub episode_return: u32,
    /// Where its transitions go; `None` if the next decision begins an episode.
    pub replay: Option<EpisodeId>,
    /// Mean of the previous plan; `None` at the first decision.
    pub plan_mean: Option<Vec<u32>>,
}

/// The most updates that can be owed.
const MOST_OWED: f64 = 65_536.0;

/// More than any run counts; sums of such numbers still do not overflow.
const MOST: u64 = 1 << 48;

impl State {
    /// Returns whether the run can continue from it: an altered count may be any number.
    pub fn check(&self) -> Result<(), String> {
        let counts = [
            ("decisions", self.decisions),
            ("env_step", self.env_step),
            ("episodes", self.episodes),
            ("begun", self.begun),
            ("seed_extension", self.seed_extension),
            ("pretrained", self.pretrained),
            ("evaluated_at", self.evaluated_at),
            ("checkpoint_at", self.checkpoint_at),
            ("figures.updates", self.figures.updates),
        ];
        let counts = counts.into_iter().map(|(name, count)| (name, count as u64, MOST));
        // Kept in 32 bits.
        let rounds = ("reanalyzed", u64::from(self.reanalyzed), u64::from(u32::MAX / 2));
        let sums =
            self.figures.sums.iter().map(|(_, _, count)| ("figures.sums", u64::from(*count), u64::from(u32::MAX / 2)));
        let wide = [("updates", self.updates, MOST), rounds];
        let open = self.open.iter().flat_map(|episode| {
            [("open.number", episode.number), ("open.decisions", episode.decisions)].map(|(n, x)| (n, x as u64, MOST))
        });
        let owed = f64::from_bits(self.updates_owed);
        if !(0.0..=MOST_OWED).contains(&owed) {
            return Err(format!("updates_owed is {owed}, not between 0 and {MOST_OWED}"));
        }
        match counts.chain(wide).chain(sums).chain(open).find(|(_, count, most)| count > most) {
            Some((name, count, _)) => Err(format!("{name} is {count}, more than a run can count")),
            None => Ok(()),
        }
    }

    /// Compares a reward with the first one.
    pub fn note_reward(&mut self, reward: f32) {
        self.rewards_differ |= *self.first_reward.get_or_insert(reward.to_bits()) != reward.to_bits();
    }

    /// Fills in what checkpoints of earlier versions, which had one environment, say in other fields. `open` is the
    /// open episode of the replay buffer.
    pub fn migrate(&mut self, open: Option<EpisodeId>) {
        let (decisions, episode_return) = (self.episode_decisions.take(), self.episode_return.take());
        let plan_mean = self.previous_mean.take();
        if let Some(decisions) = decisions.filter(|_| self.open.is_empty()) {
            let replay = open.filter(|_| decisions > 0);
            self.begun = self.episodes + usize::from(decisions > 0);
            let episode_return = episode_return.unwrap_or_default();
            self.open = vec![OpenEpisode { number: self.episodes, decisions, episode_return, replay, plan_mean }];
        }
    }
}

/// Sums of named figures. Sums are stored as bits, so that a resumed run reports exactly the same averages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Figures {
    /// Updates since the last report.
    updates: usize,
    /// Name, sum and count, in order of first appearance.
    sums: Vec<(String, u64, u32)>,
}

impl Figures {
    /// Adds one figure.
    pub fn add(&mut self, name: &str, value: f32) {
        match self.sums.iter_mut().find(|(known, ..)| known == name) {
            Some((_, sum, count)) => {
                *sum = (f64::from_bits(*sum) + f64::from(value)).to_bits();
                *count += 1;
            }
            None => self.sums.push((name.to_owned(), f64::from(value).to_bits(), 1)),
        }
    }

    /// Counts an update; at each reporting interval, returns the averages and starts over.
    pub fn count_update(&mut self) -> Option<Vec<(String, f32)>> {
        self.updates += 1;
        if self.updates < UPDATES_PER_REPORT {
            return None;
        }
        self.updates = 0;
        let sums = std::mem::take(&mut self.sums);
        #[allow(clippy::cast_possible_truncation, reason = "reported as f32")]
        let average = |(name, sum, count): (String, u64, u32)| (name, (f64::from_bits(sum) / f64::from(count)) as f32);
        Some(sums.into_iter().map(average).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_averaged_over_a_hundred_updates() {
        let mut figures = Figures::default();
        for update in 0..99_u16 {
            figures.add("loss", f32::from(update));
            assert_eq!(figures.count_update(), None);
        }
        figures.add("loss", 99.0);
        figures.add("rare", 3.0);
        assert_eq!(figures.count_update(), Some(vec![("loss".into(), 49.5), ("rare".into(), 3.0)]));
        assert_eq!(figures, Figures::default());
    }

    #[test]
    fn the_open_episode_of_a_checkpoint_with_one_environment_is_taken_over() {
        let old = r#"{"decisions":1203,"env_step":2406,"episodes":2,"episode_decisions":203,"episode_return":1065353216,
            "updates":9,"pretrained":5,"reanalyzed":1,"previous_mean":[1056964608],"evaluating":false,"evaluated_at":2,
            "checkpoint_at":2,"finished":false,"figures":{"updates":0,"sums":[]}}"#;
        let mut state: State = serde_json::from_str(old).unwrap();
        let id: EpisodeId = serde_json::from_str("1000").unwrap();
        state.migrate(Some(id));
        let plan_mean = Some(vec![0.5_f32.to_bits()]);
        let open =
            OpenEpisode { number: 2, decisions: 203, episode_return: 1.0_f32.to_bits(), replay: Some(id), plan_mean };
        assert_eq!((state.begun, &state.open), (3, &vec![open]));
        let json = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<State>(&json).unwrap(), state);
    }

    #[test]
    fn state_survives_json_to_the_bit() {
        let plan_mean = Some(vec![0.1_f32.to_bits(), f32::NAN.to_bits()]);
        let episode_return = (1.0_f32 / 3.0).to_bits();
        let open = vec![OpenEpisode { episode_return, plan_mean, ..OpenEpisode::default() }];
        let mut state = State { open, ..State::default() };
        state.note_reward(1.0 / 3.0);
        state.figures.add("loss", 1e-20);
        state.figures.add("loss", 1.0 / 3.0);
        let json = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<State>(&json).unwrap(), state);
    }
}
