//! Quadruped: four legs on tendons, walk or run (`dm_control/suite/quadruped.py`).

use super::info::{ObservationPart, TaskInfo, part};
use super::task::{Task, sensors, upward};
use super::tolerance::{Sigmoid, tolerance};
use crate::body::Simulator;
use crate::math::Stream;

/// The toes in the order of their sensors.
const FORCES: [&str; 4] =
    ["force_toe_front_left", "force_toe_front_right", "force_toe_back_right", "force_toe_back_left"];
const TORQUES: [&str; 4] =
    ["torque_toe_front_left", "torque_toe_front_right", "torque_toe_back_right", "torque_toe_back_left"];
/// By which a start is raised until nothing touches, m.
const RISE: f64 = 0.01;
/// Higher than the body is long: nothing touches the floor there.
const MOST_RISES: u32 = 1000;

const OBSERVATION: &[ObservationPart] = &[
    part("egocentric_state", 44),
    part("torso_velocity", 3),
    part("torso_upright", 1),
    part("imu", 6),
    part("force_torque", 24),
];

pub(super) static TASKS: &[&dyn Task] = &[
    &task(["quadruped-walk", "Get up and walk forward at 0.5 m/s."], 0.5),
    &task(["quadruped-run", "Get up and run forward at 5 m/s."], 5.0),
];

const fn task([name, description]: [&'static str; 2], speed: f64) -> Quadruped {
    Quadruped { info: TaskInfo::new([name, "quadruped", description], OBSERVATION, 12, 0.02), speed }
}

/// Upright and moving forward at `speed` m/s or more (`Move.get_reward`). `upright` is the z part of the torso's z
/// axis, `forward_velocity` that of the torso along its x axis, m/s.
#[must_use]
pub fn reward(upright: f64, forward_velocity: f64, speed: f64) -> f64 {
    let upright = tolerance(upright, [1.0, f64::INFINITY], 2.0, Sigmoid::Linear, 0.0);
    upright * tolerance(forward_velocity, [speed, f64::INFINITY], speed, Sigmoid::Linear, 0.5)
}

/// The two tasks.
pub(super) struct Quadruped {
    pub info: TaskInfo,
    /// m/s.
    pub speed: f64,
}

impl Task for Quadruped {
    fn info(&self) -> &TaskInfo {
        &self.info
    }

    /// Hinges' angles and velocities, activations; the torso's velocity in its own frame; how upright it is; what its
    /// inertial unit shows; forces and torques of the toes, as their inverse hyperbolic sines
    /// (`Move.get_observation`).
    fn observe(&self, sim: &dyn Simulator, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        observation.extend(&sim.q()[7..]);
        observation.extend(&sim.qd()[6..]);
        observation.extend(sim.activation());
        observation.extend(sensors(sim, &["velocimeter"]));
        observation.push(upward(sim, "torso")[2]);
        observation.extend(sensors(sim, &["imu_accel", "imu_gyro"]));
        observation.extend(sensors(sim, &FORCES).chain(sensors(sim, &TORQUES)).map(f64::asinh));
    }

    fn reward(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> f64 {
        let forward = sensors(sim, &["velocimeter"]).next().unwrap_or(0.0);
        reward(upward(sim, "torso")[2], forward, self.speed)
    }

    /// At rest in any orientation, as low as nothing touches (`Move.initialize_episode`).
    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
        let mut q = sim.reference_positions();
        q[3..7].fill_with(|| stream.normal());
        for rise in 0..MOST_RISES {
            q[..3].copy_from_slice(&[0.0, 0.0, RISE * f64::from(rise)]);
            sim.set_state(&q, &[]);
            if !sim.touching() {
                break;
            }
        }
        None
    }
}
