//! Motions equal those recorded on the reference simulator. Bounds leave room for other rollouts than our own.

use crate::driving::{Errors, larger, one_step, open_loop, ranges, steps_before_limits, world};
use crate::reference::{Rollout, given, rollouts};

/// Length of the comparisons, control steps.
const STEPS: usize = 50;

/// No error may exceed `fraction` of the range of its coordinate. A coordinate that hardly moves has no range to
/// speak of: errors up to `floor` (rad, m or the same per second) pass.
fn assert_within(fraction: f64, floor: f64, rollout: &Rollout, steps: usize, errors: &Errors) {
    for (name, states, errors) in [("q", &rollout.q, &errors.q), ("qd", &rollout.qd, &errors.qd)] {
        for (i, (error, range)) in errors.iter().zip(ranges(states, steps)).enumerate() {
            let allowed = (fraction * range).max(floor);
            println!("{} {name}[{i}]: {error:.1e}, {:.3}% of the range", rollout.label, 100.0 * error / range);
            assert!(*error <= allowed, "{} {name}[{i}]: error {error}, range {range}", rollout.label);
        }
    }
}

#[test]
fn cartpole_follows_the_reference_to_a_thousandth() {
    let mut world = world("cartpole");
    for rollout in rollouts("cartpole") {
        let errors = open_loop(&mut world, &rollout, STEPS);
        assert_within(0.001, 1e-3, &rollout, STEPS, &errors);
    }
}

#[test]
fn the_pendulum_follows_the_reference_to_the_last_digits() {
    // Both take one semi-implicit step with implicit damping per control step.
    let mut world = world("pendulum");
    for rollout in rollouts("pendulum") {
        let errors = open_loop(&mut world, &rollout, STEPS);
        println!("{} {errors:?}", rollout.label);
        assert!(errors.q[0] < 1e-11 && errors.qd[0] < 1e-11, "{}: {errors:?}", rollout.label);
    }
}

#[test]
fn acrobot_steps_as_the_reference_does() {
    let mut world = world("acrobot");
    for rollout in rollouts("acrobot") {
        let errors = one_step(&mut world, &rollout, STEPS);
        println!("{} one step {errors:?}", rollout.label);
        // Measured: 1.6e-6 rad in single steps, and 3.3e-4 rad/s at 10 rad/s from Rapier's implicit Coriolis forces.
        assert!(errors.q.iter().all(|e| *e < 5e-6), "{}: {errors:?}", rollout.label);
        assert!(errors.qd.iter().all(|e| *e < 1e-3), "{}: {errors:?}", rollout.label);
        // Chaotic in the long run; measured over half a second: 0.18 percent at most.
        let errors = open_loop(&mut world, &rollout, STEPS);
        assert_within(0.005, 1e-4, &rollout, STEPS, &errors);
    }
}

#[test]
fn reacher_follows_the_reference_to_many_digits() {
    // Both take the same explicit steps. Until a limit: beyond it, the wrist comes to a hard stop here.
    let (mut world, mut compared) = (world("reacher"), 0);
    for rollout in rollouts("reacher") {
        let steps = steps_before_limits(&world, &rollout).min(STEPS);
        compared += steps;
        let errors = open_loop(&mut world, &rollout, steps);
        println!("{} {errors:?}", rollout.label);
        // Measured: 1.9e-7 at most.
        assert!(errors.q.iter().chain(&errors.qd).all(|e| *e < 1e-6), "{}: {errors:?}", rollout.label);
    }
    assert!(compared > 100 || given().is_some(), "{compared} control steps before a limit");
}

#[test]
fn energies_equal_those_of_recorded_states() {
    for domain in ["acrobot", "cartpole", "pendulum", "reacher"] {
        let (mut world, mut worst, mut compared) = (world(domain), 0.0_f64, 0);
        for rollout in rollouts(domain) {
            for (t, expected) in rollout.energies.iter().enumerate() {
                world.set_state(&rollout.q[t], &rollout.qd[t]);
                let energy = world.energy();
                let error = larger((energy.potential - expected[0]).abs(), (energy.kinetic - expected[1]).abs());
                worst = worst.max(error);
                assert!(error < 1e-9, "{} step {t}: {energy:?}, {expected:?}", rollout.label);
                compared += 1;
            }
        }
        println!("{domain}: {worst:.1e} J");
        assert!(compared > 50 || given().is_some(), "{domain}: {compared} energies");
    }
}

#[test]
fn link_poses_equal_those_of_recorded_states() {
    for domain in ["acrobot", "cartpole", "pendulum", "reacher"] {
        let (mut world, mut worst, mut compared) = (world(domain), 0.0_f64, 0);
        let names: Vec<String> = world.file().links.iter().map(|link| link.name.clone()).collect();
        for rollout in rollouts(domain) {
            for (t, poses) in rollout.poses.iter().enumerate() {
                world.set_state(&rollout.q[t], &rollout.qd[t]);
                for (name, expected) in names.iter().zip(&poses[1..]) {
                    let pose = world.link_pose(name).unwrap();
                    let (p, r) = (pose.translation, pose.rotation);
                    // A quaternion and its negative are the same rotation.
                    let sign = (r.w * expected[3] + r.x * expected[4] + r.y * expected[5] + r.z * expected[6]).signum();
                    let found = [p.x, p.y, p.z, sign * r.w, sign * r.x, sign * r.y, sign * r.z];
                    let error = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, larger);
                    worst = worst.max(error);
                    compared += 1;
                    assert!(error < 1e-12, "{} step {t}, {name}: {found:?}, {expected:?}", rollout.label);
                }
            }
        }
        println!("{domain}: {worst:.1e}");
        assert!(compared > 50 || given().is_some(), "{domain}: {compared} poses");
    }
}
