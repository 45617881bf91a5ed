//! Pendulum: a weak motor must swing up a pole (`dm_control/suite/pendulum.py`).

use std::f64::consts::PI;

use super::info::{ObservationPart, TaskInfo, part};
use super::task::{Task, tilt};
use super::tolerance::gaussian;
use crate::body::Simulator;
use crate::math::Stream;

/// Half angle of the cone in which the pole counts as upright, degrees.
const ANGLE_BOUND_DEGREES: f64 = 8.0;

const OBSERVATION: &[ObservationPart] = &[part("orientation", 2), part("velocity", 1)];

pub(super) static TASKS: &[&dyn Task] = &[&Swingup {
    info: TaskInfo::new(
        ["pendulum-swingup", "pendulum", "Swing up a pole with a motor too weak to lift it."],
        OBSERVATION,
        1,
        0.02,
    ),
}];

/// 1 while the pole is within 8 degrees of the vertical, else 0 (`SwingUp.get_reward`). `pole_vertical` is the cosine
/// of the pole's angle; rounding above 1 counts as 1.
#[must_use]
pub fn swingup_reward(pole_vertical: f64) -> f64 {
    gaussian(pole_vertical.min(1.0), [ANGLE_BOUND_DEGREES.to_radians().cos(), 1.0], 0.0)
}

pub(super) struct Swingup {
    pub info: TaskInfo,
}

impl Task for Swingup {
    fn info(&self) -> &TaskInfo {
        &self.info
    }

    /// Cosine and sine of the pole's angle; angular velocity (`SwingUp.get_observation`).
    fn observe(&self, sim: &dyn Simulator, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        let [sin, cos] = tilt(sim, "pole");
        observation.extend([cos, sin]);
        observation.extend(sim.qd());
    }

    fn reward(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> f64 {
        swingup_reward(tilt(sim, "pole")[1])
    }

    /// Angle uniform over the circle, at rest (`SwingUp.initialize_episode`).
    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
        sim.set_state(&[stream.uniform_in(-PI, PI)], &[0.0]);
        None
    }
}
