//! Humanoid: stand up, walk or run with 21 motors (`dm_control/suite/humanoid.py`).

use super::info::{ObservationPart, TaskInfo, part};
use super::task::{MOST_DRAWS, Task, random_positions, upward};
use super::tolerance::{Sigmoid, gaussian, tolerance};
use crate::body::Simulator;
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

pub(super) static TASKS: &[&dyn Task] = &[
    &task(["humanoid-stand", "Get up and stand still."], 0.0),
    &task(["humanoid-walk", "Get up and walk in any direction, at 1 m/s."], 1.0),
    &task(["humanoid-run", "Get up and run in any direction, at 10 m/s."], 10.0),
];

const fn task([name, description]: [&'static str; 2], speed: f64) -> Humanoid {
    Humanoid { info: TaskInfo::new([name, "humanoid", description], OBSERVATION, 21, 0.025), speed }
}

/// Standing with little control, and still (`speed` 0) or moving at `speed` m/s or more (`Humanoid.get_reward`).
///
/// `head_height` in m, `upright` the z part of the torso's z axis, `velocity` of the centre of mass in m/s, `control`
/// of each motor in [-1, 1].
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
    pub info: TaskInfo,
    /// m/s; 0 to stand still.
    pub speed: f64,
}

fn head_height(sim: &dyn Simulator) -> f64 {
    sim.link_pose("head").map_or(0.0, |pose| pose.position[2])
}

impl Task for Humanoid {
    fn info(&self) -> &TaskInfo {
        &self.info
    }

    /// Angles of the hinges; height of the head; hands and feet in the torso's frame; the vertical in the torso's
    /// frame; velocity of the centre of mass; all velocities (`Humanoid.get_observation`).
    fn observe(&self, sim: &dyn Simulator, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        observation.extend(&sim.q()[7..]);
        observation.push(head_height(sim));
        if let Some(torso) = sim.link_pose("torso") {
            let extremities = EXTREMITIES.iter().filter_map(|name| sim.link_pose(name));
            let places = extremities.map(|pose| torso.inverse_transform_point(pose.position));
            places.for_each(|place| observation.extend(place));
        }
        observation.extend(upward(sim, "torso"));
        observation.extend(sim.center_velocity());
        observation.extend(sim.qd());
    }

    fn reward(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> f64 {
        let velocity = sim.center_velocity();
        reward(head_height(sim), upward(sim, "torso")[2], velocity, sim.control(), self.speed)
    }

    /// In the air, hinges and orientation at random, at rest; drawn again until nothing touches
    /// (`Humanoid.initialize_episode`).
    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
        for _ in 0..MOST_DRAWS {
            let mut q = random_positions(sim, stream);
            // Not normal as for all directions alike: so does the suite.
            q[3..7].fill_with(|| stream.uniform_in(0.0, 1.0));
            sim.set_state(&q, &[]);
            if !sim.touching() {
                break;
            }
        }
        None
    }
}
