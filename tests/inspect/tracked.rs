//! The tracked point of a body, whose paths are drawn.

use bootstride_core::body::{BodyFile, World};
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::task::{Environment, tasks};

#[test]
fn every_body_that_comes_with_the_program_says_which_point_to_track() {
    for name in BodyFile::built_in_names() {
        assert!(BodyFile::built_in(name).unwrap().tracked.is_some(), "{name}");
    }
}

#[test]
fn the_velocity_of_the_tracked_point_is_the_change_of_its_position() {
    for task in tasks() {
        let mut environment = Environment::new(task.name, 1).unwrap();
        environment.reset(&mut Stream::new(1, Purpose::Reset, 0));
        let mut random = Stream::new(1, Purpose::Other, 0);
        for _ in 0..10 {
            let action: Vec<f32> =
                (0..environment.info().action_size).map(|_| random.uniform_in(-1.0, 1.0) as f32).collect();
            environment.step(&action).unwrap();
        }
        // The same motion for a moment, without forces: all joints go on at their velocities.
        let world = environment.world();
        let now = world.tracked();
        let mut later = world.boxed_clone();
        let (mut q, qd) = environment.state();
        let moment = 1e-6;
        let (mut position, mut dof) = (0, 0);
        for joint in world.file().joints() {
            let [positions, velocities] = joint.kind.sizes();
            if positions == 1 {
                q[position] += moment * qd[dof];
            } else {
                (0..3).for_each(|axis| q[position + axis] += moment * qd[dof + axis]);
                turn(&mut q[position + 3..position + 7], &qd[dof + 3..dof + 6], moment);
            }
            (position, dof) = (position + positions, dof + velocities);
        }
        later.set_state(&q, &qd);
        let then = later.tracked();
        for axis in 0..3 {
            let change = (then.position[axis] - now.position[axis]) / moment;
            let (velocity, name) = (now.velocity[axis], task.name);
            assert!((change - velocity).abs() < 1e-3 * velocity.abs().max(1.0), "{name}: {change} {velocity}");
        }
    }
}

/// Turns `[w, x, y, z]` for a moment at an angular velocity in its own frame.
fn turn(q: &mut [f64], rate: &[f64], moment: f64) {
    let [w, x, y, z] = [q[0], q[1], q[2], q[3]];
    let [a, b, c] = [rate[0], rate[1], rate[2]].map(|rate| 0.5 * moment * rate);
    q[0] -= x * a + y * b + z * c;
    q[1] += w * a + y * c - z * b;
    q[2] += w * b + z * a - x * c;
    q[3] += w * c + x * b - y * a;
}

#[test]
fn a_free_body_faces_where_its_first_link_turns_and_others_face_ahead() {
    let mut world = World::new(&BodyFile::built_in("quadruped").unwrap()).unwrap();
    let mut q = world.q();
    let angle = 0.7_f64;
    q[3..7].copy_from_slice(&[(angle / 2.0).cos(), 0.0, 0.0, (angle / 2.0).sin()]);
    world.set_state(&q, &[]);
    assert!((world.tracked().heading - angle).abs() < 1e-9);
    let mut world = World::new(&BodyFile::built_in("walker").unwrap()).unwrap();
    world.set_state(&[0.0, 3.0, 0.9], &[]);
    let point = world.tracked();
    assert_eq!((point.heading, point.position), (0.0, world.link_pose("torso").unwrap().translation.to_array()));
}

#[test]
fn a_file_may_name_a_site_geom_or_link_or_none() {
    let mut file = BodyFile::built_in("cartpole").unwrap();
    let mut at = |name: Option<&str>| {
        file.tracked = name.map(str::to_owned);
        let mut world = World::new(&file).unwrap();
        world.set_state(&[0.5, 0.0], &[]);
        world.tracked().position.map(|x| (x * 1e6).round() / 1e6)
    };
    assert_eq!(at(Some("tip")), [0.5, 0.0, 2.0], "a site");
    assert_eq!(at(Some("pole_1")), [0.5, 0.0, 1.5], "a geom goes before a link");
    assert_eq!(at(None), [0.5, 0.0, 1.0], "the first link");
    file.tracked = Some("rail1".into());
    assert!(World::new(&file).unwrap_err().to_string().starts_with("$.tracked: found rail1"));
}
