//! Friction of a body that slides on the floor.

use bootstride_core::body::{BodyFile, World};

/// A wide box on the ground, 2 ms a time step.
const SLED: &str = r#"{"format": "bootstride-body-1", "name": "sled", "attribution": "ours",
    "simulation": {"control_timestep": 0.002, "steps_per_control": 1, "integrator": "semi_implicit", "gravity": [0, 0, -9.81],
                   "contacts": true},
    "world": {"geoms": [{"name": "floor", "shape": {"plane": {"half_size": [9, 9]}}, "contact": {"friction": 0.5}}]},
    "links": [{"name": "sled", "parent": "world", "position": [0, 0, 0.05], "mass": 2, "center_of_mass": [0, 0, 0],
               "inertia": {"moments": [0.2, 0.2, 0.4]}, "joints": [{"name": "root", "kind": "free"}],
               "geoms": [{"name": "box", "shape": {"box": {"half_size": [0.5, 0.5, 0.05]}},
                          "contact": {"friction": 0.5}}]}]}"#;

/// Speeds of the sled along the ground: at first, and after each of some time steps.
fn slide(speed: f64, steps: usize) -> Vec<f64> {
    let mut world = World::new(&BodyFile::from_json(SLED).unwrap()).unwrap();
    for _ in 0..500 {
        world.step_control();
    }
    let mut qd = world.qd();
    qd[0] += speed;
    world.set_state(&world.q(), &qd);
    let mut speeds = vec![world.center_velocity().x];
    for _ in 0..steps {
        world.step_control();
        speeds.push(world.center_velocity().x);
    }
    speeds
}

#[test]
fn friction_slows_a_fast_body_by_its_share_of_the_weight() {
    let speeds = slide(2.0, 100);
    let slowed = (speeds[0] - speeds[100]) / 0.2;
    println!("{slowed:.3} m/s^2");
    assert!((slowed / (0.5 * 9.81) - 1.0).abs() < 0.02, "{slowed} m/s^2");
}

#[test]
fn friction_slows_a_slow_body_as_softly_as_contacts_push() {
    // By the default softness a velocity falls by 2 / (0.95 x 0.02 s) of itself in a second; the weight would allow
    // five times as much at this speed.
    let speeds = slide(0.01, 10);
    println!("{speeds:.5?}");
    let kept = 1.0 - 0.002 * 2.0 / (0.95 * 0.02);
    for pair in speeds.windows(2) {
        assert!((pair[1] / pair[0] / kept - 1.0).abs() < 0.02, "{speeds:?}");
    }
}
