//! Start states with contacts equal the suite's.

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

/// Asserts that limited joints fill their range and other hinges the circle, that other slides are at 0, and that all
/// are at rest.
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
        assert!(start.world().touching());
        let (_, qd) = start.state();
        // Measured: 0.09 m/s or rad/s at most.
        assert!(qd.iter().all(|qd| qd.abs() < 0.2), "{qd:?}");
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
    #![proptest_config(bootstride_tests::property::cases(64))]

    #[test]
    fn every_start_gives_finite_observations_and_a_reward(which in 0..tasks().len(), seed in any::<u64>()) {
        let mut environment = Environment::new(tasks()[which].name, 2).unwrap();
        environment.reset(&mut Stream::new(seed, Purpose::Reset, 0));
        prop_assert!(environment.observe().iter().all(|x| x.is_finite()), "{environment:?}");
        prop_assert!((0.0..=1.0).contains(&environment.reward()));
    }
}

#[test]
fn humanoid_starts_in_the_air_with_all_joints_anywhere_touching_nothing() {
    let starts: Vec<_> = starts("humanoid-run", 100).collect();
    for start in &starts {
        let (q, qd) = start.state();
        assert!(!start.world().touching());
        assert_eq!(q[..3], [0.0, 0.0, 1.5]);
        // The suite's draw: all four of one sign.
        assert!(q[3..7].iter().all(|part| *part >= 0.0) && qd.iter().all(|qd| *qd == 0.0));
    }
    let first: Vec<f64> = starts.iter().map(|start| start.state().0[3]).collect();
    let mean = first.iter().sum::<f64>() / 100.0;
    // Four uniform numbers, divided by their length.
    assert!((mean - 0.48).abs() < 0.07, "{mean}");
    for (i, joint) in starts[0].world().file().joints().enumerate().skip(1) {
        let range = joint.limit.unwrap().range;
        let numbers: Vec<f64> = starts.iter().map(|start| start.state().0[i + 6]).collect();
        assert!(numbers.iter().all(|q| (range[0]..=range[1]).contains(q)), "{}", joint.name);
        assert!(numbers.iter().any(|q| *q < range[0] + 0.3 * (range[1] - range[0])), "{}", joint.name);
        assert!(numbers.iter().any(|q| *q > range[0] + 0.7 * (range[1] - range[0])), "{}", joint.name);
    }
}

#[test]
fn quadruped_starts_at_rest_in_any_orientation_as_low_as_nothing_touches() {
    let mut overhead = 0;
    for mut start in starts("quadruped-walk", 100) {
        let (mut q, qd) = start.state();
        assert!(!start.world().touching());
        assert!(qd.iter().all(|qd| *qd == 0.0) && q[7..].iter().all(|q| *q == 0.0) && q[..2] == [0.0; 2]);
        let up = start.world().link_pose("torso").unwrap().z_axis();
        overhead += u32::from(up[2] < 0.0);
        q[2] -= 0.01;
        start.set_state(&q, &qd);
        assert!(start.world().touching(), "{q:?}");
    }
    assert!((30..=70).contains(&overhead), "{overhead} of 100 upside down");
}

#[test]
fn dog_starts_in_its_own_pose_in_any_direction_sliding_and_turning_with_tensed_muscles() {
    let starts: Vec<_> = starts("dog-walk", 60).collect();
    let mut squares = [0.0; 3];
    for start in &starts {
        let (q, qd) = start.state();
        assert_eq!(q[..3], [0.040_403, 0.0, 0.415_22]);
        assert!(q[7..].iter().all(|q| *q == 0.0));
        assert_eq!(q[4..6], [0.0; 2]);
        for (i, qd) in qd.iter().enumerate().filter(|(_, qd)| **qd != 0.0) {
            squares[[0, 1, 5].iter().position(|moving| *moving == i).unwrap()] += qd * qd / 60.0;
        }
        let activation = start.world().activation();
        let spread = activation.iter().map(|a| a.abs()).sum::<f64>() / 38.0;
        assert!(activation.iter().all(|a| a.abs() <= 1.0) && (spread - 0.5).abs() < 0.2, "{spread}");
    }
    // Standard deviation 2 each.
    assert!(squares.iter().all(|square| (2.0..7.0).contains(square)), "{squares:?}");
    let yaws: Vec<f64> = starts.iter().map(|start| 2.0 * start.state().0[6].atan2(start.state().0[3])).collect();
    assert_fills("yaw", &yaws, [0.0, 2.0 * PI]);
}
