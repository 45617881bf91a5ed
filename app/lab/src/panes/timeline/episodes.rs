//! The recorded episodes, found by jumps and binary search instead of a scan of all decisions.

use std::collections::VecDeque;

use bootstride_core::inspect::Decision;
use bootstride_session::history::Episode;

/// Returns the episodes among the decisions, oldest first, like [`History::recorded_episodes`] but for tens of
/// thousands of decisions in microseconds. Episodes tend to have equal length, so an end is guessed first and searched
/// otherwise.
///
/// [`History::recorded_episodes`]: bootstride_session::History::recorded_episodes
#[must_use]
pub fn episodes(decisions: &VecDeque<Decision>) -> Vec<Episode> {
    let (mut found, mut first, mut usual) = (Vec::<Episode>::new(), 0, 0);
    while let Some(decision) = decisions.get(first) {
        let number = decision.episode;
        let guess = first + usual;
        let inside = usual > 0 && decisions.get(guess - 1).is_some_and(|last| last.episode == number);
        let beyond = decisions.get(guess).is_none_or(|next| next.episode != number);
        let end = if inside && beyond {
            guess.min(decisions.len())
        } else {
            decisions.partition_point(|other| other.episode <= number).max(first + 1)
        };
        usual = end - first;
        let episode_return = decisions[end - 1].episode_return;
        found.push(Episode { number, first, len: usual, episode_return });
        first = end;
    }
    found
}

/// Returns the index of the episode of this decision.
#[must_use]
pub fn episode_at(episodes: &[Episode], index: usize) -> Option<usize> {
    let place = episodes.partition_point(|episode| episode.first <= index);
    place.checked_sub(1)
}
