//! The replay buffer.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::Batch;
use super::ages::{Origin, Packed};
use crate::math::Stream;

/// Sizes that never change in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplaySizes {
    /// Observation size.
    pub observation: usize,
    /// Action size.
    pub action: usize,
    /// Largest number of transitions.
    pub capacity: usize,
}

/// The planner's distribution for the first action at a state, and the value that it expects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expert<'a> {
    /// `[action]`.
    pub mean: &'a [f32],
    /// `[action]`.
    pub std: &'a [f32],
    /// Predicted return of the plan.
    pub value: f32,
    /// When it was planned; `None` if unknown.
    pub origin: Option<Origin>,
}

/// One decision: an action, its reward and the observation after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transition<'a> {
    /// `[action]`, in [-1, 1].
    pub action: &'a [f32],
    /// Reward, summed over the decision's control steps.
    pub reward: f32,
    /// The observation that the action led to, `[observation]`.
    pub next_observation: &'a [f32],
    /// The planner's distribution; `None` for a random action, which uses N(0, 1).
    pub expert: Option<Expert<'a>>,
    /// Whether the action led to a terminal state: nothing follows, so its value is 0.
    pub terminated: bool,
    /// Whether the episode was cut off by its time limit: more would have followed.
    pub truncated: bool,
}

/// One episode, flat.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Episode {
    /// Number of its first transition since the start of the run.
    pub first: u64,
    /// `[transitions + 1, observation]`.
    pub observations: Vec<f32>,
    /// `[transitions, action]`.
    pub actions: Vec<f32>,
    /// `[transitions]`.
    pub rewards: Vec<f32>,
    /// `[transitions, action]`.
    pub expert_means: Vec<f32>,
    /// `[transitions, action]`.
    pub expert_stds: Vec<f32>,
    /// `[transitions]`.
    pub expert_values: Vec<f32>,
    /// `[transitions]`.
    pub expert_origins: Vec<Packed>,
    /// Whether the last transition led to a terminal state.
    pub terminated: bool,
    /// Whether it is complete.
    pub ended: bool,
}

impl Episode {
    pub(super) fn len(&self) -> usize {
        self.rewards.len()
    }

    /// Marks it as complete and frees the unused capacity of its arrays, up to as much as they hold.
    fn end(&mut self) {
        self.ended = true;
        let arrays = [
            &mut self.observations,
            &mut self.actions,
            &mut self.rewards,
            &mut self.expert_means,
            &mut self.expert_stds,
            &mut self.expert_values,
        ];
        arrays.into_iter().for_each(Vec::shrink_to_fit);
        self.expert_origins.shrink_to_fit();
    }
}

/// An episode that transitions are appended to: the number of its first transition since the start of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EpisodeId(u64);

/// Transitions of whole episodes in the order in which they began. Any number of episodes may be open at once.
///
/// Transitions are numbered since the start of the run. An episode that begins while others are open leaves the numbers
/// that those may still need.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    pub(super) sizes: ReplaySizes,
    pub(super) episodes: VecDeque<Episode>,
    pub(super) pushed: u64,
}

impl Replay {
    /// An empty buffer.
    #[must_use]
    pub fn new(sizes: ReplaySizes) -> Self {
        Self { sizes, episodes: VecDeque::new(), pushed: 0 }
    }

    /// Its sizes.
    #[must_use]
    pub fn sizes(&self) -> ReplaySizes {
        self.sizes
    }

    /// Transitions held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.episodes.iter().map(Episode::len).sum()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.episodes.iter().all(|episode| episode.len() == 0)
    }

    /// Episodes held, open ones included.
    #[must_use]
    pub fn episodes(&self) -> usize {
        self.episodes.len()
    }

    /// Bytes of memory that the stored numbers take: 4 (O + 3 A + 3) for each transition, and 4 O for the last
    /// observation of each episode. An open episode takes up to twice its share.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let words = |episode: &Episode| {
            episode.observations.len()
                + episode.actions.len()
                + episode.rewards.len()
                + episode.expert_means.len()
                + episode.expert_stds.len()
                + episode.expert_values.len()
                + episode.expert_origins.len()
        };
        4 * self.episodes.iter().map(words).sum::<usize>()
    }

    /// Begins an episode at `observation` `[observation]` that takes at most `longest` transitions, and returns it for
    /// [`push`](Self::push).
    pub fn begin(&mut self, observation: &[f32], longest: usize) -> EpisodeId {
        self.episodes.retain(|episode| episode.len() > 0 || !episode.ended);
        debug_assert_eq!(observation.len(), self.sizes.observation, "an observation has the task's size");
        let first = self.episodes.back().map_or(self.pushed, |last| {
            last.first.saturating_add(if last.ended { last.len() } else { last.len().max(longest) } as u64)
        });
        self.episodes.push_back(Episode { first, observations: observation.to_vec(), ..Episode::default() });
        EpisodeId(first)
    }

    /// The open episodes, in the order in which they began.
    pub fn open(&self) -> impl Iterator<Item = EpisodeId> {
        self.episodes.iter().filter(|episode| !episode.ended).map(|episode| EpisodeId(episode.first))
    }

    /// Appends a transition to an open episode; does nothing if it is not open. When the buffer is over its capacity,
    /// the oldest episodes that have ended are dropped.
    pub fn push(&mut self, episode: EpisodeId, transition: &Transition<'_>) {
        let Ok(index) = self.episodes.binary_search_by_key(&episode.0, |episode| episode.first) else { return };
        let room = self.episodes.get(index + 1).map(|next| next.first - episode.0);
        let episode = &mut self.episodes[index];
        if episode.ended || room.is_some_and(|room| episode.len() as u64 >= room) {
            return;
        }
        episode.observations.extend_from_slice(transition.next_observation);
        episode.actions.extend_from_slice(transition.action);
        episode.rewards.push(transition.reward);
        if let Some(expert) = transition.expert {
            episode.expert_means.extend_from_slice(expert.mean);
            episode.expert_stds.extend_from_slice(expert.std);
            episode.expert_values.push(expert.value);
        } else {
            episode.expert_means.extend(std::iter::repeat_n(0.0, self.sizes.action));
            episode.expert_stds.extend(std::iter::repeat_n(1.0, self.sizes.action));
            episode.expert_values.push(0.0);
        }
        episode.expert_origins.push(Packed::new(transition.expert.and_then(|expert| expert.origin)));
        episode.terminated = transition.terminated;
        if transition.terminated || transition.truncated {
            episode.end();
        }
        self.pushed += 1;
        while self.len() > self.sizes.capacity {
            let Some(oldest) = self.episodes.iter().position(|episode| episode.ended) else { break };
            // The newest episode stays, whatever the capacity.
            if oldest + 1 == self.episodes.len() {
                break;
            }
            self.episodes.remove(oldest);
        }
    }

    /// First transitions of an episode at which a sequence of `horizon` transitions can start.
    fn starts(episode: &Episode, horizon: usize) -> usize {
        (episode.len() + 1).saturating_sub(horizon)
    }

    /// Whether a sequence of `horizon` transitions can be sampled.
    #[must_use]
    pub fn can_sample(&self, horizon: usize) -> bool {
        self.episodes.iter().any(|episode| Self::starts(episode, horizon) > 0)
    }

    /// `size` sequences of `horizon` transitions, uniformly over all places where one fits into a single episode; none
    /// while there is no such place.
    pub fn sample(&self, size: usize, horizon: usize, random: &mut Stream) -> Option<Batch> {
        let mut ends = Vec::with_capacity(self.episodes.len());
        let mut total = 0;
        for episode in &self.episodes {
            total += Self::starts(episode, horizon);
            ends.push(total);
        }
        if total == 0 {
            return None;
        }
        let places: Vec<(&Episode, usize)> = (0..size)
            .map(|_| {
                let place = random.below(total);
                let number = ends.partition_point(|&end| end <= place);
                let before = if number == 0 { 0 } else { ends[number - 1] };
                (&self.episodes[number], place - before)
            })
            .collect();
        Some(self.gather(&places, horizon))
    }

    fn gather(&self, places: &[(&Episode, usize)], horizon: usize) -> Batch {
        let (o, a) = (self.sizes.observation, self.sizes.action);
        let mut batch = Batch { size: places.len(), horizon, ..Batch::default() };
        batch.starts = places.iter().map(|(episode, start)| episode.first + *start as u64).collect();
        for step in 0..=horizon {
            for &(episode, start) in places {
                let t = start + step;
                batch.observations.extend_from_slice(&episode.observations[t * o..(t + 1) * o]);
                if step < horizon {
                    batch.actions.extend_from_slice(&episode.actions[t * a..(t + 1) * a]);
                    batch.rewards.push(episode.rewards[t]);
                    let last = episode.terminated && t + 1 == episode.len();
                    batch.terminated.push(if last { 1.0 } else { 0.0 });
                    batch.expert_means.extend_from_slice(&episode.expert_means[t * a..(t + 1) * a]);
                    batch.expert_stds.extend_from_slice(&episode.expert_stds[t * a..(t + 1) * a]);
                }
            }
        }
        batch
    }

    /// Replaces the expert of transition number `number`, counted from the start of the run. Gives false where the
    /// buffer no longer holds it.
    pub fn write_expert(&mut self, number: u64, expert: Expert<'_>) -> bool {
        let index = self.episodes.partition_point(|episode| episode.first + episode.len() as u64 <= number);
        let a = self.sizes.action;
        let Some(episode) = self.episodes.get_mut(index) else { return false };
        let Some(t) = number.checked_sub(episode.first).and_then(|t| usize::try_from(t).ok()) else { return false };
        episode.expert_means[t * a..(t + 1) * a].copy_from_slice(expert.mean);
        episode.expert_stds[t * a..(t + 1) * a].copy_from_slice(expert.std);
        episode.expert_values[t] = expert.value;
        episode.expert_origins[t] = Packed::new(expert.origin);
        true
    }

    /// The expert of transition number `number`, if the buffer holds it.
    #[must_use]
    pub fn expert(&self, number: u64) -> Option<Expert<'_>> {
        let a = self.sizes.action;
        let episode = self
            .episodes
            .iter()
            .find(|episode| number >= episode.first && number < episode.first + episode.len() as u64)?;
        let t = usize::try_from(number - episode.first).ok()?;
        Some(Expert {
            mean: &episode.expert_means[t * a..(t + 1) * a],
            std: &episode.expert_stds[t * a..(t + 1) * a],
            value: episode.expert_values[t],
            origin: episode.expert_origins[t].origin(),
        })
    }
}
