//! Joints stay within their limits, whatever drives them.

use bootstride_core::body::{JointKind, Simulator};
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::task::{Environment, tasks};

use crate::driving::{larger, world};

/// Furthest that any joint of a kind goes beyond its range, rad or m.
fn overshoot(world: &dyn Simulator, kind: JointKind) -> f64 {
    let (q, mut at) = (world.q(), 0);
    let mut worst = f64::NEG_INFINITY;
    for joint in world.file().joints() {
        if let Some(limit) = joint.limit.filter(|_| joint.kind == kind) {
            worst = larger(larger(worst, limit.range[0] - q[at]), q[at] - limit.range[1]);
        }
        at += joint.kind.sizes()[0];
    }
    worst
}

#[test]
fn the_carts_stop_is_a_soft_buffer() {
    // In the reference too, which lets a cart at full speed 0.29 m beyond it under such controls.
    let mut stream = Stream::new(5, Purpose::Other, 0);
    let mut world = world("cartpole");
    let mut worst = f64::NEG_INFINITY;
    for _ in 0..200 {
        world.set_control(&[if stream.uniform() < 0.5 { -1.0 } else { 1.0 }]);
        for _ in 0..100 {
            world.step_control();
            worst = larger(worst, overshoot(&world, JointKind::Slide));
        }
    }
    println!("{worst:.3}");
    assert!((0.0..0.3).contains(&worst), "{worst} m beyond the stop");
}

#[test]
fn a_joint_far_outside_its_limit_comes_back_and_stays() {
    let mut world = world("reacher");
    world.set_state(&[0.0, 4.0], &[0.0, 0.0]);
    for _ in 0..100 {
        world.step_control();
    }
    assert!(overshoot(&world, JointKind::Hinge) < 0.01, "{world:?}");
    assert!(world.qd().iter().all(|qd| qd.abs() < 1.0), "{world:?}");
}

/// Control steps of each task in the test of extreme actions. Bodies that touch things take longer, and those with many
/// joints longer still.
fn random_steps(world: &dyn Simulator) -> usize {
    let mut geoms = world.file().links.iter().flat_map(|link| &link.geoms);
    match world.qd().len() {
        50.. => 120,
        20.. => 1000,
        _ if geoms.any(|geom| geom.contact.is_some()) => 2000,
        _ => 40_000,
    }
}

#[test]
fn extreme_actions_leave_every_task_finite_and_its_joints_within_their_limits() {
    // By default few steps; with BOOTSTRIDE_RANDOM_STEPS=100000 of each task hours, most of them the dog's;
    // BOOTSTRIDE_RANDOM_TASK names a single one.
    let long = std::env::var("BOOTSTRIDE_RANDOM_STEPS").ok().map(|steps| steps.parse::<usize>().unwrap());
    let only = std::env::var("BOOTSTRIDE_RANDOM_TASK").ok();
    let mut failures = Vec::new();
    for (index, task) in (0..).zip(tasks()) {
        if only.as_ref().is_some_and(|only| only != task.name) {
            continue;
        }
        let mut stream = Stream::new(7, Purpose::Other, index);
        let mut environment = Environment::new(task.name, task.action_repeat).unwrap();
        environment.reset(&mut stream);
        let mut action = vec![1.0_f32; task.action_size];
        let steps = long.unwrap_or_else(|| random_steps(environment.world()));
        let mut worst = f64::NEG_INFINITY;
        for _ in (0..steps).step_by(task.action_repeat) {
            // Held for a while, so that the body is driven hard and not merely shaken.
            if stream.below(20) == 0 {
                action.fill_with(|| if stream.uniform() < 0.5 { -1.0 } else { 1.0 });
            }
            let step = environment.step(&action).unwrap();
            assert!((0.0..=2.0).contains(&step.reward), "{}: {step:?}", task.name);
            assert!(environment.observe().iter().all(|x| x.is_finite()), "{}: {environment:?}", task.name);
            worst = larger(worst, overshoot(environment.world(), JointKind::Hinge));
            if step.truncated {
                environment.reset(&mut stream);
            }
        }
        println!("{}: {steps} control steps, furthest beyond a limit {worst:.4} rad", task.name);
        // Of a body without limits it is minus infinity.
        if worst > 0.05 || worst.is_nan() {
            failures.push((task.name, worst));
        }
    }
    assert!(failures.is_empty(), "{failures:?}");
}
