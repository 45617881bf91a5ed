//! Acrobot: two links, a motor at the elbow only, the tip up (`dm_control/suite/acrobot.py`).

use std::f64::consts::PI;

use super::info::{ObservationPart, TaskInfo, part};
use super::task::{Task, tilt};
use super::tolerance::gaussian;
use crate::body::Simulator;
use crate::math::Stream;
use crate::math::pose::distance;

/// Radius of the ball in which the tip earns 1, m: that of the model's target site.
const TARGET_RADIUS: f64 = 0.2;

const OBSERVATION: &[ObservationPart] = &[part("orientations", 4), part("velocity", 2)];

pub(super) static TASKS: &[&dyn Task] = &[&Swingup {
    info: TaskInfo::new(
        ["acrobot-swingup", "acrobot", "Raise the tip of a two-link arm with a motor at its elbow."],
        OBSERVATION,
        1,
        0.01,
    ),
}];

/// 1 within the target ball, falling to 0.1 at 1 m outside it (`Balance.get_reward`, not sparse).
/// `tip_to_target` is the distance of the tip from the target's centre, m.
#[must_use]
pub fn swingup_reward(tip_to_target: f64) -> f64 {
    gaussian(tip_to_target, [0.0, TARGET_RADIUS], 1.0)
}

pub(super) struct Swingup {
    pub info: TaskInfo,
}

impl Task for Swingup {
    fn info(&self) -> &TaskInfo {
        &self.info
    }

    /// Sines of both links' tilts, then the cosines; both velocities (`Balance.get_observation`).
    fn observe(&self, sim: &dyn Simulator, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        let [upper, lower] = ["upper_arm", "lower_arm"].map(|link| tilt(sim, link));
        observation.extend([upper[0], lower[0], upper[1], lower[1]]);
        observation.extend(sim.qd());
    }

    fn reward(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> f64 {
        let places = sim.site_pose("tip").zip(sim.site_pose("target"));
        places.map_or(0.0, |(tip, target)| swingup_reward(distance(tip.position, target.position)))
    }

    /// Both joints uniform over the circle, at rest (`Balance.initialize_episode`).
    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
        let q = [stream.uniform_in(-PI, PI), stream.uniform_in(-PI, PI)];
        sim.set_state(&q, &[0.0; 2]);
        None
    }
}
