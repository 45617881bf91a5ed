//! Random actions of the seed phase.

use crate::math::{Purpose, Stream};

/// Holding times of bang-bang actions, as powers of two of decisions: 16, 32 and 64.
const OCTAVES: std::ops::Range<u32> = 4..7;

/// An action that is uniform in [-1, 1] (the published choice), a function of seed and decision alone.
#[allow(clippy::cast_possible_truncation, reason = "actions are f32")]
pub(super) fn uniform(seed: u64, decision: u32, size: usize) -> Vec<f32> {
    let mut random = Stream::new(seed, Purpose::SeedAction, decision);
    (0..size).map(|_| random.uniform_in(-1.0, 1.0) as f32).collect()
}

/// An action at the ends of [-1, 1], a function of seed and decision alone: the sign of coloured noise (Voss's sum of
/// numbers that are held for powers of two of decisions). Each dimension changes sides at irregular times, on its own,
/// and so moves energy where uniform noise averages out: of simulated pendulum episodes 21% see a reward, 4% under
/// uniform actions.
pub(super) fn bang_bang(seed: u64, decision: u32, size: usize) -> Vec<f32> {
    let mut sums = vec![0.0; size];
    for octave in OCTAVES {
        let held = (octave << 28) | (decision >> octave);
        let mut random = Stream::new(seed, Purpose::SeedAction, held);
        for sum in &mut sums {
            *sum += random.normal();
        }
    }
    sums.into_iter().map(|sum| if sum < 0.0 { -1.0 } else { 1.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uniform_actions_fill_the_range() {
        let actions: Vec<f32> = (0..500).flat_map(|decision| uniform(1, decision, 2)).collect();
        assert!(actions.iter().all(|a| a.abs() <= 1.0));
        assert!(actions.iter().any(|a| *a < -0.95) && actions.iter().any(|a| *a > 0.95));
        assert!((actions.iter().sum::<f32>() / 1000.0).abs() < 0.1);
    }

    #[test]
    fn bang_bang_actions_are_held_at_the_ends_and_change_sides_independently() {
        let actions: Vec<Vec<f32>> = (0..4000).map(|decision| bang_bang(1, decision, 2)).collect();
        for dimension in 0..2 {
            let values: Vec<f32> = actions.iter().map(|action| action[dimension]).collect();
            assert!(values.iter().all(|a| [-1.0, 1.0].contains(a)));
            let high = values.iter().filter(|a| **a > 0.0).count();
            assert!((1200..2800).contains(&high), "{high} of 4000 at the upper end");
            let changes = values.windows(2).filter(|pair| pair[0] * pair[1] < 0.0).count();
            assert!((40..160).contains(&changes), "{changes} changes in 4000 decisions");
        }
        let equal = actions.iter().filter(|action| action[0] * action[1] > 0.0).count();
        assert!((1200..2800).contains(&equal), "both dimensions equal in {equal} of 4000");
    }
}
