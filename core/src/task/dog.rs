//! Dog: 38 muscles-like actuators, stand, walk, trot or run (`dm_control/suite/dog.py`).

use std::f64::consts::TAU;

use super::info::{ObservationPart, TaskInfo, part};
use super::task::{Task, sensors, upward};
use super::tolerance::{Sigmoid, gaussian, tolerance};
use crate::body::Simulator;
use crate::math::{Pose, Stream};

/// Heights of torso and pelvis above which it stands, m: nine tenths of those of the model's own pose.
const STAND_HEIGHTS: [f64; 2] = [0.373_698, 0.428_548_41];
/// Weight that its feet should carry, N.
const WEIGHT: f64 = 100.463_664;
/// Cosine of the tilt that is still upright: 30 degrees.
const UPRIGHT: f64 = 0.866_025_404;
/// Standard deviation of the start's velocity forward and sideways (m/s) and of turning (rad/s).
const START_VELOCITY: f64 = 2.0;

const OBSERVATION: &[ObservationPart] = &[
    part("joint_angles", 73),
    // The suite's spelling.
    part("joint_velocites", 73),
    part("torso_pelvis_height", 2),
    part("z_projection", 9),
    part("torso_com_velocity", 3),
    part("inertial_sensors", 9),
    part("foot_forces", 12),
    part("touch_sensors", 4),
    part("actuator_state", 38),
];

pub(super) static TASKS: &[&dyn Task] = &[
    &task(["dog-stand", "Stand."], 0.0),
    &task(["dog-walk", "Walk forward at 1 m/s."], 1.0),
    &task(["dog-trot", "Trot forward at 3 m/s."], 3.0),
    &task(["dog-run", "Run forward at 9 m/s."], 9.0),
];

const fn task([name, description]: [&'static str; 2], speed: f64) -> Dog {
    Dog { info: TaskInfo::new([name, "dog", description], OBSERVATION, 38, 0.015), speed }
}

/// Standing on the feet (`Stand.get_reward_factors`), and moving forward at `speed` m/s or more
/// (`Move.get_reward_factors`; 0 only to stand).
///
/// `heights` of torso and pelvis in m; `uprights` the z parts of the z axes of skull, torso and pelvis; `touch` the sum
/// of the forces under palms and soles in N; `forward_velocity` of the centre of mass along the torso's x axis in m/s.
#[must_use]
pub fn reward(heights: [f64; 2], uprights: [f64; 3], touch: f64, forward_velocity: f64, speed: f64) -> f64 {
    let above = |(height, bound): (&f64, f64)| gaussian(*height, [bound, f64::INFINITY], bound);
    let standing: f64 = heights.iter().zip(STAND_HEIGHTS).map(above).product();
    let tall = |x: &f64| tolerance(*x, [UPRIGHT, f64::INFINITY], UPRIGHT + 1.0, Sigmoid::Linear, 0.0);
    let upright: f64 = uprights.iter().map(tall).product();
    let carried = tolerance(touch, [WEIGHT, f64::INFINITY], WEIGHT, Sigmoid::Linear, 0.9);
    let moving = if speed == 0.0 {
        1.0
    } else {
        let bounds = [speed, 2.0 * speed];
        (4.0 * tolerance(forward_velocity, bounds, speed.max(1.0), Sigmoid::Linear, 0.0) + 1.0) / 5.0
    };
    standing * upright * carried * moving
}

/// The four tasks.
pub(super) struct Dog {
    pub info: TaskInfo,
    /// m/s; 0 to stand.
    pub speed: f64,
}

fn heights(sim: &dyn Simulator) -> [f64; 2] {
    ["torso", "pelvis"].map(|name| sim.link_pose(name).map_or(0.0, |pose| pose.position[2]))
}

/// Returns the velocity of the centre of mass in the torso's frame, m/s.
fn velocity(sim: &dyn Simulator) -> [f64; 3] {
    sim.link_pose("torso").unwrap_or(Pose::IDENTITY).inverse_rotate(sim.center_velocity())
}

const TOUCHES: [&str; 4] = ["palm_L", "palm_R", "sole_L", "sole_R"];

impl Task for Dog {
    fn info(&self) -> &TaskInfo {
        &self.info
    }

    /// Hinges' angles and velocities; heights; the vertical in the frames of skull, torso and pelvis; velocity of the
    /// centre of mass in the torso's frame; inertial sensors of the head; forces of feet and hands, touch of their
    /// soles; activations (`Stand.get_observation`).
    fn observe(&self, sim: &dyn Simulator, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        observation.extend(&sim.q()[7..]);
        observation.extend(&sim.qd()[6..]);
        observation.extend(heights(sim));
        observation.extend(["skull", "torso", "pelvis"].iter().flat_map(|name| upward(sim, name)));
        observation.extend(velocity(sim));
        observation.extend(sensors(sim, &["accelerometer", "velocimeter", "gyro"]));
        observation.extend(sensors(sim, &["foot_L", "foot_R", "hand_L", "hand_R"]));
        observation.extend(sensors(sim, &TOUCHES));
        observation.extend(sim.activation());
    }

    fn reward(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> f64 {
        let uprights = ["skull", "torso", "pelvis"].map(|name| upward(sim, name)[2]);
        reward(heights(sim), uprights, sensors(sim, &TOUCHES).sum(), velocity(sim)[0], self.speed)
    }

    /// Sets the model's own pose, turned about the vertical, moving and turning along the floor, activations at
    /// random (`Stand.initialize_episode`).
    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
        let mut q = sim.reference_positions();
        let half_turn = 0.5 * stream.uniform_in(0.0, TAU);
        // By libm: it is a state, the same on all targets.
        q[3..7].copy_from_slice(&[libm::cos(half_turn), 0.0, 0.0, libm::sin(half_turn)]);
        let [x, y, turn] = std::array::from_fn(|_| START_VELOCITY * stream.normal());
        sim.set_state(&q, &[x, y, 0.0, 0.0, 0.0, turn]);
        let ranges: Vec<[f64; 2]> = sim.control_ranges();
        let activation: Vec<f64> = ranges.iter().map(|[low, high]| stream.uniform_in(*low, *high)).collect();
        sim.set_activation(&activation);
        None
    }
}
