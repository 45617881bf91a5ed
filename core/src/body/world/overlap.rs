//! Whether anything overlaps, without moving anything.

use rapier3d_f64::parry::query::contact;
use rapier3d_f64::prelude::{Collider, ColliderHandle, Pose, ShapeType};

use super::World;

impl World {
    /// Whether, in the present state, any two geoms overlap that touch each other by the rule of contacts.
    #[must_use]
    pub fn touching(&self) -> bool {
        let simulation = &self.simulation;
        // Rapier moves colliders after their bodies in a step only.
        let place = |collider: &Collider| -> Option<Pose> {
            let body = simulation.bodies.get(collider.parent()?)?;
            Some(*body.position() * *collider.position_wrt_parent()?)
        };
        let placed = simulation.colliders.iter();
        let placed: Vec<_> =
            placed.filter_map(|(handle, collider)| Some((handle, collider, place(collider)?))).collect();
        let overlap = |a: &(_, &Collider, Pose), b: &(_, &Collider, Pose)| {
            // Parry mistakes the side of a plane that comes second.
            let (a, b) = if b.1.shape().shape_type() == ShapeType::HalfSpace { (b, a) } else { (a, b) };
            let hit = contact(&a.2, a.1.shape(), &b.2, b.1.shape(), 0.0);
            hit.is_ok_and(|hit| hit.is_some_and(|hit| hit.dist < 0.0))
        };
        let meet = |a: ColliderHandle, b: ColliderHandle| self.model.pairs.touch(&simulation.colliders, a, b);
        placed.iter().enumerate().any(|(i, a)| placed[..i].iter().any(|b| meet(a.0, b.0) && overlap(a, b)))
    }
}
