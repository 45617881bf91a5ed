//! Finger: a two-jointed finger flicks a spinner (`dm_control/suite/finger.py`).

use std::f64::consts::PI;

use super::info::{ObservationPart, TaskInfo, part};
use super::task::{MOST_DRAWS, Target, Task, random_positions, touch};
use crate::body::{BodyFile, Simulator};
use crate::math::Stream;
use crate::math::pose::difference;

/// Angular velocity from which the spinner spins, rad/s.
const SPIN_VELOCITY: f64 = 15.0;
/// Damping of the spinner's hinge where it is to spin, N m s/rad.
const SPIN_DAMPING: f64 = 0.03;
/// Distance of targets from the hinge, m: that of the spinner's tip.
const TARGET_DISTANCE: f64 = 0.13;
/// Place of the hinge, m.
const HINGE: [f64; 3] = [0.2, 0.0, 0.4];

const SPIN: &[ObservationPart] = &[part("position", 4), part("velocity", 3), part("touch", 2)];
const TURN: &[ObservationPart] = &[
    part("position", 4),
    part("velocity", 3),
    part("touch", 2),
    part("target_position", 2),
    part("dist_to_target", 1),
];

pub(super) static TASKS: &[&dyn Task] = &[
    &task(["finger-spin", "Flick a spinner with a finger so that it keeps spinning."], SPIN, None),
    &task(["finger-turn-easy", "Turn a spinner with a finger until its tip is in a large target."], TURN, Some(0.07)),
    &task(["finger-turn-hard", "Turn a spinner with a finger until its tip is in a small target."], TURN, Some(0.03)),
];

const fn task(
    [name, description]: [&'static str; 2],
    observation: &'static [ObservationPart],
    target_radius: Option<f64>,
) -> Finger {
    Finger { info: TaskInfo::new([name, "finger", description], observation, 2, 0.02), target_radius }
}

/// 1 while the spinner spins fast enough, in the one direction that counts, else 0 (`Spin.get_reward`).
/// `hinge_velocity` in rad/s.
#[must_use]
pub fn spin_reward(hinge_velocity: f64) -> f64 {
    f64::from(u8::from(hinge_velocity <= -SPIN_VELOCITY))
}

/// 1 while the tip is within the target, else 0 (`Turn.get_reward`). `tip` and `target` are x and z relative to the
/// spinner, m; so is `target_radius`.
#[must_use]
pub fn turn_reward(tip: [f64; 2], target: [f64; 2], target_radius: f64) -> f64 {
    f64::from(u8::from(distance(tip, target) <= target_radius))
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// Spinning where there is no target, else turning; the two turning tasks differ in the size of the target.
pub(super) struct Finger {
    pub info: TaskInfo,
    pub target_radius: Option<f64>,
}

/// x and z of the spinner's tip relative to the spinner, m.
fn tip_position(sim: &dyn Simulator) -> [f64; 2] {
    let places = sim.site_pose("tip").zip(sim.link_pose("spinner"));
    places.map_or([0.0; 2], |(tip, spinner)| {
        let [x, _, z] = difference(tip.position, spinner.position);
        [x, z]
    })
}

/// x and z of the target relative to the spinner, m.
fn target_position(sim: &dyn Simulator, [x, _, z]: [f64; 3]) -> [f64; 2] {
    sim.link_pose("spinner").map_or([0.0; 2], |spinner| [x - spinner.position[0], z - spinner.position[2]])
}

impl Task for Finger {
    fn info(&self) -> &TaskInfo {
        &self.info
    }

    /// Positions of the finger's joints and of the spinner's tip; velocities; logarithms of the touch on both sides of
    /// the fingertip; where there is a target, its position and the distance of the tip from its edge
    /// (`Spin.get_observation`, `Turn.get_observation`).
    fn observe(&self, sim: &dyn Simulator, target: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        let tip = tip_position(sim);
        observation.extend(sim.q().iter().take(2));
        observation.extend(tip);
        observation.extend(sim.qd());
        observation.extend(["touchtop", "touchbottom"].map(|sensor| touch(sim, sensor)));
        if let (Some(radius), Some(target)) = (self.target_radius, target) {
            let target = target_position(sim, target);
            observation.extend(target);
            observation.push(distance(tip, target) - radius);
        }
    }

    fn reward(&self, sim: &dyn Simulator, target: Option<[f64; 3]>) -> f64 {
        match (self.target_radius, target) {
            (Some(radius), Some(target)) => turn_reward(tip_position(sim), target_position(sim, target), radius),
            _ => spin_reward(sim.joint_velocity("hinge").unwrap_or_default()),
        }
    }

    /// Places the target anywhere on the circle of the tip; then all joints anywhere where nothing touches, at rest
    /// (`Spin.initialize_episode`, `Turn.initialize_episode`).
    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
        let target = self.target_radius.map(|_| {
            let (sin, cos) = stream.uniform_in(-PI, PI).sin_cos();
            [HINGE[0] + TARGET_DISTANCE * sin, HINGE[1], HINGE[2] + TARGET_DISTANCE * cos]
        });
        for _ in 0..MOST_DRAWS {
            let q = random_positions(sim, stream);
            sim.set_state(&q, &[]);
            if !sim.touching() {
                break;
            }
        }
        target
    }

    /// The spinner turns more easily where it is to spin.
    fn adapt(&self, file: &mut BodyFile) {
        let joints = file.links.iter_mut().flat_map(|link| &mut link.joints);
        if self.target_radius.is_none() {
            joints.filter(|joint| joint.name == "hinge").for_each(|hinge| hinge.damping = SPIN_DAMPING);
        }
    }

    fn first_target(&self) -> Option<Target> {
        let [x, y, z] = HINGE;
        self.target_radius.map(|radius| Target { position: [x, y, z + TARGET_DISTANCE], radius })
    }
}
