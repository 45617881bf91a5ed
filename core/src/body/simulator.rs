//! The interface between tasks and physics: what a task can read from a simulated body, and set.
//!
//! [`World`] implements it with Rapier. It contains no type of an engine: poses and velocities are plain numbers in
//! [`Pose`] and [`Twist`], in SI units with z up.

use super::error::SnapshotError;
use super::file::JointKind;
use super::snapshot::Snapshot;
use super::world::{Contact, Motion, World};
use crate::math::{Pose, Twist};

/// A joint as a task sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JointInfo<'a> {
    /// Its name.
    pub name: &'a str,
    /// Hinge, slide or free.
    pub kind: JointKind,
    /// Lowest and highest position, rad or m; `None` without a limit.
    pub range: Option<[f64; 2]>,
    /// Index of its (first) position in `q`.
    pub position: usize,
    /// Index of its (first) velocity in `qd`.
    pub velocity: usize,
}

/// A simulated body. Functions return `None` for names that the body does not have.
pub trait Simulator: Send + Sync {
    /// Returns the name of the body.
    fn name(&self) -> &str;

    /// Returns the names of the moving links, parents before children.
    fn link_names(&self) -> Vec<&str>;

    /// Returns the joints, in the order of their positions.
    fn joints(&self) -> Vec<JointInfo<'_>>;

    /// Returns the bounds of each control `[actuators]`.
    fn control_ranges(&self) -> Vec<[f64; 2]>;

    /// Returns the time between two controls, s.
    fn control_timestep(&self) -> f64;

    /// Returns the joint positions at which all links are where the model places them.
    fn reference_positions(&self) -> Vec<f64>;

    /// Returns the joint positions, rad (not wrapped) or m; a free joint has seven, see [`JointKind::Free`].
    fn q(&self) -> &[f64];

    /// Returns the joint velocities, rad/s or m/s; a free joint has six.
    fn qd(&self) -> &[f64];

    /// Returns the controls in force `[actuators]`.
    fn control(&self) -> &[f64];

    /// Returns the activations of the actuators that have a filter.
    fn activation(&self) -> &[f64];

    /// Sets positions and velocities; see [`World::set_state`].
    fn set_state(&mut self, q: &[f64], qd: &[f64]);

    /// Sets the controls, clamped to their ranges; missing ones become 0.
    fn set_control(&mut self, control: &[f64]);

    /// Sets the activations; missing ones become 0.
    fn set_activation(&mut self, activation: &[f64]);

    /// Returns the velocity of a joint, the first of a free joint's.
    fn joint_velocity(&self, name: &str) -> Option<f64> {
        let joint = self.joints().into_iter().find(|joint| joint.name == name)?;
        self.qd().get(joint.velocity).copied()
    }

    /// Returns the pose of a link's frame in the world.
    fn link_pose(&self, name: &str) -> Option<Pose>;

    /// Returns the velocity of a link's frame.
    fn link_twist(&self, name: &str) -> Option<Twist>;

    /// Returns the centre of mass of a link alone in the world, m.
    fn link_center(&self, name: &str) -> Option<[f64; 3]>;

    /// Returns the pose of a site in the world.
    fn site_pose(&self, name: &str) -> Option<Pose>;

    /// Returns the velocity of a site.
    fn site_twist(&self, name: &str) -> Option<Twist>;

    /// Returns the pose of a geom in the world.
    fn geom_pose(&self, name: &str) -> Option<Pose>;

    /// Returns the mass of all links, kg.
    fn mass(&self) -> f64;

    /// Returns the centre of mass of all links, m.
    fn center(&self) -> [f64; 3];

    /// Returns the velocity of the centre of mass of all links, m/s.
    fn center_velocity(&self) -> [f64; 3];

    /// Returns the reading of a sensor.
    fn sensor(&self, name: &str) -> Option<&[f64]>;

    /// Returns the contact points of the last time step.
    fn contacts(&self) -> Vec<Contact<'_>>;

    /// Returns whether any two geoms that may touch overlap in the present state.
    fn touching(&self) -> bool;

    /// Simulates one control step with the present controls.
    fn step_control(&mut self);

    /// Returns whether the state is finite and of a plausible size. The state of a body
    /// whose numbers are too extreme for its time steps grows beyond that.
    fn holds_together(&self) -> bool;

    /// Sets all sensors to their readings in the present state with actuators off, as after a reset.
    fn update_sensors(&mut self);

    /// Returns everything that the future depends on, and the sensor readings.
    fn snapshot(&self) -> Snapshot;

    /// Restores a snapshot of this body, after which it behaves the same.
    ///
    /// # Errors
    /// [`SnapshotError::Other`] if the snapshot is of another body; nothing changes then.
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError>;
}

fn pose(pose: rapier3d_f64::prelude::Pose) -> Pose {
    let turn = pose.rotation;
    Pose { position: pose.translation.to_array(), orientation: [turn.w, turn.x, turn.y, turn.z] }
}

fn twist(motion: Motion) -> Twist {
    Twist { linear: motion.linear.to_array(), angular: motion.angular.to_array() }
}

impl Simulator for World {
    fn name(&self) -> &str {
        self.name()
    }

    fn link_names(&self) -> Vec<&str> {
        self.file().links.iter().map(|link| link.name.as_str()).collect()
    }

    fn joints(&self) -> Vec<JointInfo<'_>> {
        let (mut position, mut velocity) = (0, 0);
        let info = |joint: &'_ super::file::Joint| {
            let [positions, velocities] = joint.kind.sizes();
            let at = (position, velocity);
            (position, velocity) = (position + positions, velocity + velocities);
            at
        };
        let places: Vec<_> = self.file().joints().map(info).collect();
        let joints = self.file().joints().zip(places);
        let info = joints.map(|(joint, (position, velocity))| JointInfo {
            name: &joint.name,
            kind: joint.kind,
            range: joint.limit.map(|limit| limit.range),
            position,
            velocity,
        });
        info.collect()
    }

    fn control_ranges(&self) -> Vec<[f64; 2]> {
        self.control_ranges().collect()
    }

    fn control_timestep(&self) -> f64 {
        self.control_timestep()
    }

    fn reference_positions(&self) -> Vec<f64> {
        self.reference_positions()
    }

    fn q(&self) -> &[f64] {
        self.positions()
    }

    fn qd(&self) -> &[f64] {
        self.velocities()
    }

    fn control(&self) -> &[f64] {
        self.control()
    }

    fn activation(&self) -> &[f64] {
        self.activation()
    }

    fn set_state(&mut self, q: &[f64], qd: &[f64]) {
        self.set_state(q, qd);
    }

    fn set_control(&mut self, control: &[f64]) {
        self.set_control(control);
    }

    fn set_activation(&mut self, activation: &[f64]) {
        self.set_activation(activation);
    }

    fn joint_velocity(&self, name: &str) -> Option<f64> {
        self.joint_velocity(name)
    }

    fn link_pose(&self, name: &str) -> Option<Pose> {
        self.link_pose(name).map(pose)
    }

    fn link_twist(&self, name: &str) -> Option<Twist> {
        self.link_motion(name).map(twist)
    }

    fn link_center(&self, name: &str) -> Option<[f64; 3]> {
        self.link_center(name).map(|center| center.to_array())
    }

    fn site_pose(&self, name: &str) -> Option<Pose> {
        self.site_pose(name).map(pose)
    }

    fn site_twist(&self, name: &str) -> Option<Twist> {
        self.site_motion(name).map(twist)
    }

    fn geom_pose(&self, name: &str) -> Option<Pose> {
        self.geom_pose(name).map(pose)
    }

    fn mass(&self) -> f64 {
        self.mass()
    }

    fn center(&self) -> [f64; 3] {
        self.center().to_array()
    }

    fn center_velocity(&self) -> [f64; 3] {
        self.center_velocity().to_array()
    }

    fn sensor(&self, name: &str) -> Option<&[f64]> {
        self.sensor(name)
    }

    fn contacts(&self) -> Vec<Contact<'_>> {
        self.contacts().collect()
    }

    fn touching(&self) -> bool {
        self.touching()
    }

    fn step_control(&mut self) {
        self.step_control();
    }

    fn holds_together(&self) -> bool {
        self.holds_together()
    }

    fn update_sensors(&mut self) {
        self.update_sensors();
    }

    fn snapshot(&self) -> Snapshot {
        self.snapshot()
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        self.restore(snapshot)
    }
}

#[cfg(test)]
mod tests {
    use rapier3d_f64::prelude::{Pose as Rapier, Rotation, Vector};

    use super::pose;
    use crate::math::pose::{difference, distance};
    use crate::math::{Purpose, Stream};

    #[test]
    fn poses_compute_the_bits_that_rapier_computes() {
        let mut stream = Stream::new(7, Purpose::Reset, 0);
        for _ in 0..10_000 {
            let mut vector = |scale: f64| Vector::from_array(std::array::from_fn(|_| scale * stream.normal()));
            let (a, axes, p, v) = (vector(3.0), vector(1.0), vector(2.0), vector(1e3));
            let w = vector(1.0).x;
            let theirs = Rapier::from_parts(a, Rotation::from_xyzw(axes.x, axes.y, axes.z, w).normalize());
            let ours = pose(theirs);
            let bits = |x: [f64; 3]| x.map(f64::to_bits);
            let same = |ours: [f64; 3], theirs: Vector| assert_eq!(bits(ours), bits(theirs.to_array()));
            let [p_ours, v_ours] = [p, v].map(|x| x.to_array());
            same(ours.rotate(v_ours), theirs.rotation * v);
            same(ours.inverse_rotate(v_ours), theirs.rotation.inverse() * v);
            same(ours.transform_point(p_ours), theirs.transform_point(p));
            same(ours.inverse_transform_point(p_ours), theirs.inverse_transform_point(p));
            same(ours.inverse().transform_point(p_ours), theirs.inverse().transform_point(p));
            same(ours.x_axis(), theirs.rotation * Vector::X);
            same(ours.y_axis(), theirs.rotation * Vector::Y);
            same(ours.z_axis(), theirs.rotation * Vector::Z);
            same(difference(p_ours, v_ours), p - v);
            assert_eq!(distance(p_ours, v_ours).to_bits(), p.distance(v).to_bits());
        }
    }
}
