//! Fish: swim to a target (`dm_control/suite/fish.py`).

use super::info::{ObservationPart, TaskInfo, part};
use super::task::{Target, Task};
use super::tolerance::gaussian;
use crate::body::Simulator;
use crate::math::Stream;

/// Radius of the mouth, m: that of the model's geom.
const MOUTH_RADIUS: f64 = 0.005;
/// Radius of the target, m.
const TARGET_RADIUS: f64 = 0.04;

const OBSERVATION: &[ObservationPart] =
    &[part("joint_angles", 7), part("upright", 1), part("target", 3), part("velocity", 13)];

pub(super) static TASKS: &[&dyn Task] = &[&Swim {
    info: TaskInfo::new(["fish-swim", "fish", "Make a fish swim to a target and stay upright."], OBSERVATION, 5, 0.04),
}];

/// Near the target, and a little for being upright (`Swim.get_reward`). `mouth_to_target` in m, `upright` the cosine of
/// the torso's tilt.
#[must_use]
pub fn swim_reward(mouth_to_target: [f64; 3], upright: f64) -> f64 {
    let [x, y, z] = mouth_to_target;
    let radii = MOUTH_RADIUS + TARGET_RADIUS;
    let in_target = gaussian(x.hypot(y).hypot(z), [0.0, radii], 2.0 * radii);
    (7.0 * in_target + f64::midpoint(1.0, upright)) / 8.0
}

pub(super) struct Swim {
    pub info: TaskInfo,
}

/// From the mouth to the target, in the mouth's frame, m.
fn mouth_to_target(sim: &dyn Simulator, target: Option<[f64; 3]>) -> [f64; 3] {
    let places = target.zip(sim.geom_pose("mouth"));
    places.map_or([0.0; 3], |(target, mouth)| mouth.inverse().transform_point(target))
}

fn upright(sim: &dyn Simulator) -> f64 {
    sim.link_pose("torso").map_or(1.0, |pose| pose.z_axis()[2])
}

impl Task for Swim {
    fn info(&self) -> &TaskInfo {
        &self.info
    }

    /// Joint positions without those of the root; uprightness; where the target is as seen from the mouth; all
    /// velocities (`Swim.get_observation`).
    fn observe(&self, sim: &dyn Simulator, target: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        observation.extend(sim.q().iter().skip(7));
        observation.push(upright(sim));
        observation.extend(mouth_to_target(sim, target));
        observation.extend(sim.qd());
    }

    fn reward(&self, sim: &dyn Simulator, target: Option<[f64; 3]>) -> f64 {
        swim_reward(mouth_to_target(sim, target), upright(sim))
    }

    /// Turned any way, its joints a little off, at rest; the target anywhere in a flat box about it
    /// (`Swim.initialize_episode`).
    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
        let mut q = sim.reference_positions();
        for (i, position) in q.iter_mut().enumerate().skip(3) {
            *position = if i < 7 { stream.normal() } else { stream.uniform_in(-0.2, 0.2) };
        }
        sim.set_state(&q, &[]);
        Some([stream.uniform_in(-0.4, 0.4), stream.uniform_in(-0.4, 0.4), stream.uniform_in(0.1, 0.3)])
    }

    fn first_target(&self) -> Option<Target> {
        Some(Target { position: [0.4, 0.0, 0.2], radius: TARGET_RADIUS })
    }
}
