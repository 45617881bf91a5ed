//! Start states of the bodies that touch things are those of the suite.

use std::f64::consts::PI;

use bootstride_core::body::JointKind;
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::task::{Environment, tasks};
use proptest::prelude::*;

/// `count` environments just reset.
fn starts(task: &str, count: u32) -> impl Iterator<Item = Environment> {
    let environment = Environment::new(task, 2).unwrap();
    (0..count).map(move |i| {
        let mut environment = environment.clone();
        environment.reset(&mut Stream::new(5, Purpose::Reset, i));
        environment
    })
}

/// Asserts that numbers fill [low, high] as a uniform draw does: no quarter has less than half its share.
fn assert_fills(what: &str, numbers: &[f64], [low, high]: [f64; 2]) {
    assert!(numbers.iter().all(|x| (low..=high).contains(x)), "{what} leaves [{low}, {high}]");
    for quarter in 0..4 {
        let [from, to] = [quarter, quarter + 1].map(|i| low + (high - low) * f64::from(i) / 4.0);
        let inside = numbers.iter().filter(|x| (from..to).contains(*x)).count();
        assert!(inside * 8 > numbers.len(), "{what}: {inside} of {} in [{from}, {to}]", numbers.len());
    }
}

/// Asserts that limited joints fill their range and other hinges the circle, that other slides are at 0, and that all are
/// at rest.
fn assert_anywhere(task: &str) {
    let starts: Vec<_> = starts(task, 200).collect();
    let joints: Vec<_> = starts[0].world().file().joints().cloned().collect();
    for (i, joint) in joints.iter().enumerate() {
        let numbers: Vec<f64> = starts.iter().map(|start| start.state().0[i]).collect();
        match (joint.limit, joint.kind) {
            (Some(limit), _) => assert_fills(&joint.name, &numbers, limit.range),
            (None, JointKind::Hinge) => assert_fills(&joint.name, &numbers, [-PI, PI]),
            (None, _) => assert!(numbers.iter().all(|q| *q == 0.0), "{}", joint.name),
        }
    }
    assert!(starts.iter().all(|start| start.state().1.iter().all(|qd| *qd == 0.0)));
}

#[test]
fn walker_and_hopper_start_with_all_joints_anywhere() {
    ["walker-stand", "walker-run", "hopper-stand", "hopper-hop"].into_iter().for_each(assert_anywhere);
}

#[test]
fn finger_starts_anywhere_without_touching_its_spinner() {
    let starts: Vec<_> = starts("finger-turn-hard", 200).collect();
    assert!(starts.iter().all(|start| !start.world().touching()));
    for (i, range) in [[-1.92, 1.92], [-1.92, 1.92], [-PI, PI]].into_iter().enumerate() {
        assert_fills("joint", &starts.iter().map(|start| start.state().0[i]).collect::<Vec<_>>(), range);
    }
    let angles = starts.iter().filter_map(Environment::target).map(|target| {
        let [x, y, z] = target.position;
        assert!(((x - 0.2).hypot(z - 0.4) - 0.13).abs() < 1e-12 && y == 0.0);
        (x - 0.2).atan2(z - 0.4)
    });
    assert_fills("target", &angles.collect::<Vec<_>>(), [-PI, PI]);
}

#[test]
fn the_cup_starts_below_a_ball_that_touches_nothing() {
    let starts: Vec<_> = starts("cup-catch", 200).collect();
    assert!(starts.iter().all(|start| !start.world().touching()));
    assert!(starts.iter().all(|start| start.state().0[..2] == [0.0, 0.0] && start.state().1 == [0.0; 4]));
    for (i, range) in [(2, [-0.2, 0.2]), (3, [0.2, 0.5])] {
        assert_fills("ball", &starts.iter().map(|start| start.state().0[i]).collect::<Vec<_>>(), range);
    }
}

#[test]
fn fish_starts_turned_any_way_with_a_target_about_it() {
    let starts: Vec<_> = starts("fish-swim", 200).collect();
    let column = |i: usize| starts.iter().map(|start| start.state().0[i]).collect::<Vec<_>>();
    (7..14).for_each(|i| assert_fills("joint", &column(i), [-0.2, 0.2]));
    // The cosine of the tilt of a uniform turn is uniform.
    let upright: Vec<f64> = starts.iter().map(|start| f64::from(start.observe()[7])).collect();
    assert_fills("uprightness", &upright, [-1.0, 1.0]);
    for (i, range) in [[-0.4, 0.4], [-0.4, 0.4], [0.1, 0.3]].into_iter().enumerate() {
        let targets: Vec<f64> =
            starts.iter().filter_map(Environment::target).map(|target| target.position[i]).collect();
        assert_fills("target", &targets, range);
    }
}

#[test]
fn cheetah_starts_settled_on_the_floor() {
    for start in starts("cheetah-run", 8) {
        let (q, qd) = start.state();
        println!("{q:.3?} {qd:.3?} {:.3}", start.world().center().z);
        assert!(qd.iter().all(|qd| qd.abs() < 0.5), "{qd:?}");
    }
}

#[test]
fn only_spinning_makes_the_spinner_turn_more_easily() {
    let damping = |task| {
        let environment = Environment::new(task, 2).unwrap();
        environment.world().file().joints().find(|joint| joint.name == "hinge").unwrap().damping
    };
    assert_eq!(["finger-spin", "finger-turn-easy", "finger-turn-hard"].map(damping), [0.03, 0.5, 0.5]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_start_gives_finite_observations_and_a_reward(which in 0..tasks().len(), seed in any::<u64>()) {
        let mut environment = Environment::new(tasks()[which].name, 2).unwrap();
        environment.reset(&mut Stream::new(seed, Purpose::Reset, 0));
        prop_assert!(environment.observe().iter().all(|x| x.is_finite()), "{environment:?}");
        prop_assert!((0.0..=1.0).contains(&environment.reward()));
    }
}
