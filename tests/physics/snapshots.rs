//! The same state and the same actions give the same bits, whatever led to the state.

use bootstride_core::body::{BodyFile, SIMULATORS, Simulator, SnapshotError};
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::task::{Environment, EnvironmentSnapshot, TaskError, tasks};
use proptest::prelude::*;

/// Bits of states, observations and rewards along `steps` random decisions.
fn future(environment: &mut Environment, steps: usize, seed: u64) -> Vec<u64> {
    let mut stream = Stream::new(seed, Purpose::Other, 1);
    let mut bits = Vec::new();
    for _ in 0..steps {
        #[allow(clippy::cast_possible_truncation, reason = "an action")]
        let action: Vec<f32> =
            (0..environment.info().action_size).map(|_| stream.uniform_in(-1.5, 1.5) as f32).collect();
        let step = environment.step(&action).unwrap();
        let (q, qd) = environment.state();
        bits.extend(q.iter().chain(&qd).map(|x| x.to_bits()));
        bits.extend(environment.observe().iter().map(|x| u64::from(x.to_bits())));
        bits.push(u64::from(step.reward.to_bits()));
    }
    bits
}

fn started(task: &str, seed: u64) -> Environment {
    let mut environment = Environment::new(task, 2).unwrap();
    environment.reset(&mut Stream::new(seed, Purpose::Reset, 0));
    environment
}

/// The bits of a body's state along some control steps.
fn steps(body: &mut dyn Simulator, count: usize) -> Vec<u64> {
    let mut bits = Vec::new();
    for _ in 0..count {
        body.step_control();
        bits.extend(body.q().iter().chain(body.qd()).map(|x| x.to_bits()));
    }
    bits
}

#[test]
fn copies_and_snapshots_of_every_body_have_the_same_future_in_every_simulator() {
    for simulator in SIMULATORS {
        for name in BodyFile::built_in_names() {
            let file = BodyFile::built_in(name).unwrap();
            let mut body = (simulator.build)(&file).unwrap();
            assert_eq!((body.name(), body.control_timestep()), (name, file.simulation.control_timestep));
            assert_eq!(body.q(), body.reference_positions());
            let half: Vec<f64> = body.control_ranges().iter().map(|[low, high]| 0.25 * low + 0.75 * high).collect();
            body.set_control(&half);
            steps(&mut *body, 2);
            let (mut copy, snapshot) = (body.clone(), body.snapshot());
            let future = steps(&mut *body, 3);
            assert_eq!(steps(&mut *copy, 3), future, "{}, {name}: a copy", simulator.name);
            let mut fresh = (simulator.build)(&file).unwrap();
            fresh.restore(&snapshot).unwrap();
            assert_eq!(steps(&mut *fresh, 3), future, "{}, {name}: a snapshot", simulator.name);
            assert_eq!(fresh.snapshot(), body.snapshot());
        }
    }
}

/// Decisions for a comparison. The dog takes as long for one as others for fifty.
fn some(task: &str) -> usize {
    if task.starts_with("dog") { 5 } else { 60 }
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    for task in tasks() {
        let [mut a, mut b] = [started(task.name, 3), started(task.name, 3)];
        assert_eq!(future(&mut a, some(task.name), 1), future(&mut b, some(task.name), 1), "{}", task.name);
        assert_ne!(future(&mut started(task.name, 4), 1, 1), future(&mut started(task.name, 3), 1, 1));
    }
}

proptest! {
    #![proptest_config(bootstride_tests::property::cases(48))]

    #[test]
    fn clones_and_restored_snapshots_have_bit_identical_futures(
        which in 0..tasks().len(), seed in any::<u64>(), before in 0..60_usize, between in 0..40_usize,
    ) {
        let name = tasks()[which].name;
        let some = some(name);
        let mut environment = started(name, seed);
        future(&mut environment, before % some, seed);
        let snapshot = environment.snapshot();
        let mut clone = environment.clone();
        let expected = future(&mut environment, some, seed ^ 1);
        prop_assert_eq!(&future(&mut clone, some, seed ^ 1), &expected);

        // Back in time in the same environment, after it went elsewhere.
        future(&mut environment, between % some, seed ^ 2);
        environment.restore(&snapshot).unwrap();
        prop_assert_eq!(&environment.snapshot(), &snapshot);
        prop_assert_eq!(&future(&mut environment, some, seed ^ 1), &expected);

        // Through bytes and through JSON into environments just built.
        let from_bytes = EnvironmentSnapshot::from_bytes(&snapshot.to_bytes()).unwrap();
        let json = serde_json::to_string(&snapshot).unwrap();
        for copy in [from_bytes, serde_json::from_str(&json).unwrap()] {
            let mut fresh = Environment::new(name, 2).unwrap();
            fresh.restore(&copy).unwrap();
            prop_assert_eq!(&future(&mut fresh, some, seed ^ 1), &expected);
        }
    }

    #[test]
    fn damaged_snapshot_bytes_are_refused(
        which in 0..tasks().len(), at in any::<prop::sample::Index>(), flip in 1..=255_u8, cut in any::<prop::sample::Index>(),
    ) {
        let bytes = started(tasks()[which].name, 1).snapshot().to_bytes();
        let mut altered = bytes.clone();
        altered[at.index(bytes.len())] ^= flip;
        for damaged in [&altered[..], &bytes[..cut.index(bytes.len())], &[bytes.as_slice(), &[0]].concat()] {
            prop_assert!(matches!(EnvironmentSnapshot::from_bytes(damaged), Err(SnapshotError::Damaged(_))));
        }
    }

    #[test]
    fn arbitrary_bytes_are_no_snapshot(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(EnvironmentSnapshot::from_bytes(&bytes).is_err());
    }
}

#[test]
fn a_snapshot_of_another_task_is_refused() {
    let snapshot = started("cartpole-balance", 1).snapshot();
    let mut other = started("cartpole-swingup", 1);
    let before = other.snapshot();
    assert!(matches!(other.restore(&snapshot), Err(TaskError::Snapshot(SnapshotError::Other { .. }))));
    let mut body = started("reacher-easy", 1).world().boxed_clone();
    assert!(body.restore(&started("acrobot-swingup", 1).world().snapshot()).is_err());
    assert_eq!(other.snapshot(), before);
}
