//! Rapier as a [`Simulator`].

use super::super::error::SnapshotError;
use super::super::file::{BodyFile, Joint};
use super::super::simulator::{Contact, JointInfo, Point, Simulator};
use super::super::snapshot::Snapshot;
use super::{Motion, World};
use crate::math::{Pose, Twist};

fn pose(pose: rapier3d_f64::prelude::Pose) -> Pose {
    let turn = pose.rotation;
    Pose { position: pose.translation.to_array(), orientation: [turn.w, turn.x, turn.y, turn.z] }
}

fn twist(motion: Motion) -> Twist {
    Twist { linear: motion.linear.to_array(), angular: motion.angular.to_array() }
}

impl Simulator for World {
    fn file(&self) -> &BodyFile {
        self.file()
    }

    fn link_names(&self) -> Vec<&str> {
        self.file().links.iter().map(|link| link.name.as_str()).collect()
    }

    fn joints(&self) -> Vec<JointInfo<'_>> {
        let (mut position, mut velocity) = (0, 0);
        let info = |joint: &'_ Joint| {
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

    fn tracked(&self) -> Point {
        self.tracked()
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

    fn boxed_clone(&self) -> Box<dyn Simulator> {
        Box::new(self.clone())
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
