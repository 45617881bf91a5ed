//! Walker: a planar biped that stands, walks or runs (`dm_control/suite/walker.py`).

use super::info::{ObservationPart, TaskInfo, part};
use super::task::{Task, random_positions, tilt};
use super::tolerance::{Sigmoid, gaussian, tolerance};
use crate::body::Simulator;
use crate::math::Stream;

/// Height of a standing torso, m.
const STAND_HEIGHT: f64 = 1.2;

const OBSERVATION: &[ObservationPart] = &[part("orientations", 14), part("height", 1), part("velocity", 9)];

pub(super) static TASKS: &[&dyn Task] = &[
    &task(["walker-run", "Make a planar biped run at 8 m/s."], Some(8.0)),
    &task(["walker-stand", "Make a planar biped stand upright."], None),
    &task(["walker-walk", "Make a planar biped walk at 1 m/s."], Some(1.0)),
];

const fn task([name, description]: [&'static str; 2], speed: Option<f64>) -> Walker {
    Walker { info: TaskInfo::new([name, "walker", description], OBSERVATION, 6, 0.025), speed }
}

/// High and upright (`PlanarWalker.get_reward`, move speed 0). `torso_height` in m, `torso_upright` the cosine of the
/// torso's tilt.
#[must_use]
pub fn stand_reward(torso_height: f64, torso_upright: f64) -> f64 {
    let standing = gaussian(torso_height, [STAND_HEIGHT, f64::INFINITY], STAND_HEIGHT / 2.0);
    (3.0 * standing + f64::midpoint(1.0, torso_upright)) / 4.0
}

/// Standing while moving forwards at `speed` or more, m/s (`PlanarWalker.get_reward`). `velocity` is that of the whole
/// body's centre of mass along x, m/s.
#[must_use]
pub fn move_reward(torso_height: f64, torso_upright: f64, velocity: f64, speed: f64) -> f64 {
    let moving = tolerance(velocity, [speed, f64::INFINITY], speed / 2.0, Sigmoid::Linear, 0.5);
    stand_reward(torso_height, torso_upright) * (5.0 * moving + 1.0) / 6.0
}

/// The three tasks differ in the speed asked for, m/s.
pub(super) struct Walker {
    pub info: TaskInfo,
    pub speed: Option<f64>,
}

fn torso_height(sim: &dyn Simulator) -> f64 {
    sim.link_pose("torso").map_or(0.0, |pose| pose.position[2])
}

impl Task for Walker {
    fn info(&self) -> &TaskInfo {
        &self.info
    }

    /// Per link the x axis's x and z in the world; height of the torso; joint velocities
    /// (`PlanarWalker.get_observation`).
    fn observe(&self, sim: &dyn Simulator, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        for link in sim.link_names() {
            // In the plane the x axis is the z axis turned by a quarter.
            let [sin, cos] = tilt(sim, link);
            observation.extend([cos, sin]);
        }
        observation.push(torso_height(sim));
        observation.extend(sim.qd());
    }

    fn reward(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> f64 {
        let (height, upright) = (torso_height(sim), tilt(sim, "torso")[1]);
        match self.speed {
            Some(speed) => move_reward(height, upright, sim.center_velocity()[0], speed),
            None => stand_reward(height, upright),
        }
    }

    /// Places all joints anywhere, at rest; the torso turned anyhow at its standing height, so that parts may be in
    /// the floor (`PlanarWalker.initialize_episode`).
    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
        let q = random_positions(sim, stream);
        sim.set_state(&q, &[]);
        None
    }
}
