//! What the machine remembers between decisions, and how it is stored exactly.

use serde::{Deserialize, Serialize};

use super::reanalyzer::StoredRound;

/// Updates over which reported figures are averaged.
const UPDATES_PER_REPORT: usize = 100;

/// Everything about a run beside agent, replay and environment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// Decisions taken in the task.
    pub decisions: usize,
    /// Environment steps (control steps) taken.
    pub env_step: usize,
    /// Episodes ended.
    pub episodes: usize,
    /// Decisions in the running episode; 0 where the next decision is the first of one.
    pub episode_decisions: usize,
    /// Return of the running episode, as bits.
    pub episode_return: u32,
    /// Updates that the agent has made; filled in when it is stored.
    pub updates: u64,
    /// Reward of the first decision, as bits.
    #[serde(default)]
    pub first_reward: Option<u32>,
    /// Whether a reward has differed from it.
    #[serde(default)]
    pub rewards_differ: bool,
    /// Decisions by which the seed phase is longer than configured, for want of a reward that differs.
    #[serde(default)]
    pub seed_extension: usize,
    /// Pretraining updates done.
    pub pretrained: usize,
    /// Rounds of reanalyze started.
    pub reanalyzed: u32,
    /// Rounds that were started and not used yet; filled in when the run is stored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending_rounds: Vec<StoredRound>,
    /// Mean of the previous plan, as bits; `None` at the first decision of an episode. Filled in when the run is stored.
    pub previous_mean: Option<Vec<u32>>,
    /// Whether an evaluation is due or going on.
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

/// More than any run counts: sums of such numbers are still far from their end.
const MOST: u64 = 1 << 48;

impl State {
    /// Whether it can be gone on with: a count that was altered may be any number.
    pub fn check(&self) -> Result<(), String> {
        let counts = [
            ("decisions", self.decisions),
            ("env_step", self.env_step),
            ("episodes", self.episodes),
            ("episode_decisions", self.episode_decisions),
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
        match counts.chain(wide).chain(sums).find(|(_, count, most)| count > most) {
            Some((name, count, _)) => Err(format!("{name} is {count}, more than a run can count")),
            None => Ok(()),
        }
    }

    /// The running episode's return.
    pub fn episode_return(&self) -> f32 {
        f32::from_bits(self.episode_return)
    }

    /// Adds a reward to it.
    pub fn add_reward(&mut self, reward: f32) {
        self.rewards_differ |= *self.first_reward.get_or_insert(reward.to_bits()) != reward.to_bits();
        self.episode_return = (self.episode_return() + reward).to_bits();
    }
}

/// Sums of named figures. Sums are stored as bits, so that a resumed run reports exactly the same averages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Figures {
    /// Updates since the last report.
    updates: usize,
    /// Name, sum and count, in the order in which the names came up.
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

    /// Counts an update; every so often gives the averages, and starts anew.
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
    fn state_survives_json_to_the_bit() {
        let mut state = State { previous_mean: Some(vec![0.1_f32.to_bits(), f32::NAN.to_bits()]), ..State::default() };
        state.add_reward(1.0 / 3.0);
        state.figures.add("loss", 1e-20);
        state.figures.add("loss", 1.0 / 3.0);
        let json = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<State>(&json).unwrap(), state);
    }
}
