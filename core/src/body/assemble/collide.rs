//! Colliders of the geoms that touch others.

use std::collections::BTreeMap;

use rapier3d_f64::prelude::{
    ActiveHooks, ColliderBuilder, ColliderSet, Pose, RigidBodyBuilder, RigidBodyHandle, RigidBodySet, Rotation, Vector,
};

use super::super::file::{BodyFile, Shape, WORLD};
use super::pairs::{Pairs, Toucher};
use super::{LinkModel, pose};

/// Inserts a collider for every geom that touches others; `parents` gives the part on which each rigid link hangs.
pub(super) fn insert(
    file: &BodyFile,
    links: &BTreeMap<String, LinkModel>,
    parents: &[Option<usize>],
    handles: &[RigidBodyHandle],
    bodies: &mut RigidBodySet,
    colliders: &mut ColliderSet,
) -> Pairs {
    // Apart from the multibody's own ground, whose contacts with its children Rapier would take for its own affair.
    let scenery = bodies.insert(RigidBodyBuilder::fixed());
    let mut touchers = Vec::new();
    let (mut numbers, mut names) = (Vec::new(), Vec::new());
    let world = (WORLD, &file.world.geoms);
    let moving = file.links.iter().map(|link| (link.name.as_str(), &link.geoms));
    for (name, geoms) in std::iter::once(world).chain(moving) {
        let Some(link) = links.get(name) else { continue };
        let part = link.placement.rigid_link;
        for geom in geoms {
            let (Some(contact), Some((shape, turn))) = (geom.contact, collider(&geom.shape)) else { continue };
            let at = link.placement.pose * pose(geom.position, geom.orientation) * turn;
            let collider = shape
                .position(at)
                .density(0.0)
                .user_data(touchers.len() as u128)
                .active_hooks(ActiveHooks::FILTER_CONTACT_PAIRS | ActiveHooks::MODIFY_SOLVER_CONTACTS);
            colliders.insert_with_parent(collider, part.map_or(scenery, |part| handles[part]), bodies);
            let parent = part.and_then(|part| parents[part]);
            touchers.push(Toucher { contact, link: name, part, parent });
            numbers.push(link.number);
            names.push(geom.name.clone());
        }
    }
    Pairs::new(file, &touchers, numbers, names)
}

/// Returns the collider of a shape, and the rotation that aligns it with the file's shape.
fn collider(shape: &Shape) -> Option<(ColliderBuilder, Pose)> {
    let upright = Pose::IDENTITY;
    let y_to_z = Pose::from_rotation(Rotation::from_rotation_arc(Vector::Y, Vector::Z));
    Some(match *shape {
        Shape::Plane { .. } => {
            let normal = Vector::Z;
            (ColliderBuilder::new(rapier3d_f64::prelude::SharedShape::halfspace(normal)), upright)
        }
        Shape::Sphere { radius } => (ColliderBuilder::ball(radius), upright),
        Shape::Capsule { radius, half_length } => (ColliderBuilder::capsule_z(half_length, radius), upright),
        Shape::Cylinder { radius, half_length } => (ColliderBuilder::cylinder(half_length, radius), y_to_z),
        Shape::Box { half_size: [x, y, z] } => (ColliderBuilder::cuboid(x, y, z), upright),
        Shape::Ellipsoid { half_size } => (ColliderBuilder::convex_hull(&ellipsoid(half_size))?, upright),
    })
}

/// Largest half axis of an ellipsoid that is small, m: its hull is coarse, to within a millimetre.
const SMALL: f64 = 0.02;

/// 162 points on an ellipsoid, 42 on a small one: Rapier has none, so its hull stands in for it.
fn ellipsoid([a, b, c]: [f64; 3]) -> Vec<Vector> {
    let golden = f64::midpoint(1.0, 5.0_f64.sqrt());
    let mut points: Vec<Vector> = Vec::new();
    for (x, y) in [(1.0, golden), (1.0, -golden), (-1.0, golden), (-1.0, -golden)] {
        points.extend([Vector::new(0.0, x, y), Vector::new(x, y, 0.0), Vector::new(y, 0.0, x)].map(Vector::normalize));
    }
    for _ in 0..if a.max(b).max(c) > SMALL { 2 } else { 1 } {
        // Neighbours of an icosahedron and of its refinements are nearer to each other than 1.2 times the nearest ones.
        let nearest = |p: &Vector| {
            let distances = points.iter().map(|q| (*q - *p).length()).filter(|d| *d > 1e-9);
            distances.fold(f64::INFINITY, f64::min)
        };
        let reach = 1.25 * points.iter().map(nearest).fold(0.0, f64::max);
        let mut middles = Vec::new();
        for (i, p) in points.iter().enumerate() {
            let neighbours = points[..i].iter().filter(|q| (**q - *p).length() < reach);
            middles.extend(neighbours.map(|q| (*p + *q).normalize()));
        }
        points.extend(middles);
    }
    points.into_iter().map(|p| Vector::new(a * p.x, b * p.y, c * p.z)).collect()
}
