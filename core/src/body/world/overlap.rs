//! Whether anything overlaps, without moving anything.

use rapier3d_f64::parry::query::contact;
use rapier3d_f64::prelude::{Collider, Pose};

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
        placed.iter().enumerate().any(|(i, (first, a, at_a))| {
            placed[..i].iter().any(|(second, b, at_b)| {
                self.model.pairs.touch(&simulation.colliders, *first, *second)
                    && contact(at_a, a.shape(), at_b, b.shape(), 0.0)
                        .is_ok_and(|hit| hit.is_some_and(|hit| hit.dist < 0.0))
            })
        })
    }
}
