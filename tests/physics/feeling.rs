//! Sensors show what the suite's do.

use bootstride_core::body::{BodyFile, Sensor, SensorKind, Spring, World};
use rapier3d_f64::prelude::Vector;

use crate::reference::{Rollout, episodes, passive_rollout};

const GRAVITY: f64 = 9.81;

fn world(domain: &str) -> World {
    World::new(&BodyFile::built_in(domain).unwrap()).unwrap()
}

fn sensor(world: &World, name: &str) -> Vector {
    Vector::from_slice(world.sensor(name).unwrap())
}

/// A vector that a sensor on this site shows, in the world's axes.
fn in_world(world: &World, site: &str, shown: Vector) -> Vector {
    world.site_pose(site).unwrap().rotation * shown
}

fn set(world: &mut World, rollout: &Rollout, t: usize) {
    world.set_state(&rollout.q[t], &rollout.qd[t]);
    world.set_activation(&rollout.activations[t]);
    world.feel();
}

/// Where the reference's raw readings of three numbers begin, with our names for them.
const QUADRUPED: [(&str, usize); 11] = [
    ("imu_accel", 0),
    ("imu_gyro", 3),
    ("velocimeter", 6),
    ("force_toe_front_left", 9),
    ("force_toe_front_right", 12),
    ("force_toe_back_right", 15),
    ("force_toe_back_left", 18),
    ("torque_toe_front_left", 21),
    ("torque_toe_front_right", 24),
    ("torque_toe_back_right", 27),
    ("torque_toe_back_left", 30),
];
const DOG: [(&str, usize); 7] =
    [("accelerometer", 0), ("velocimeter", 3), ("gyro", 6), ("foot_L", 19), ("foot_R", 22), ("hand_L", 25), ("hand_R", 28)];

fn error(world: &World, rollout: &Rollout, t: usize, (name, at): (&str, usize)) -> f64 {
    (sensor(world, name) - Vector::from_slice(&rollout.sensors[t][at..at + 3])).length()
}

#[test]
fn velocity_sensors_equal_the_suites_at_recorded_states() {
    for (domain, task, sensors) in [("quadruped", "quadruped-walk", &QUADRUPED[1..3]), ("dog", "dog-walk", &DOG[1..3])] {
        let mut world = world(domain);
        for episode in episodes(task) {
            for t in 0..episode.q.len() {
                set(&mut world, &episode, t);
                for named in sensors {
                    let error = error(&world, &episode, t, *named);
                    assert!(error < 1e-4, "{} step {t}, {}: off by {error}", episode.label, named.0);
                }
            }
        }
    }
}

#[test]
fn explore_sensors() {
    for (domain, task, sensors) in [("quadruped", "quadruped-walk", &QUADRUPED[..]), ("dog", "dog-walk", &DOG[..])] {
        let mut world = world(domain);
        for episode in episodes(task) {
            set(&mut world, &episode, 0);
            for named in sensors {
                println!("{} start {}: {:.3} ref {:.3?}", episode.label, named.0, sensor(&world, named.0), &episode.sensors[0][named.1..named.1 + 3]);
            }
        }
        for (name, at) in sensors {
            let (mut xy, mut xx, mut yy, mut n) = (0.0, 0.0, 0.0, 0);
            let (mut cxy, mut cxx, mut cyy) = (0.0, 0.0, 0.0);
            for episode in episodes(task) {
                for t in 0..episode.controls.len() {
                    world.set_state(&episode.q[t], &episode.qd[t]);
                    world.set_activation(&episode.activations[t]);
                    world.set_control(&episode.controls[t]);
                    world.step_control();
                    let (x, y) = (sensor(&world, name), Vector::from_slice(&episode.sensors[t + 1][*at..*at + 3]));
                    if episode.contacts[t + 1] > 0 && episode.contacts[t] > 0 { cxy += x.dot(y); cxx += x.dot(x); cyy += y.dot(y); n += 1; }
                    else if episode.contacts[t + 1] == 0 && episode.contacts[t] == 0 { xy += x.dot(y); xx += x.dot(x); yy += y.dot(y); }
                }
            }
            println!("{domain} {name}: free corr {:.3} slope {:.3}; contact ({n}) corr {:.3} slope {:.3} rms {:.1}", xy / f64::sqrt(xx * yy), xy / yy, cxy / f64::sqrt(cxx * cyy), cxy / cyy, f64::sqrt(cyy / n as f64));
        }
    }
}

/// The body after this many control steps without control.
fn at_rest(file: &BodyFile, q: &[f64], qd: &[f64], steps: usize) -> World {
    let mut world = World::new(file).unwrap();
    world.set_state(q, qd);
    (0..steps).for_each(|_| world.step_control());
    world
}

#[test]
fn a_quadruped_at_rest_feels_its_weight() {
    let fall = passive_rollout("quadruped").unwrap();
    let world = at_rest(&BodyFile::built_in("quadruped").unwrap(), &fall.q[0], &fall.qd[0], 150);
    let speed = world.qd().iter().fold(0.0, |a: f64, b| a.max(b.abs()));
    println!("speed {speed:.2e}, z {:.4}", world.q()[2]);
    let up = in_world(&world, "torso", sensor(&world, "imu_accel"));
    println!("accelerometer {up:.4}");
    let toes = ["front_left", "front_right", "back_right", "back_left"];
    let mut sum = Vector::ZERO;
    for toe in toes {
        let (site, force, torque) = (format!("toe_{toe}"), format!("force_toe_{toe}"), format!("torque_toe_{toe}"));
        let [force, torque] = [force, torque].map(|name| in_world(&world, &site, sensor(&world, &name)));
        println!("{toe}: {force:.3} {torque:.3}");
        sum += force;
    }
    println!("sum {sum:.3}, weight {}", world.mass() * GRAVITY);
    assert!(speed < 0.01 && (up - Vector::new(0.0, 0.0, GRAVITY)).length() < 0.05);
}

#[test]
fn a_stiff_dog_stands_on_its_four_paws() {
    let mut file = BodyFile::built_in("dog").unwrap();
    for joint in file.links.iter_mut().flat_map(|link| &mut link.joints).skip(1) {
        joint.spring = Some(Spring { stiffness: 300.0, rest: joint.reference });
        joint.damping = joint.damping.max(1.0);
    }
    let world = at_rest(&file, &[], &[], 300);
    let speed = world.qd().iter().fold(0.0, |a: f64, b| a.max(b.abs()));
    println!("speed {speed:.2e} z {:.4} weight {}", world.q()[2], world.mass() * GRAVITY);
    for name in ["palm_L", "palm_R", "sole_L", "sole_R"] { println!("{name} {:?}", world.sensor(name)); }
    for (name, site) in [("foot_L", "foot_anchor_L"), ("foot_R", "foot_anchor_R"), ("hand_L", "hand_anchor_L"), ("hand_R", "hand_anchor_R")] {
        println!("{name} {:.3} site {:.3}", in_world(&world, site, sensor(&world, name)), sensor(&world, name));
    }
    println!("acc {:.3}", in_world(&world, "head", sensor(&world, "accelerometer")));
    for c in world.contacts() { if c.force > 0.0 { println!("{c:?}"); } }
}

#[test]
fn nothing_pushes_a_free_body_but_its_contacts() {
    // A sensor between the root and the world has nothing to show, whatever moves and touches.
    for (domain, site) in [("quadruped", "torso"), ("humanoid", "root"), ("dog", "")] {
        let mut file = BodyFile::built_in(domain).unwrap();
        let site = if site.is_empty() {
            let mut new = file.links[1].sites.first().cloned().unwrap_or_else(|| bootstride_core::body::Site {
                name: "root".into(), position: [0.0; 3], orientation: [1.0, 0.0, 0.0, 0.0],
                shape: bootstride_core::body::Shape::Sphere { radius: 0.01 } });
            new.name = "root".into();
            file.links[0].sites.push(new);
            "root"
        } else { site };
        for (name, kind) in [("force", SensorKind::Force), ("torque", SensorKind::Torque)] {
            file.sensors.push(Sensor { name: name.into(), kind, site: site.into() });
        }
        let fall = passive_rollout(domain).unwrap();
        let mut world = World::new(&file).unwrap();
        world.set_state(&fall.q[0], &fall.qd[0]);
        let (mut worst, mut at) = ([0.0_f64; 2], 0);
        let mut largest = 0.0_f64;
        for t in 0..if domain == "dog" { 40 } else { 60 } {
            let u: Vec<f64> = world.control_ranges().enumerate().map(|(i, _)| 0.3 * (t as f64 * 0.3 + i as f64).sin()).collect();
            world.set_control(&u);
            world.step_control();
            let shown = ["force", "torque"].map(|name| sensor(&world, name).length());
            largest = largest.max(world.contacts().map(|c| c.force).sum());
            if shown[0] > worst[0] { at = t; }
            worst = [worst[0].max(shown[0]), worst[1].max(shown[1])];
        }
        println!("{domain}: worst {worst:.3?} at {at}, largest contact force {largest:.1}");
    }
}
