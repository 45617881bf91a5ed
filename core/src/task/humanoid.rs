//! Humanoid: stand up, walk or run with 21 motors (`dm_control/suite/humanoid.py`).

use rapier3d_f64::prelude::Vector;

use super::domain::{Domain, MOST_DRAWS, random_positions, upward};
use super::info::{ObservationPart, Task, info, part};
use super::tolerance::{Sigmoid, gaussian, tolerance};
use crate::body::World;
use crate::math::Stream;

/// Height of the head above which it stands, m.
const STAND_HEIGHT: f64 = 1.4;
/// Links whose places in the torso's frame are observed.
const EXTREMITIES: [&str; 4] = ["left_hand", "left_foot", "right_hand", "right_foot"];

const OBSERVATION: &[ObservationPart] = &[
    part("joint_angles", 21),
    part("head_height", 1),
    part("extremities", 12),
    part("torso_vertical", 3),
    part("com_velocity", 3),
    part("velocity", 27),
];

pub(super) static TASKS: &[Task] = &[
    task(["humanoid-stand", "Get up and stand still."], &Humanoid { speed: 0.0 }),
    task(["humanoid-walk", "Get up and walk in any direction, at 1 m/s."], &Humanoid { speed: 1.0 }),
    task(["humanoid-run", "Get up and run in any direction, at 10 m/s."], &Humanoid { speed: 10.0 }),
];

const fn task([name, description]: [&'static str; 2], domain: &'static Humanoid) -> Task {
    Task { info: info([name, "humanoid", description], OBSERVATION, 21, 0.025), domain }
}

/// Standing with little control, and still (`speed` 0) or moving at `speed` m/s or more (`Humanoid.get_reward`).
///
/// `head_height` in m, `upright` the z part of the torso's z axis, `velocity` of the centre of mass in m/s, `control` of
/// each motor in [-1, 1].
#[must_use]
pub fn reward(head_height: f64, upright: f64, velocity: [f64; 3], control: &[f64], speed: f64) -> f64 {
    let standing = gaussian(head_height, [STAND_HEIGHT, f64::INFINITY], STAND_HEIGHT / 4.0);
    let upright = tolerance(upright, [0.9, f64::INFINITY], 1.9, Sigmoid::Linear, 0.0);
    let small = control.iter().map(|u| tolerance(*u, [0.0, 0.0], 1.0, Sigmoid::Quadratic, 0.0));
    #[allow(clippy::cast_precision_loss, reason = "a few dozen motors")]
    let small_control = (4.0 + small.sum::<f64>() / control.len().max(1) as f64) / 5.0;
    let [x, y, _] = velocity;
    let moving = if speed == 0.0 {
        f64::midpoint(gaussian(x, [0.0, 0.0], 2.0), gaussian(y, [0.0, 0.0], 2.0))
    } else {
        (5.0 * tolerance(x.hypot(y), [speed, f64::INFINITY], speed, Sigmoid::Linear, 0.0) + 1.0) / 6.0
    };
    small_control * standing * upright * moving
}

/// The three tasks.
pub(super) struct Humanoid {
    /// m/s; 0 to stand still.
    pub speed: f64,
}

fn head_height(world: &World) -> f64 {
    world.link_pose("head").map_or(0.0, |pose| pose.translation.z)
}

impl Domain for Humanoid {
    /// Angles of the hinges; height of the head; hands and feet in the torso's frame; the vertical in the torso's frame;
    /// velocity of the centre of mass; all velocities (`Humanoid.get_observation`).
    fn observe(&self, world: &World, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        observation.extend(&world.q()[7..]);
        observation.push(head_height(world));
        if let Some(torso) = world.link_pose("torso") {
            let extremities = EXTREMITIES.iter().filter_map(|name| world.link_pose(name));
            let places = extremities.map(|pose| torso.inverse_transform_point(pose.translation));
            places.for_each(|place: Vector| observation.extend(place.to_array()));
        }
        observation.extend(upward(world, "torso"));
        observation.extend(world.center_velocity().to_array());
        observation.extend(world.qd());
    }

    fn reward(&self, world: &World, _: Option<[f64; 3]>) -> f64 {
        let velocity = world.center_velocity().to_array();
        reward(head_height(world), upward(world, "torso")[2], velocity, world.control(), self.speed)
    }

    /// In the air, hinges and orientation at random, at rest; drawn again until nothing touches
    /// (`Humanoid.initialize_episode`).
    fn reset(&self, world: &mut World, stream: &mut Stream) -> Option<[f64; 3]> {
        for _ in 0..MOST_DRAWS {
            let mut q = random_positions(world, stream);
            // Not normal as for all directions alike: so does the suite.
            q[3..7].fill_with(|| stream.uniform_in(0.0, 1.0));
            world.set_state(&q, &[]);
            if !world.touching() {
                break;
            }
        }
        None
    }
}
