//! The point of a body that front ends follow and draw paths of.

use rapier3d_f64::prelude::Vector;

use super::World;
use crate::body::file::JointKind;
use crate::body::simulator::Point;

impl World {
    /// Returns the point that the body's file says to track, or else the frame of its first link.
    #[must_use]
    pub fn tracked(&self) -> Point {
        let placement = &self.model.tracked;
        Point {
            position: self.world_pose(placement).translation.to_array(),
            velocity: self.motion_of(placement).linear.to_array(),
            heading: self.heading(),
        }
    }

    fn heading(&self) -> f64 {
        let first = self.model.file.links.first();
        let free = first.filter(|link| link.joints.iter().any(|joint| joint.kind == JointKind::Free));
        let pose = free.and_then(|link| self.link_pose(&link.name));
        pose.map_or(0.0, |pose| {
            let ahead = pose.rotation * Vector::X;
            libm::atan2(ahead.y, ahead.x)
        })
    }
}
