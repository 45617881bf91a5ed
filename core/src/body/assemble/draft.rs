//! Which rigid links a file's links make: one for every joint, what has none merged into what carries it.

use std::collections::BTreeMap;

use rapier3d_f64::prelude::{MassProperties, Pose, Vector};

use super::super::file::{BodyFile, Joint, Link, WORLD};
use super::model::{LinkModel, Placement};
use super::{pose, rotation, vector};

/// A rigid link to be, with its joint.
pub(super) struct Draft {
    pub properties: MassProperties,
    pub parent: Option<usize>,
    /// Pose in the parent rigid link at joint position 0.
    pub pose: Pose,
    pub joint: Joint,
    /// The rigid link that the file's link is attached to, which is not one between two joints.
    pub part: Option<usize>,
}

/// Returns the rigid links to be, and where the file's links are on them.
pub(super) fn draft(file: &BodyFile) -> (Vec<Draft>, BTreeMap<String, LinkModel>) {
    let world = LinkModel {
        placement: Placement { rigid_link: None, pose: Pose::IDENTITY },
        mass: 0.0,
        inertial: Placement { rigid_link: None, pose: Pose::IDENTITY },
        moments: Vector::ZERO,
        number: 0,
        subtree: vec![0],
    };
    let mut links = BTreeMap::from([(WORLD.to_owned(), world)]);
    let mut drafts: Vec<Draft> = Vec::new();
    for (number, link) in file.links.iter().enumerate() {
        let Some(parent) = links.get(&link.parent).map(|parent| parent.placement) else { continue };
        let pose = pose(link.position, link.orientation);
        let properties = mass_properties(link);
        let placement = match (link.joints.as_slice(), parent.rigid_link) {
            ([joints @ .., last], _) => {
                let part = parent.rigid_link;
                let (mut carrier, mut at) = (parent.rigid_link, parent.pose * pose);
                for joint in joints {
                    let joint = joint.clone();
                    drafts.push(Draft {
                        properties: MassProperties::default(),
                        parent: carrier,
                        pose: at,
                        joint,
                        part,
                    });
                    (carrier, at) = (Some(drafts.len() - 1), Pose::IDENTITY);
                }
                drafts.push(Draft { properties, parent: carrier, pose: at, joint: last.clone(), part });
                Placement { rigid_link: Some(drafts.len() - 1), pose: Pose::IDENTITY }
            }
            ([], Some(carrier)) => {
                let pose = parent.pose * pose;
                drafts[carrier].properties += properties.transform_by(&pose);
                Placement { rigid_link: Some(carrier), pose }
            }
            // Validation refuses a link that is fixed to the world.
            ([], None) => parent,
        };
        let center = Pose::from_parts(vector(link.center_of_mass), rotation(link.inertia.orientation));
        let inertial = Placement { rigid_link: placement.rigid_link, pose: placement.pose * center };
        let (mass, moments, number) = (link.mass, vector(link.inertia.moments), number + 1);
        let model = LinkModel { placement, mass, inertial, moments, number, subtree: vec![number] };
        links.insert(link.name.clone(), model);
    }
    // Children come after their parents, so each passes on a subtree that is complete.
    for link in file.links.iter().rev() {
        let below = links.get(&link.name).map(|link| link.subtree.clone()).unwrap_or_default();
        if let Some(parent) = links.get_mut(&link.parent) {
            parent.subtree.extend(below);
        }
    }
    (drafts, links)
}

fn mass_properties(link: &Link) -> MassProperties {
    MassProperties::with_principal_inertia_frame(
        vector(link.center_of_mass),
        link.mass,
        vector(link.inertia.moments),
        rotation(link.inertia.orientation),
    )
}
