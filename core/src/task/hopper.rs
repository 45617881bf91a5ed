//! Hopper: a planar one-legged body that stands or hops (`dm_control/suite/hopper.py`).

use super::info::{ObservationPart, TaskInfo, part};
use super::task::{Task, random_positions, touch};
use super::tolerance::{Sigmoid, gaussian, tolerance};
use crate::body::Simulator;
use crate::math::Stream;

/// Heights of the torso over the foot that count as standing, m.
const STANDING: [f64; 2] = [0.6, 2.0];
/// Speed asked for, m/s.
const HOP_SPEED: f64 = 2.0;

const OBSERVATION: &[ObservationPart] = &[part("position", 6), part("velocity", 7), part("touch", 2)];

pub(super) static TASKS: &[&dyn Task] = &[
    &task(["hopper-hop", "Make a planar one-legged body hop forwards at 2 m/s."], true),
    &task(["hopper-stand", "Make a planar one-legged body stand with little effort."], false),
];

const fn task([name, description]: [&'static str; 2], hop: bool) -> Hopper {
    Hopper { info: TaskInfo::new([name, "hopper", description], OBSERVATION, 4, 0.02), hop }
}

/// Standing with small controls (`Hopper.get_reward`, not hopping). `height` of the torso's centre of mass over the
/// foot's, m; `control` in [-1, 1], one per actuator.
#[must_use]
pub fn stand_reward(height: f64, control: &[f64]) -> f64 {
    let small = |u: &f64| tolerance(*u, [0.0, 0.0], 1.0, Sigmoid::Quadratic, 0.0);
    #[allow(clippy::cast_precision_loss, reason = "a handful of actuators")]
    let small_control = control.iter().map(small).sum::<f64>() / control.len().max(1) as f64;
    gaussian(height, STANDING, 0.0) * (4.0 + small_control) / 5.0
}

/// Standing while moving forwards (`Hopper.get_reward`, hopping). `velocity` is that of the whole body's centre of mass
/// along x, m/s; the rest as in [`stand_reward`].
#[must_use]
pub fn hop_reward(height: f64, velocity: f64) -> f64 {
    let hopping = tolerance(velocity, [HOP_SPEED, f64::INFINITY], HOP_SPEED / 2.0, Sigmoid::Linear, 0.5);
    gaussian(height, STANDING, 0.0) * hopping
}

/// The two tasks.
pub(super) struct Hopper {
    pub info: TaskInfo,
    pub hop: bool,
}

impl Task for Hopper {
    fn info(&self) -> &TaskInfo {
        &self.info
    }

    /// Positions of all joints but the first, which is how far it has come; velocities; logarithms of the touch of toe
    /// and heel (`Hopper.get_observation`).
    fn observe(&self, sim: &dyn Simulator, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        observation.extend(sim.q().iter().skip(1));
        observation.extend(sim.qd());
        observation.extend(["touch_toe", "touch_heel"].map(|sensor| touch(sim, sensor)));
    }

    fn reward(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> f64 {
        let centers = sim.link_center("torso").zip(sim.link_center("foot"));
        let height = centers.map_or(0.0, |(torso, foot)| torso[2] - foot[2]);
        if self.hop { hop_reward(height, sim.center_velocity()[0]) } else { stand_reward(height, sim.control()) }
    }

    /// Places all joints anywhere, at rest; the torso turned anyhow at its standing height, so that parts may be in
    /// the floor (`Hopper.initialize_episode`).
    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
        let q = random_positions(sim, stream);
        sim.set_state(&q, &[]);
        None
    }
}
