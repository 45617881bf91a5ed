//! The task described in a custom body's file: generic locomotion.

use std::collections::BTreeSet;
use std::f64::consts::PI;
use std::sync::{Mutex, PoisonError};

use super::error::TaskError;
use super::info::{EPISODE_CONTROL_STEPS, ObservationPart, TaskInfo};
use super::task::Task;
use super::tolerance::{Sigmoid, gaussian, tolerance};
use crate::body::{BodyError, BodyFile, JointKind, Locomotion, SensorKind, Simulator};
use crate::math::Stream;

/// A task from a body's file. Like those of the suite it is stateless.
pub(super) struct CustomTask {
    pub info: TaskInfo,
    pub file: BodyFile,
    goal: Locomotion,
    joints: Vec<CustomJoint>,
}

/// A hinge or slide, as the task sees it.
struct CustomJoint {
    /// Where its position is among all, and where its velocity.
    position: usize,
    dof: usize,
    /// Between which positions it begins, at a share of 1; none begins at its reference.
    range: Option<[f64; 2]>,
    seen: Seen,
}

/// How a position is observed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// Not at all: where in the world a body is makes no difference to it, and its height has a place of its own.
    No,
    /// As it is.
    Plain,
    /// As sine and cosine, since it goes round.
    Round,
}

impl CustomTask {
    /// Returns the task of a file.
    ///
    /// # Errors
    /// [`TaskError::Body`] if the file does not hold, or has no section `task`.
    pub fn new(file: &BodyFile) -> Result<Self, TaskError> {
        file.validate()?;
        let Some(goal) = file.task.clone() else {
            let allowed =
                "a section that says what the body is to do: one or more of forward, upright, height, control";
            let (path, found, allowed) = ("$.task".into(), "none".into(), allowed.into());
            return Err(BodyError::Value { path, found, allowed }.into());
        };
        let joints = joints(file);
        let info = info(file, &goal, &joints);
        Ok(Self { info, file: file.clone(), goal, joints })
    }

    fn root(&self) -> &str {
        self.file.links.first().map_or("", |link| &link.name)
    }
}

/// Returns all hinges and slides.
fn joints(file: &BodyFile) -> Vec<CustomJoint> {
    let (mut position, mut dof) = (0, 0);
    let mut joints = Vec::new();
    for link in &file.links {
        for joint in &link.joints {
            let [positions, velocities] = joint.kind.sizes();
            let at = (position, dof);
            (position, dof) = (position + positions, dof + velocities);
            if joint.kind == JointKind::Free {
                continue;
            }
            let limit = joint.limit.map(|limit| limit.range);
            let (range, seen) = match (joint.kind, limit) {
                (JointKind::Slide, _) if link.parent == "world" => (None, Seen::No),
                (JointKind::Hinge, None) => (Some([joint.reference - PI, joint.reference + PI]), Seen::Round),
                (_, limit) => (limit, Seen::Plain),
            };
            joints.push(CustomJoint { position: at.0, dof: at.1, range, seen });
        }
    }
    joints
}

fn info(file: &BodyFile, goal: &Locomotion, joints: &[CustomJoint]) -> TaskInfo {
    let positions = joints.iter().map(|joint| match joint.seen {
        Seen::No => 0,
        Seen::Plain => 1,
        Seen::Round => 2,
    });
    let parts = [
        ("positions", positions.sum()),
        ("height", 1),
        ("orientation", 6),
        ("root_velocity", 6),
        ("velocities", joints.len()),
        ("sensors", file.sensors.iter().map(|sensor| sensor.kind.size()).sum()),
        ("activations", file.actuators.iter().filter(|actuator| actuator.filter.is_some()).count()),
    ];
    let parts: Vec<_> =
        parts.into_iter().filter(|(_, size)| *size > 0).map(|(name, size)| ObservationPart { name, size }).collect();
    let description = goal.description.as_deref().unwrap_or("The task described in the body file.");
    TaskInfo {
        name: kept_text(&file.name),
        domain: kept_text(&file.name),
        description: kept_text(description),
        observation_size: parts.iter().map(|part| part.size).sum(),
        observation: kept_parts(&parts),
        action_size: file.actuators.len(),
        action_repeat: 2,
        reward_range: [0.0, 1.0],
        control_timestep: file.simulation.control_timestep,
        episode_control_steps: goal.episode_control_steps.unwrap_or(EPISODE_CONTROL_STEPS),
    }
}

/// Returns the same text for as long as the program runs. A program meets few bodies, and each text is kept once.
fn kept_text(text: &str) -> &'static str {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.get(text).copied().unwrap_or_else(|| {
        let text: &'static str = text.to_owned().leak();
        kept.insert(text);
        text
    })
}

/// As [`kept_text`].
fn kept_parts(parts: &[ObservationPart]) -> &'static [ObservationPart] {
    static KEPT: Mutex<Vec<&'static [ObservationPart]>> = Mutex::new(Vec::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.iter().find(|known| **known == parts).copied().unwrap_or_else(|| {
        let parts: &'static [ObservationPart] = parts.to_vec().leak();
        kept.push(parts);
        parts
    })
}

impl Task for CustomTask {
    fn info(&self) -> &TaskInfo {
        &self.info
    }

    /// Positions of hinges and slides but for slides on the world; height of the first link, the directions of x and z
    /// of the world in its frame, and its velocities there; velocities of hinges and slides; sensors, touch as
    /// ln(1 + x), force and torque as asinh(x); activations.
    fn observe(&self, sim: &dyn Simulator, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        let (q, qd) = (sim.q(), sim.qd());
        for joint in &self.joints {
            match joint.seen {
                Seen::No => {}
                Seen::Plain => observation.push(q[joint.position]),
                Seen::Round => observation.extend([q[joint.position].sin(), q[joint.position].cos()]),
            }
        }
        if let (Some(pose), Some(motion)) = (sim.link_pose(self.root()), sim.link_twist(self.root())) {
            observation.push(pose.position[2]);
            for direction in [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], motion.linear, motion.angular] {
                observation.extend(pose.inverse_rotate(direction));
            }
        }
        observation.extend(self.joints.iter().map(|joint| qd[joint.dof]));
        for sensor in &self.file.sensors {
            let readings = sim.sensor(&sensor.name).unwrap_or_default().iter();
            match sensor.kind {
                SensorKind::Touch => observation.extend(readings.map(|x| x.max(0.0).ln_1p())),
                SensorKind::Force | SensorKind::Torque => observation.extend(readings.map(|x| x.asinh())),
                _ => observation.extend(readings),
            }
        }
        observation.extend(sim.activation());
    }

    fn reward(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> f64 {
        let Locomotion { forward, upright, height, control, .. } = &self.goal;
        let at_least =
            |x: f64, bound: f64, margin: f64| tolerance(x, [bound, f64::INFINITY], margin, Sigmoid::Linear, 0.0);
        let forward = forward.as_ref().map(|goal| {
            let speed = sim.link_twist(&goal.link).map_or(0.0, |motion| motion.linear[0]);
            (goal.share, at_least(speed, goal.speed, goal.margin.unwrap_or(goal.speed)))
        });
        let upright = upright.as_ref().map(|goal| {
            let cosine = sim.link_pose(&goal.link).map_or(0.0, |pose| pose.z_axis()[2].min(1.0));
            (goal.share, at_least(cosine, goal.cosine, goal.margin.unwrap_or(1.0 + goal.cosine)))
        });
        let height = height.as_ref().map(|goal| {
            let at = sim.link_pose(&goal.link).map_or(0.0, |pose| pose.position[2]);
            (goal.share, gaussian(at, goal.range, goal.margin))
        });
        let control = control.map(|cost| (cost.share, thrift(sim)));
        let goals = [forward, upright, height, control];
        goals.into_iter().flatten().map(|(share, met)| 1.0 - share + share * met).product()
    }

    fn terminated(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> bool {
        let Some(ends) = &self.goal.ends else { return false };
        let below = |bound: Option<f64>, value: f64| bound.is_some_and(|bound| value < bound);
        sim.link_pose(&ends.link).is_some_and(|pose| {
            below(ends.below_height, pose.position[2]) || below(ends.below_cosine, pose.z_axis()[2].min(1.0))
        })
    }

    /// At the references with some noise, at rest.
    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
        let start = self.goal.reset;
        let mut q = sim.reference_positions();
        for joint in &self.joints {
            if let Some([low, high]) = joint.range {
                let from = q[joint.position].clamp(low, high);
                q[joint.position] = from + start.positions * (stream.uniform_in(low, high) - from);
            }
        }
        sim.set_state(&q, &[]);
        if let (Some(height), Some((joint, rise))) = (start.height, self.file.lift()) {
            // The first link's joints come first, and a free one stands alone.
            if rise == 0.0 {
                q[2] = height;
            } else {
                let at = sim.link_pose(self.root()).map_or(height, |pose| pose.position[2]);
                q[joint] += (height - at) / rise;
            }
            sim.set_state(&q, &[]);
        }
        None
    }
}

/// Mean over all actuators of 1 - u^2, u as a share of the largest control.
fn thrift(sim: &dyn Simulator) -> f64 {
    let used = sim.control_ranges().into_iter().zip(sim.control()).map(|([low, high], u)| {
        let largest = low.abs().max(high.abs());
        tolerance(if largest > 0.0 { u / largest } else { 0.0 }, [0.0, 0.0], 1.0, Sigmoid::Quadratic, 0.0)
    });
    #[allow(clippy::cast_precision_loss, reason = "actuators are few")]
    let count = sim.control().len().max(1) as f64;
    used.sum::<f64>() / count
}
