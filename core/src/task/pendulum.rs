//! Pendulum: a weak motor must swing up a pole (`dm_control/suite/pendulum.py`).

use std::f64::consts::PI;

use super::domain::{Domain, tilt};
use super::info::{ObservationPart, Task, info, part};
use super::tolerance::gaussian;
use crate::body::World;
use crate::math::Stream;

/// Half angle of the cone in which the pole counts as upright, degrees.
const ANGLE_BOUND_DEGREES: f64 = 8.0;

const OBSERVATION: &[ObservationPart] = &[part("orientation", 2), part("velocity", 1)];

pub(super) static TASKS: &[Task] = &[Task {
    info: info(
        ["pendulum-swingup", "pendulum", "Swing up a pole with a motor too weak to lift it."],
        OBSERVATION,
        1,
        0.02,
    ),
    domain: &Swingup,
}];

/// 1 while the pole is within 8 degrees of the vertical, else 0 (`SwingUp.get_reward`). `pole_vertical` is the cosine
/// of the pole's angle; rounding above 1 counts as 1.
#[must_use]
pub fn swingup_reward(pole_vertical: f64) -> f64 {
    gaussian(pole_vertical.min(1.0), [ANGLE_BOUND_DEGREES.to_radians().cos(), 1.0], 0.0)
}

pub(super) struct Swingup;

impl Domain for Swingup {
    /// Cosine and sine of the pole's angle; angular velocity (`SwingUp.get_observation`).
    fn observe(&self, world: &World, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        let [sin, cos] = tilt(world, "pole");
        observation.extend([cos, sin]);
        observation.extend(world.qd());
    }

    fn reward(&self, world: &World, _: Option<[f64; 3]>) -> f64 {
        swingup_reward(tilt(world, "pole")[1])
    }

    /// Angle uniform over the circle, at rest (`SwingUp.initialize_episode`).
    fn reset(&self, world: &mut World, stream: &mut Stream) -> Option<[f64; 3]> {
        world.set_state(&[stream.uniform_in(-PI, PI)], &[0.0]);
        None
    }
}
