//! What a task is: observations, reward, starts and ends of episodes over a simulated body.

use std::f64::consts::PI;

use super::info::TaskInfo;
use crate::body::{BodyFile, JointKind, Simulator};
use crate::math::Stream;

/// A position to reach: not part of the body, moved by the task at each reset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Position of its centre in the world, m.
    pub position: [f64; 3],
    /// Radius, m.
    pub radius: f64,
}

/// A task over a simulated body. Stateless: what changes is in the simulator and the target, so that a snapshot of
/// these two holds everything. `target` is the position of the target, `None` for a task without one.
///
/// [`register`](super::register) adds a task to those that a configuration can name;
/// [`Environment::with_task`](super::Environment::with_task) makes an environment of a task and a body:
///
/// ```
/// use std::sync::Arc;
///
/// use bootstride_core::body::{BodyFile, Simulator};
/// use bootstride_core::math::{Purpose, Stream};
/// use bootstride_core::task::{Environment, ObservationPart, Task, TaskInfo};
///
/// /// Keeps a pendulum turning; ends when it is too slow at the bottom.
/// struct Spin(TaskInfo);
///
/// impl Task for Spin {
///     fn info(&self) -> &TaskInfo {
///         &self.0
///     }
///
///     fn observe(&self, sim: &dyn Simulator, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
///         observation.extend([sim.q()[0].sin(), sim.q()[0].cos(), sim.qd()[0]]);
///     }
///
///     fn reward(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> f64 {
///         (sim.qd()[0].abs() / 10.0).min(1.0)
///     }
///
///     fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
///         sim.set_state(&[stream.uniform_in(-0.1, 0.1)], &[10.0]);
///         None
///     }
///
///     fn terminated(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> bool {
///         sim.qd()[0].abs() < 1.0
///     }
/// }
///
/// const OBSERVATION: &[ObservationPart] =
///     &[ObservationPart { name: "angle", size: 2 }, ObservationPart { name: "velocity", size: 1 }];
/// let info = TaskInfo::new(["spin", "pendulum", "Keep turning."], OBSERVATION, 1, 0.02);
/// let spin = Spin(TaskInfo { episode_control_steps: 500, ..info });
/// let mut environment = Environment::with_task(Arc::new(spin), &BodyFile::built_in("pendulum")?, 2)?;
/// environment.reset(&mut Stream::new(0, Purpose::Reset, 0));
/// loop {
///     let step = environment.step(&[0.0])?;
///     if step.terminated || step.truncated {
///         break;
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Task: Send + Sync {
    /// Returns the specification of the task.
    fn info(&self) -> &TaskInfo;

    /// Appends the observation, part after part in the order of [`TaskInfo::observation`].
    fn observe(&self, sim: &dyn Simulator, target: Option<[f64; 3]>, observation: &mut Vec<f64>);

    /// Returns the reward of one control step that ended in the present state, within [`TaskInfo::reward_range`].
    fn reward(&self, sim: &dyn Simulator, target: Option<[f64; 3]>) -> f64;

    /// Draws a start: sets the state and returns the position of the target, if the task has one. Controls and
    /// activations are 0 before, and sensors are read afterwards.
    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]>;

    /// Returns whether the episode ends in the present state, with no future to value. Asked after every control step.
    fn terminated(&self, _sim: &dyn Simulator, _target: Option<[f64; 3]>) -> bool {
        false
    }

    /// Changes what this task's body has different from the body file.
    fn adapt(&self, _file: &mut BodyFile) {}

    /// Returns the target before the first reset; `None` for a task without one.
    fn first_target(&self) -> Option<Target> {
        None
    }
}

/// Draws until nothing touches anything: how often at most, as in the suite.
pub(crate) const MOST_DRAWS: usize = 1000;

/// Returns the positions of all joints: limited ones uniform in their range, other hinges uniform over the circle,
/// other slides and free joints at their references (`randomizers.randomize_limited_and_rotational_joints`, which also
/// turns free joints).
pub(crate) fn random_positions(sim: &dyn Simulator, stream: &mut Stream) -> Vec<f64> {
    let mut q = sim.reference_positions();
    for joint in sim.joints() {
        if let Some([low, high]) = match (joint.range, joint.kind) {
            (Some(range), _) => Some(range),
            (None, JointKind::Hinge) => Some([-PI, PI]),
            (None, JointKind::Slide | JointKind::Free) => None,
        } {
            q[joint.position] = stream.uniform_in(low, high);
        }
    }
    q
}

/// Sine and cosine of a link's tilt from the vertical about y: the x and z parts of its z axis in the world
/// (`xmat` entries xz and zz in the suite).
pub(crate) fn tilt(sim: &dyn Simulator, link: &str) -> [f64; 2] {
    // The names are those of the task's body file, whose presence the tests check.
    let axis = sim.link_pose(link).map(|pose| pose.z_axis());
    axis.map_or([0.0, 1.0], |[x, _, z]| [x, z])
}

/// Returns the vertical in a link's frame: the z parts of its axes in the world (the last row of the suite's `xmat`).
pub(crate) fn upward(sim: &dyn Simulator, link: &str) -> [f64; 3] {
    let vertical = [0.0, 0.0, 1.0];
    sim.link_pose(link).map_or(vertical, |pose| pose.inverse_rotate(vertical))
}

/// Returns the readings of these sensors, one after the other.
pub(crate) fn sensors<'a>(sim: &'a dyn Simulator, names: &'a [&str]) -> impl Iterator<Item = f64> + 'a {
    names.iter().filter_map(|name| sim.sensor(name)).flatten().copied()
}

/// Returns the reading of a touch sensor as in observations: ln(1 + force in N).
pub(crate) fn touch(sim: &dyn Simulator, sensor: &str) -> f64 {
    sim.sensor(sensor).and_then(<[f64]>::first).map_or(0.0, |force| force.ln_1p())
}
