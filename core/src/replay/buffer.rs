//! The replay buffer.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::columns::{Cells, Columns, Stored};
use super::{Batch, Extra};
use crate::math::Stream;

/// One decision: an action, its reward and the observation after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transition<'a> {
    /// `[action]`, in [-1, 1].
    pub action: &'a [f32],
    /// Reward, summed over the decision's control steps.
    pub reward: f32,
    /// The observation that the action led to, `[observation]`.
    pub next_observation: &'a [f32],
    /// Elements of the additional columns, by name: those that the buffer does not have are ignored, and those missing
    /// here get the [missing](super::Column::missing) element of their column.
    pub extras: &'a [(&'static str, Cells<'a>)],
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
    /// The additional columns, in the buffer's order, `[transitions, width]` each.
    pub extras: Vec<Stored>,
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
        [&mut self.observations, &mut self.actions, &mut self.rewards].into_iter().for_each(Vec::shrink_to_fit);
        self.extras.iter_mut().for_each(Stored::shrink_to_fit);
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
    pub(super) columns: Columns,
    pub(super) capacity: usize,
    pub(super) episodes: VecDeque<Episode>,
    pub(super) pushed: u64,
}

impl Replay {
    /// An empty buffer with these columns, for at most `capacity` transitions.
    #[must_use]
    pub fn new(columns: Columns, capacity: usize) -> Self {
        Self { columns, capacity, episodes: VecDeque::new(), pushed: 0 }
    }

    /// Its columns.
    #[must_use]
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Largest number of transitions.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
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

    /// Bytes of memory that the stored elements take: 4 for each element of each column, and an additional observation
    /// for each episode. An open episode takes up to twice its share.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let elements = |episode: &Episode| {
            let extras = episode.extras.iter().map(Stored::len).sum::<usize>();
            episode.observations.len() + episode.actions.len() + episode.rewards.len() + extras
        };
        4 * self.episodes.iter().map(elements).sum::<usize>()
    }

    /// Begins an episode at `observation` `[observation]` that takes at most `longest` transitions, and returns it for
    /// [`push`](Self::push).
    pub fn begin(&mut self, observation: &[f32], longest: usize) -> EpisodeId {
        self.episodes.retain(|episode| episode.len() > 0 || !episode.ended);
        debug_assert_eq!(observation.len(), self.columns.observation, "an observation has the task's size");
        let first = self.episodes.back().map_or(self.pushed, |last| {
            last.first.saturating_add(if last.ended { last.len() } else { last.len().max(longest) } as u64)
        });
        let extras = self.columns.extras.iter().map(Stored::new).collect();
        self.episodes.push_back(Episode { first, observations: observation.to_vec(), extras, ..Episode::default() });
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
        for (column, stored) in self.columns.extras.iter().zip(&mut episode.extras) {
            let given = transition.extras.iter().find(|(name, _)| *name == column.name);
            stored.push(column, given.map(|(_, cells)| *cells));
        }
        episode.terminated = transition.terminated;
        if transition.terminated || transition.truncated {
            episode.end();
        }
        self.pushed += 1;
        while self.len() > self.capacity {
            let Some(oldest) = self.episodes.iter().position(|episode| episode.ended) else { break };
            // The newest episode stays, whatever the capacity.
            if oldest + 1 == self.episodes.len() {
                break;
            }
            self.episodes.remove(oldest);
        }
    }

    /// First transitions of an episode at which a sequence of `length` transitions can start.
    fn starts(episode: &Episode, length: usize) -> usize {
        (episode.len() + 1).saturating_sub(length)
    }

    /// Whether a sequence of `length` transitions can be sampled.
    #[must_use]
    pub fn can_sample(&self, length: usize) -> bool {
        self.episodes.iter().any(|episode| Self::starts(episode, length) > 0)
    }

    /// `size` sequences of `length` transitions, uniformly over all places where one fits into a single episode; none
    /// while there is no such place.
    pub fn sample(&self, size: usize, length: usize, random: &mut Stream) -> Option<Batch> {
        let mut ends = Vec::with_capacity(self.episodes.len());
        let mut total = 0;
        for episode in &self.episodes {
            total += Self::starts(episode, length);
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
        Some(self.gather(&places, length))
    }

    fn gather(&self, places: &[(&Episode, usize)], length: usize) -> Batch {
        let (o, a) = (self.columns.observation, self.columns.action);
        let mut batch = Batch { size: places.len(), length, ..Batch::default() };
        batch.starts = places.iter().map(|(episode, start)| episode.first + *start as u64).collect();
        for step in 0..=length {
            for &(episode, start) in places {
                let t = start + step;
                batch.observations.extend_from_slice(&episode.observations[t * o..(t + 1) * o]);
                if step < length {
                    batch.actions.extend_from_slice(&episode.actions[t * a..(t + 1) * a]);
                    batch.rewards.push(episode.rewards[t]);
                    let last = episode.terminated && t + 1 == episode.len();
                    batch.terminated.push(if last { 1.0 } else { 0.0 });
                }
            }
        }
        batch.extras = self.gather_extras(places, length);
        batch
    }

    /// The columns of numbers at these places.
    fn gather_extras(&self, places: &[(&Episode, usize)], length: usize) -> Vec<Extra> {
        let mut extras = Vec::new();
        for (i, column) in self.columns.extras.iter().enumerate().filter(|(_, column)| column.is_of_numbers()) {
            let mut values = Vec::with_capacity(length * places.len() * column.width);
            for step in 0..length {
                for &(episode, start) in places {
                    if let Cells::Numbers(numbers) = episode.extras[i].get(start + step, column.width) {
                        values.extend_from_slice(numbers);
                    }
                }
            }
            extras.push(Extra { name: column.name, values });
        }
        extras
    }

    /// Replaces elements of additional columns at transition number `number`, counted from the start of the run;
    /// columns that the buffer does not have are ignored. Returns false if it no longer holds the transition.
    pub fn replace(&mut self, number: u64, extras: &[(&'static str, Cells<'_>)]) -> bool {
        let Some((index, t)) = self.find(number) else { return false };
        for (name, cells) in extras {
            if let Some(place) = self.columns.place(name) {
                self.episodes[index].extras[place].set(t, self.columns.extras[place].width, cells);
            }
        }
        true
    }

    /// Returns the elements of the additional column `name` at transition number `number`, counted from the start of
    /// the run, if the buffer holds both.
    #[must_use]
    pub fn cells(&self, number: u64, name: &str) -> Option<Cells<'_>> {
        let ((index, t), place) = (self.find(number)?, self.columns.place(name)?);
        Some(self.episodes[index].extras[place].get(t, self.columns.extras[place].width))
    }

    /// The episode that holds transition number `number`, and the transition's place in it.
    fn find(&self, number: u64) -> Option<(usize, usize)> {
        let index = self.episodes.partition_point(|episode| episode.first + episode.len() as u64 <= number);
        let t = number.checked_sub(self.episodes.get(index)?.first)?;
        Some((index, usize::try_from(t).ok()?))
    }
}
