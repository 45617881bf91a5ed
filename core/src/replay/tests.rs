use proptest::prelude::*;

use super::*;
use crate::math::{Purpose, Stream};

const SIZES: ReplaySizes = ReplaySizes { observation: 2, action: 1, capacity: 1_000 };

/// Episodes of these lengths. The observation at step t of episode e is (e, t), the action and reward of the transition
/// from it are t.
fn filled(sizes: ReplaySizes, episodes: &[(usize, bool)]) -> Replay {
    let mut replay = Replay::new(sizes);
    for (e, &(len, terminated)) in episodes.iter().enumerate() {
        let id = replay.begin(&[e as f32, 0.0], len);
        for t in 0..len {
            let last = t + 1 == len;
            replay.push(
                id,
                &Transition {
                    action: &[t as f32],
                    reward: t as f32,
                    next_observation: &[e as f32, (t + 1) as f32],
                    expert: None,
                    terminated: last && terminated,
                    truncated: last && !terminated,
                },
            );
        }
    }
    replay
}

proptest! {
    #![proptest_config(crate::property::cases(256))]

    #[test]
    fn sequences_never_cross_an_episode(
        lengths in prop::collection::vec((1_usize..12, any::<bool>()), 1..8),
        horizon in 1_usize..5,
        seed in any::<u64>(),
    ) {
        let replay = filled(SIZES, &lengths);
        let batch = replay.sample(16, horizon, &mut Stream::new(seed, Purpose::Replay, 0));
        prop_assert_eq!(batch.is_some(), lengths.iter().any(|(len, _)| *len >= horizon));
        prop_assert_eq!(batch.is_some(), replay.can_sample(horizon));
        let Some(batch) = batch else { return Ok(()) };
        for i in 0..batch.size {
            let at = |t: usize| &batch.observations[(t * batch.size + i) * 2..][..2];
            let (episode, start) = (at(0)[0], at(0)[1]);
            for t in 0..horizon {
                prop_assert_eq!(at(t + 1), [episode, start + (t + 1) as f32]);
                prop_assert_eq!(batch.actions[t * batch.size + i], start + t as f32);
                prop_assert_eq!(batch.rewards[t * batch.size + i], start + t as f32);
                let (len, terminated) = lengths[episode as usize];
                let ends = terminated && start as usize + t + 1 == len;
                prop_assert_eq!(batch.terminated[t * batch.size + i], f32::from(u8::from(ends)));
            }
        }
    }

    #[test]
    fn capacity_is_kept_by_dropping_the_oldest_whole_episodes(
        lengths in prop::collection::vec((1_usize..12, any::<bool>()), 1..20),
        capacity in 1_usize..40,
    ) {
        let replay = filled(ReplaySizes { capacity, ..SIZES }, &lengths);
        prop_assert!(replay.len() <= capacity || replay.episodes() == 1);
        let kept: usize = lengths.iter().rev().take(replay.episodes()).map(|(len, _)| len).sum();
        prop_assert_eq!(replay.len(), kept);
    }

    #[test]
    fn stored_bytes_come_back_and_damaged_ones_are_refused(
        lengths in prop::collection::vec((1_usize..12, any::<bool>()), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let replay = filled(SIZES, &lengths);
        let bytes = replay.to_bytes();
        prop_assert_eq!(&Replay::from_bytes(&bytes, SIZES).unwrap(), &replay);
        prop_assert!(Replay::from_bytes(&bytes[..cut.index(bytes.len())], SIZES).is_err());
        // Any change either is noticed or gives some other buffer, but never a panic.
        let mut changed = bytes.clone();
        changed[cut.index(bytes.len())] ^= 0x55;
        let _ = Replay::from_bytes(&changed, SIZES);
    }
}

#[test]
fn new_experts_are_written_to_their_transition_and_nowhere_else() {
    let mut replay = filled(SIZES, &[(4, false), (5, true)]);
    let standard = Expert { mean: &[0.0], std: &[1.0], value: 0.0, origin: None };
    let new = Expert { mean: &[0.3], std: &[0.1], value: 7.0, origin: None };
    assert_eq!(replay.expert(5), Some(standard), "random actions have N(0, 1) for an expert");
    assert!(replay.write_expert(5, new));
    assert_eq!(replay.expert(5), Some(new));
    assert_eq!((replay.expert(4), replay.expert(6)), (Some(standard), Some(standard)));
    assert!(!replay.write_expert(9, new), "no such transition");
    let batch = replay.sample(200, 1, &mut Stream::new(1, Purpose::Replay, 0)).unwrap();
    for (i, start) in batch.starts.iter().enumerate() {
        assert_eq!(batch.expert_means[i], if *start == 5 { 0.3 } else { 0.0 });
    }
}

#[test]
fn experts_of_dropped_episodes_are_gone() {
    let mut replay = filled(ReplaySizes { capacity: 6, ..SIZES }, &[(4, false), (5, true)]);
    assert!(!replay.write_expert(2, Expert { mean: &[0.3], std: &[0.1], value: 7.0, origin: None }));
    assert!(replay.expert(2).is_none());
    assert!(replay.write_expert(4, Expert { mean: &[0.3], std: &[0.1], value: 7.0, origin: None }));
}

#[test]
fn places_are_sampled_evenly() {
    let replay = filled(SIZES, &[(3, false), (6, false)]);
    let batch = replay.sample(6_000, 2, &mut Stream::new(1, Purpose::Replay, 0)).unwrap();
    let mut counts = [0; 9];
    batch.starts.iter().for_each(|start| counts[*start as usize] += 1);
    // Two places in the first episode, five in the second; the last transition of each starts no sequence of two.
    assert_eq!((counts[2], counts[8]), (0, 0));
    for place in [0, 1, 3, 4, 5, 6, 7] {
        assert!((700..1_000).contains(&counts[place]), "{counts:?}");
    }
}

#[test]
fn memory_is_that_of_the_stored_numbers() {
    let replay = filled(SIZES, &[(10, false)]);
    assert_eq!(replay.memory_bytes(), 4 * (11 * 2 + 10 * (1 + 1 + 1 + 1 + 1 + 1)));
}

/// The largest task of the published experiments: 1,360 bytes a transition, 1.36 GB for a million.
#[test]
fn a_transition_takes_the_memory_of_its_numbers_and_no_more() {
    let (observation, action, length) = (223, 38, 500);
    let mut replay = Replay::new(ReplaySizes { observation, action, capacity: 1_000_000 });
    for _ in 0..3 {
        let id = replay.begin(&vec![0.5; observation], usize::MAX);
        for t in 1..=length {
            replay.push(
                id,
                &Transition {
                    action: &vec![0.5; action],
                    reward: 1.0,
                    next_observation: &vec![0.5; observation],
                    expert: None,
                    terminated: false,
                    truncated: t == length,
                },
            );
        }
    }
    assert_eq!(replay.memory_bytes(), 4 * (3 * length * (223 + 3 * 38 + 3) + 3 * 223));
    let reserved: usize = replay
        .episodes
        .iter()
        .flat_map(|e| [&e.observations, &e.actions, &e.rewards, &e.expert_means, &e.expert_stds, &e.expert_values])
        .map(Vec::capacity)
        .sum();
    let reserved = reserved + replay.episodes.iter().map(|e| e.expert_origins.capacity()).sum::<usize>();
    assert!(4 * reserved <= replay.memory_bytes() * 101 / 100, "{reserved} numbers are reserved");
    let again = Replay::read(&mut replay.to_bytes().as_slice(), replay.sizes()).unwrap();
    let reserved = again.episodes.iter().map(|e| e.observations.capacity()).sum::<usize>();
    assert!(reserved <= 3 * (length + 1) * observation * 101 / 100, "read back, {reserved} numbers are reserved");
}

/// Counts what it is given, and the largest piece.
#[derive(Default)]
struct Pieces {
    bytes: Vec<u8>,
    largest: usize,
}

impl std::io::Write for Pieces {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        self.bytes.extend_from_slice(piece);
        self.largest = self.largest.max(piece.len());
        Ok(piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn storing_needs_one_small_piece_of_memory_whatever_the_size() {
    let replay = filled(ReplaySizes { capacity: 1_000_000, ..SIZES }, &[(100_000, false), (3, true)]);
    let mut pieces = Pieces::default();
    replay.write(&mut pieces).unwrap();
    assert!(pieces.largest <= 16 * 1024, "a piece of {}", pieces.largest);
    assert!(pieces.bytes == replay.to_bytes());
    assert_eq!(Replay::from_bytes(&pieces.bytes, replay.sizes()).unwrap(), replay);
    let mut longer = pieces.bytes;
    longer.push(0);
    assert!(Replay::from_bytes(&longer, replay.sizes()).is_err(), "nothing may follow");
}

/// A buffer of ten transitions without experts, with experts of these origins written to the first ones.
fn with_origins(origins: &[Option<Origin>]) -> Replay {
    let mut replay = filled(SIZES, &[(4, false), (6, true)]);
    for (number, &origin) in origins.iter().enumerate() {
        assert!(replay.write_expert(number as u64, Expert { mean: &[0.3], std: &[0.1], value: 7.0, origin }));
    }
    replay
}

#[test]
fn experts_are_counted_by_age_and_random_actions_are_not() {
    let origin = |updates, reanalyzed| Some(Origin { updates, reanalyzed });
    let origins = [
        origin(100, false),
        origin(90, true),
        origin(89, true),
        origin(0, false),
        None,
        origin(100, true),
        origin(50, false),
    ];
    let mut replay = with_origins(&origins);
    let ages = |replay: &Replay| replay.expert_ages(100, &[10, 50]);
    let expected = ExpertAges { histogram: vec![(10, 0.3), (50, 0.2), (u64::MAX, 0.1)], reanalyzed: 0.3 };
    assert_eq!(ages(&replay), expected);
    assert_eq!(replay.expert(5).unwrap().origin, origin(100, true));
    assert_eq!(ages(&Replay::from_bytes(&replay.to_bytes(), SIZES).unwrap()), expected, "kept in a checkpoint");
    // Reanalyze makes the oldest one young.
    assert!(replay.write_expert(3, Expert { mean: &[0.3], std: &[0.1], value: 7.0, origin: origin(95, true) }));
    assert_eq!(ages(&replay).histogram, [(10, 0.4), (50, 0.2), (u64::MAX, 0.0)]);
    assert_eq!(Replay::new(SIZES).expert_ages(5, &[1]).histogram, [(1, 0.0), (u64::MAX, 0.0)]);
}

/// The buffer in the first version of the format, which had no origins.
fn first_version(replay: &Replay) -> Vec<u8> {
    let mut out = b"BSREPLY1".to_vec();
    let word = |out: &mut Vec<u8>, word: u64| out.extend(word.to_le_bytes());
    for size in [replay.sizes.observation, replay.sizes.action, replay.sizes.capacity, replay.episodes.len()] {
        word(&mut out, size as u64);
    }
    word(&mut out, replay.pushed);
    for e in &replay.episodes {
        word(&mut out, e.first);
        word(&mut out, e.len() as u64);
        out.extend([u8::from(e.terminated), u8::from(e.ended)]);
        let arrays = [&e.observations, &e.actions, &e.expert_means, &e.expert_stds, &e.rewards, &e.expert_values];
        out.extend(arrays.into_iter().flatten().flat_map(|number| number.to_le_bytes()));
    }
    out
}

#[test]
fn a_buffer_of_the_first_version_is_read_with_experts_of_unknown_age() {
    let origins = [Some(Origin { updates: 3, reanalyzed: true }); 5];
    let read = Replay::from_bytes(&first_version(&with_origins(&origins)), SIZES).unwrap();
    assert_eq!(read, with_origins(&[None; 5]));
    assert_eq!(read.expert(4).unwrap().value, 7.0);
    assert_eq!(read.expert_ages(10, &[5]), ExpertAges { histogram: vec![(5, 0.0), (u64::MAX, 0.0)], reanalyzed: 0.0 });
}

proptest! {
    #![proptest_config(crate::property::cases(128))]

    /// Episodes that are written in turns are what they are when they are written one after the other, and each number
    /// leads to its own transition.
    #[test]
    fn episodes_may_be_open_at_once(turns in prop::collection::vec(0_usize..4, 1..120), lengths in prop::array::uniform4(1_usize..9)) {
        const LONGEST: usize = 9;
        let mut replay = Replay::new(SIZES);
        let mut open: [Option<(EpisodeId, usize, u8)>; 4] = [None; 4];
        let (mut begun, mut pushed) = (0_u8, 0);
        for slot in turns {
            let (id, t, episode) = *open[slot].get_or_insert_with(|| {
                begun += 1;
                (replay.begin(&[f32::from(begun), 0.0], LONGEST), 0, begun)
            });
            let last = t + 1 == lengths[slot];
            replay.push(id, &Transition {
                action: &[t as f32],
                reward: f32::from(episode),
                next_observation: &[f32::from(episode), (t + 1) as f32],
                expert: Some(Expert { mean: &[0.0], std: &[1.0], value: 0.0, origin: None }),
                terminated: false,
                truncated: last,
            });
            open[slot] = (!last).then_some((id, t + 1, episode));
            pushed += 1;
        }
        prop_assert_eq!(replay.len(), pushed);
        prop_assert_eq!(replay.open().count(), open.iter().flatten().count());
        prop_assert_eq!(&Replay::from_bytes(&replay.to_bytes(), SIZES).unwrap(), &replay);
        if let Some(batch) = replay.sample(8, 1, &mut Stream::new(1, Purpose::Replay, 0)) {
            for i in 0..batch.size {
                prop_assert_eq!(batch.rewards[i], batch.observations[2 * i]);
                let value = batch.rewards[i];
                let expert = Expert { mean: &[0.5], std: &[1.0], value, origin: None };
                prop_assert!(replay.write_expert(batch.starts[i], expert));
            }
            for i in 0..batch.size {
                prop_assert_eq!(replay.expert(batch.starts[i]).map(|expert| expert.value), Some(batch.rewards[i]));
            }
        }
    }
}
