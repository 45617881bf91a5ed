use proptest::prelude::*;

use super::*;
use crate::math::{Purpose, Stream};

const CAPACITY: usize = 1_000;

/// Two observations, one action, with experts.
fn columns() -> Columns {
    Columns { observation: 2, action: 1, extras: expert_columns(1) }
}

fn reread(bytes: &[u8]) -> Result<Replay, ReplayError> {
    Replay::from_bytes(bytes, columns(), CAPACITY)
}

/// Episodes of these lengths. The observation at step t of episode e is (e, t), the action and reward of the transition
/// from it are t.
fn filled(capacity: usize, episodes: &[(usize, bool)]) -> Replay {
    filled_with(columns(), capacity, episodes)
}

fn filled_with(columns: Columns, capacity: usize, episodes: &[(usize, bool)]) -> Replay {
    let mut replay = Replay::new(columns, capacity);
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
                    extras: &[],
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
        let replay = filled(CAPACITY, &lengths);
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
        let replay = filled(capacity, &lengths);
        prop_assert!(replay.len() <= capacity || replay.episodes() == 1);
        let kept: usize = lengths.iter().rev().take(replay.episodes()).map(|(len, _)| len).sum();
        prop_assert_eq!(replay.len(), kept);
    }

    #[test]
    fn stored_bytes_come_back_and_damaged_ones_are_refused(
        lengths in prop::collection::vec((1_usize..12, any::<bool>()), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let replay = filled(CAPACITY, &lengths);
        let bytes = replay.to_bytes();
        prop_assert_eq!(&reread(&bytes).unwrap(), &replay);
        prop_assert!(reread(&bytes[..cut.index(bytes.len())]).is_err());
        // Any change either is noticed or gives some other buffer, but never a panic.
        let mut changed = bytes.clone();
        changed[cut.index(bytes.len())] ^= 0x55;
        let _ = reread(&changed);
    }
}

#[test]
fn new_experts_are_written_to_their_transition_and_nowhere_else() {
    let mut replay = filled(CAPACITY, &[(4, false), (5, true)]);
    let standard = Expert { mean: &[0.0], std: &[1.0], value: 0.0, origin: None };
    let new = Expert { mean: &[0.3], std: &[0.1], value: 7.0, origin: None };
    assert_eq!(replay.expert(5), Some(standard), "random actions have N(0, 1) for an expert");
    assert!(replay.write_expert(5, new));
    assert_eq!(replay.expert(5), Some(new));
    assert_eq!((replay.expert(4), replay.expert(6)), (Some(standard), Some(standard)));
    assert!(!replay.write_expert(9, new), "no such transition");
    let batch = replay.sample(200, 1, &mut Stream::new(1, Purpose::Replay, 0)).unwrap();
    for (i, start) in batch.starts.iter().enumerate() {
        assert_eq!(batch.expert_means()[i], if *start == 5 { 0.3 } else { 0.0 });
    }
}

#[test]
fn experts_of_dropped_episodes_are_gone() {
    let mut replay = filled(6, &[(4, false), (5, true)]);
    assert!(!replay.write_expert(2, Expert { mean: &[0.3], std: &[0.1], value: 7.0, origin: None }));
    assert!(replay.expert(2).is_none());
    assert!(replay.write_expert(4, Expert { mean: &[0.3], std: &[0.1], value: 7.0, origin: None }));
}

#[test]
fn places_are_sampled_evenly() {
    let replay = filled(CAPACITY, &[(3, false), (6, false)]);
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
    let replay = filled(CAPACITY, &[(10, false)]);
    assert_eq!(replay.memory_bytes(), 4 * (11 * 2 + 10 * (1 + 1 + 1 + 1 + 1 + 1)));
}

/// The largest task of the published experiments: 1,360 bytes a transition, 1.36 GB for a million.
#[test]
fn a_transition_takes_the_memory_of_its_numbers_and_no_more() {
    let (observation, action, length) = (223, 38, 500);
    let columns = Columns { observation, action, extras: expert_columns(action) };
    let mut replay = Replay::new(columns.clone(), 1_000_000);
    for _ in 0..3 {
        let id = replay.begin(&vec![0.5; observation], usize::MAX);
        for t in 1..=length {
            replay.push(
                id,
                &Transition {
                    action: &vec![0.5; action],
                    reward: 1.0,
                    next_observation: &vec![0.5; observation],
                    extras: &[],
                    terminated: false,
                    truncated: t == length,
                },
            );
        }
    }
    assert_eq!(replay.memory_bytes(), 4 * (3 * length * (223 + 3 * 38 + 3) + 3 * 223));
    let capacity = |stored: &columns::Stored| match stored {
        columns::Stored::Numbers(numbers) => numbers.capacity(),
        columns::Stored::Words(words) => words.capacity(),
    };
    let reserved = |episode: &buffer::Episode| {
        let arrays = [&episode.observations, &episode.actions, &episode.rewards].map(Vec::capacity);
        arrays.iter().sum::<usize>() + episode.extras.iter().map(capacity).sum::<usize>()
    };
    let reserved: usize = replay.episodes.iter().map(reserved).sum();
    assert!(4 * reserved <= replay.memory_bytes() * 101 / 100, "{reserved} numbers are reserved");
    let again = Replay::read(&mut replay.to_bytes().as_slice(), columns, 1_000_000).unwrap();
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
    let replay = filled(1_000_000, &[(100_000, false), (3, true)]);
    let mut pieces = Pieces::default();
    replay.write(&mut pieces).unwrap();
    assert!(pieces.largest <= 16 * 1024, "a piece of {}", pieces.largest);
    assert!(pieces.bytes == replay.to_bytes());
    assert_eq!(Replay::from_bytes(&pieces.bytes, columns(), 1_000_000).unwrap(), replay);
    let mut longer = pieces.bytes;
    longer.push(0);
    assert!(reread(&longer).is_err(), "nothing may follow");
}

/// A buffer of ten transitions without experts, with experts of these origins written to the first ones.
fn with_origins(origins: &[Option<Origin>]) -> Replay {
    let mut replay = filled(CAPACITY, &[(4, false), (6, true)]);
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
    assert_eq!(ages(&reread(&replay.to_bytes()).unwrap()), expected, "kept in a checkpoint");
    // Reanalyze makes the oldest one young.
    assert!(replay.write_expert(3, Expert { mean: &[0.3], std: &[0.1], value: 7.0, origin: origin(95, true) }));
    assert_eq!(ages(&replay).histogram, [(10, 0.4), (50, 0.2), (u64::MAX, 0.0)]);
    assert_eq!(Replay::new(columns(), CAPACITY).expert_ages(5, &[1]).histogram, [(1, 0.0), (u64::MAX, 0.0)]);
}

/// The buffer in an earlier version of the format: in the first, without origins; in both, with the columns of experts.
fn earlier_version(replay: &Replay, magic: [u8; 8]) -> Vec<u8> {
    let mut out = magic.to_vec();
    let word = |out: &mut Vec<u8>, word: u64| out.extend(word.to_le_bytes());
    let sizes = [replay.columns.observation, replay.columns.action, replay.capacity, replay.episodes.len()];
    for size in sizes {
        word(&mut out, size as u64);
    }
    word(&mut out, replay.pushed);
    for e in &replay.episodes {
        word(&mut out, e.first);
        word(&mut out, e.len() as u64);
        out.extend([u8::from(e.terminated), u8::from(e.ended)]);
        let [
            columns::Stored::Numbers(means),
            columns::Stored::Numbers(stds),
            columns::Stored::Numbers(values),
            columns::Stored::Words(origins),
        ] = e.extras.as_slice()
        else {
            panic!("the columns of experts")
        };
        let arrays = [&e.observations, &e.actions, means, stds, &e.rewards, values];
        out.extend(arrays.into_iter().flatten().flat_map(|number| number.to_le_bytes()));
        if magic == *b"BSREPLY2" {
            out.extend(origins.iter().flat_map(|origin| origin.to_le_bytes()));
        }
    }
    out
}

/// The same transitions without experts.
fn without_experts(replay: &Replay) -> Replay {
    let mut plain = replay.clone();
    plain.columns.extras.clear();
    plain.episodes.iter_mut().for_each(|episode| episode.extras.clear());
    plain
}

#[test]
fn a_buffer_of_an_earlier_version_is_read_with_its_experts_or_without() {
    let replay = with_origins(&[Some(Origin { updates: 3, reanalyzed: true }); 5]);
    let old = earlier_version(&replay, *b"BSREPLY2");
    assert_eq!(reread(&old).unwrap(), replay);
    let plain = Columns { extras: Vec::new(), ..columns() };
    for bytes in [old, earlier_version(&replay, *b"BSREPLY1"), replay.to_bytes()] {
        assert_eq!(Replay::from_bytes(&bytes, plain.clone(), CAPACITY).unwrap(), without_experts(&replay));
        assert!(
            Replay::from_bytes(&bytes[..bytes.len() - 1], plain.clone(), CAPACITY).is_err(),
            "cut in a dropped column"
        );
    }
}

#[test]
fn a_column_that_was_not_stored_is_filled_and_one_of_another_width_is_refused() {
    let plain = without_experts(&filled(CAPACITY, &[(4, false), (5, true)]));
    assert_eq!(reread(&plain.to_bytes()).unwrap(), filled(CAPACITY, &[(4, false), (5, true)]));
    let extras = vec![Column { name: EXPERT_MEAN, width: 2, missing: Cell::Number(0.0) }];
    let wide = filled_with(Columns { extras, ..columns() }, CAPACITY, &[(3, true)]);
    let error = reread(&wide.to_bytes()).unwrap_err().to_string();
    assert!(error.contains("its column expert_mean has 2 elements where 1 are expected"), "{error}");
}

#[test]
fn an_agent_may_ask_for_columns_of_its_own() {
    let extras = vec![
        Column { name: "log_probability", width: 1, missing: Cell::Number(-1.0) },
        Column { name: "task", width: 2, missing: Cell::Word(7) },
    ];
    let columns = Columns { extras, ..columns() };
    assert_eq!(columns.transition_bytes(), 4 * (2 + 1 + 1 + 1 + 2));
    let mut replay = Replay::new(columns.clone(), CAPACITY);
    let id = replay.begin(&[0.0; 2], 3);
    let given =
        [("task", Cells::Words(&[1, 2])), ("unknown", Cells::Number(3.0)), ("log_probability", Cells::Number(0.5))];
    for (extras, last) in [(&given[..], false), (&[], false), (&given[..1], true)] {
        let action = &[0.0][..];
        let next_observation = &[0.0; 2][..];
        replay.push(
            id,
            &Transition { action, reward: 0.0, next_observation, extras, terminated: last, truncated: false },
        );
    }
    let number = |t| replay.cells(t, "log_probability").unwrap();
    assert_eq!([0, 1, 2].map(number), [Cells::Numbers(&[0.5]), Cells::Numbers(&[-1.0]), Cells::Numbers(&[-1.0])]);
    let words = |t| replay.cells(t, "task").unwrap();
    assert_eq!([0, 1, 2].map(words), [Cells::Words(&[1, 2]), Cells::Words(&[7, 7]), Cells::Words(&[1, 2])]);
    assert_eq!((replay.cells(3, "task"), replay.cells(0, "unknown"), replay.expert(0)), (None, None, None));
    let batch = replay.sample(5, 2, &mut Stream::new(1, Purpose::Replay, 0)).unwrap();
    for (i, start) in batch.starts.iter().enumerate() {
        assert_eq!(batch.extra("log_probability")[i], if *start == 0 { 0.5 } else { -1.0 });
    }
    assert!(batch.extra("task").is_empty() && batch.expert_means().is_empty());
    assert_eq!(Replay::from_bytes(&replay.to_bytes(), columns, CAPACITY).unwrap(), replay);
    assert!(replay.replace(1, &[("log_probability", Cells::Number(2.0))]));
    assert_eq!(replay.cells(1, "log_probability"), Some(Cells::Numbers(&[2.0])));
    assert!(!replay.write_expert(1, Expert { mean: &[0.0], std: &[1.0], value: 0.0, origin: None }), "no experts here");
}

#[test]
fn a_buffer_of_the_first_version_is_read_with_experts_of_unknown_age() {
    let origins = [Some(Origin { updates: 3, reanalyzed: true }); 5];
    let read = reread(&earlier_version(&with_origins(&origins), *b"BSREPLY1")).unwrap();
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
        let mut replay = Replay::new(columns(), CAPACITY);
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
                extras: &Expert { mean: &[0.0], std: &[1.0], value: 0.0, origin: None }.cells(),
                terminated: false,
                truncated: last,
            });
            open[slot] = (!last).then_some((id, t + 1, episode));
            pushed += 1;
        }
        prop_assert_eq!(replay.len(), pushed);
        prop_assert_eq!(replay.open().count(), open.iter().flatten().count());
        prop_assert_eq!(&reread(&replay.to_bytes()).unwrap(), &replay);
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
