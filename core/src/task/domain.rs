//! What a domain gives to its tasks.

use std::f64::consts::PI;

use super::environment::Target;
use crate::body::{BodyFile, JointKind, World};
use crate::math::Stream;

/// One task's observations, reward and reset over its body. Stateless: what changes is in the world and the target.
pub(crate) trait Domain: Sync {
    /// Writes the observation, part after part in the order of the task's `observation`.
    fn observe(&self, world: &World, target: Option<[f64; 3]>, observation: &mut Vec<f64>);

    /// The reward of one control step that ended in the present state, in [0, 1].
    fn reward(&self, world: &World, target: Option<[f64; 3]>) -> f64;

    /// Draws a start: sets the world's state and returns the target's position, where the task has one. Controls and
    /// activations are 0 before, and sensors are read afterwards.
    fn reset(&self, world: &mut World, stream: &mut Stream) -> Option<[f64; 3]>;

    /// Changes what the task's body has different from its domain's.
    fn adapt(&self, _: &mut BodyFile) {}

    /// The target before the first reset; `None` for a task without one.
    fn first_target(&self) -> Option<Target> {
        None
    }
}

/// Draws until nothing touches anything: how often at most, as in the suite.
pub(crate) const MOST_DRAWS: usize = 1000;

/// Positions of all joints: limited ones uniform in their range, other hinges uniform over the circle, other slides and
/// free joints at their references (`randomizers.randomize_limited_and_rotational_joints`, which also turns free joints).
pub(crate) fn random_positions(world: &World, stream: &mut Stream) -> Vec<f64> {
    let mut q = world.reference_positions();
    let mut at = 0;
    for joint in world.file().joints() {
        if let Some([low, high]) = match (joint.limit, joint.kind) {
            (Some(limit), _) => Some(limit.range),
            (None, JointKind::Hinge) => Some([-PI, PI]),
            (None, JointKind::Slide | JointKind::Free) => None,
        } {
            q[at] = stream.uniform_in(low, high);
        }
        at += joint.kind.sizes()[0];
    }
    q
}

/// Sine and cosine of a link's tilt from the vertical about y: the x and z parts of its z axis in the world
/// (`xmat` entries xz and zz in the suite).
pub(crate) fn tilt(world: &World, link: &str) -> [f64; 2] {
    // The names are those of the task's own body file, whose presence the tests check.
    let axis = world.link_pose(link).map(|pose| pose.rotation * rapier3d_f64::prelude::Vector::Z);
    axis.map_or([0.0, 1.0], |axis| [axis.x, axis.z])
}

/// The vertical in a link's frame: the z parts of its axes in the world (the last row of the suite's `xmat`).
pub(crate) fn upward(world: &World, link: &str) -> [f64; 3] {
    let vertical = rapier3d_f64::prelude::Vector::Z;
    world.link_pose(link).map_or(vertical, |pose| pose.rotation.inverse() * vertical).to_array()
}

/// What sensors show, one after the other.
pub(crate) fn sensors<'a>(world: &'a World, names: &'a [&str]) -> impl Iterator<Item = f64> + 'a {
    names.iter().filter_map(|name| world.sensor(name)).flatten().copied()
}

/// What a touch sensor shows, as observations have it: ln(1 + force in N).
pub(crate) fn touch(world: &World, sensor: &str) -> f64 {
    world.sensor(sensor).and_then(<[f64]>::first).map_or(0.0, |force| force.ln_1p())
}
