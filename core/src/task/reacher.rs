//! Reacher: a two-link arm in the plane, its finger on a target (`dm_control/suite/reacher.py`).

use std::f64::consts::{PI, TAU};

use super::info::{ObservationPart, TaskInfo, part};
use super::task::{Target, Task};
use super::tolerance::gaussian;
use crate::body::Simulator;
use crate::math::Stream;

/// Radius of the finger's ball, m: that of the model's geom.
const FINGER_RADIUS: f64 = 0.01;
/// Height of the plane in which finger and target are, m.
const HEIGHT: f64 = 0.01;
/// Distances of targets from the shoulder, m.
const TARGET_DISTANCES: [f64; 2] = [0.05, 0.2];

const OBSERVATION: &[ObservationPart] = &[part("position", 2), part("to_target", 2), part("velocity", 2)];

pub(super) static TASKS: &[&dyn Task] = &[
    &task(["reacher-easy", "Keep the finger of a two-link arm on a large target."], 0.05),
    &task(["reacher-hard", "Keep the finger of a two-link arm on a small target."], 0.015),
];

const fn task([name, description]: [&'static str; 2], target_radius: f64) -> Reacher {
    Reacher { info: TaskInfo::new([name, "reacher", description], OBSERVATION, 2, 0.02), target_radius }
}

/// 1 while finger and target overlap, else 0 (`Reacher.get_reward`). `finger_to_target` is the vector from the
/// finger's centre to the target's in the plane, m; `target_radius` in m.
#[must_use]
pub fn reward([x, y]: [f64; 2], target_radius: f64) -> f64 {
    gaussian(x.hypot(y), [0.0, target_radius + FINGER_RADIUS], 0.0)
}

/// The two tasks differ in the size of the target.
pub(super) struct Reacher {
    pub info: TaskInfo,
    pub target_radius: f64,
}

fn finger_to_target(sim: &dyn Simulator, target: Option<[f64; 3]>) -> [f64; 2] {
    let finger = sim.geom_pose("finger").map(|pose| pose.position);
    target.zip(finger).map_or([0.0; 2], |([x, y, _], finger)| [x - finger[0], y - finger[1]])
}

impl Task for Reacher {
    fn info(&self) -> &TaskInfo {
        &self.info
    }

    /// Joint positions; vector from finger to target; joint velocities (`Reacher.get_observation`).
    fn observe(&self, sim: &dyn Simulator, target: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        observation.extend(sim.q());
        observation.extend(finger_to_target(sim, target));
        observation.extend(sim.qd());
    }

    fn reward(&self, sim: &dyn Simulator, target: Option<[f64; 3]>) -> f64 {
        reward(finger_to_target(sim, target), self.target_radius)
    }

    /// Limited joints uniform in their range, the others over the circle, at rest; the target anywhere in a ring,
    /// uniform in angle and in distance (`Reacher.initialize_episode`).
    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
        let ranges: Vec<[f64; 2]> = sim.joints().iter().map(|joint| joint.range.unwrap_or([-PI, PI])).collect();
        let q: Vec<f64> = ranges.iter().map(|[low, high]| stream.uniform_in(*low, *high)).collect();
        sim.set_state(&q, &[]);
        let angle = stream.uniform_in(0.0, TAU);
        let distance = stream.uniform_in(TARGET_DISTANCES[0], TARGET_DISTANCES[1]);
        Some([distance * angle.sin(), distance * angle.cos(), HEIGHT])
    }

    fn first_target(&self) -> Option<Target> {
        Some(Target { position: [0.0, TARGET_DISTANCES[1], HEIGHT], radius: self.target_radius })
    }
}
