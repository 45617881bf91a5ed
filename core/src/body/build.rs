//! From a body file to Rapier's sets: one rigid body for every link that moves in its parent, one multibody for all.

use std::collections::BTreeMap;

use rapier3d_f64::prelude::{
    GenericJoint, GenericJointBuilder, JointAxesMask, JointAxis, MassProperties, MultibodyJointHandle,
    MultibodyJointSet, Pose, RigidBodyBuilder, RigidBodyHandle, RigidBodySet, Rotation, Vector,
};

use super::error::BodyError;
use super::file::{BodyFile, Geom, Joint, JointKind, Limit, Link, Shape};
use super::validate::WORLD;

/// What a world needs to know of its body besides Rapier's sets. The same for all worlds of one body.
#[derive(Debug)]
pub(crate) struct Model {
    /// The file that this was built from.
    pub file: BodyFile,
    /// In the order of positions and velocities.
    pub joints: Vec<JointModel>,
    /// Per actuator.
    pub actuators: Vec<ActuatorModel>,
    /// Rigid links, welded ones merged into what carries them; in the order of the joints.
    pub rigid_links: Vec<RigidLink>,
    /// Where a named link is.
    pub links: BTreeMap<String, Placement>,
    /// Where a named site is.
    pub sites: BTreeMap<String, Placement>,
    /// Where a named geom is, with its shape.
    pub geoms: BTreeMap<String, (Placement, Shape)>,
}

/// A frame on a rigid link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement {
    /// Index of the rigid link; `None` for the world.
    pub rigid_link: Option<usize>,
    /// Pose in the rigid link's frame.
    pub pose: Pose,
}

/// A joint as the multibody sees it.
#[derive(Debug)]
pub(crate) struct JointModel {
    /// Handle of the joint in the multibody set.
    pub handle: MultibodyJointHandle,
    /// Index of the free axis in Rapier's six spatial coordinates.
    pub axis: usize,
    /// Passive damping, N s/m or N m s/rad.
    pub damping: f64,
    /// Bounds, if any.
    pub limit: Option<Limit>,
}

/// A motor on one joint.
#[derive(Debug)]
pub(crate) struct ActuatorModel {
    /// Index of the driven joint.
    pub joint: usize,
    /// Generalised force per unit of control.
    pub gear: f64,
    /// Bounds of the control.
    pub range: [f64; 2],
}

/// Mass of a rigid link.
#[derive(Debug)]
pub(crate) struct RigidLink {
    /// kg.
    pub mass: f64,
    /// In the rigid link's frame, m.
    pub center_of_mass: Vector,
    /// Principal moments about the centre of mass, kg m^2.
    pub moments: Vector,
    /// Orientation of the principal axes in the rigid link's frame.
    pub principal_axes: Rotation,
}

/// A body built into Rapier's sets.
pub(crate) struct Built {
    pub model: Model,
    pub bodies: RigidBodySet,
    pub joints: MultibodyJointSet,
}

struct Draft {
    properties: MassProperties,
    parent: Option<usize>,
    /// Pose in the parent rigid link at joint position 0.
    pose: Pose,
    joint: Joint,
}

/// Builds a validated file.
pub(crate) fn build(file: &BodyFile) -> Result<Built, BodyError> {
    file.validate()?;
    let mut links = BTreeMap::from([(WORLD.to_owned(), Placement { rigid_link: None, pose: Pose::IDENTITY })]);
    let mut drafts: Vec<Draft> = Vec::new();
    for link in &file.links {
        let Some(&parent) = links.get(&link.parent) else { continue };
        let pose = pose(link.position, link.orientation);
        let properties = mass_properties(link);
        let placement = match (link.joints.first(), parent.rigid_link) {
            (Some(joint), _) => {
                drafts.push(Draft {
                    properties,
                    parent: parent.rigid_link,
                    pose: parent.pose * pose,
                    joint: joint.clone(),
                });
                Placement { rigid_link: Some(drafts.len() - 1), pose: Pose::IDENTITY }
            }
            (None, Some(carrier)) => {
                let pose = parent.pose * pose;
                drafts[carrier].properties += properties.transform_by(&pose);
                Placement { rigid_link: Some(carrier), pose }
            }
            // Validation refuses a link that is fixed to the world.
            (None, None) => parent,
        };
        links.insert(link.name.clone(), placement);
    }

    let mut bodies = RigidBodySet::new();
    let mut joints = MultibodyJointSet::new();
    let ground = bodies.insert(RigidBodyBuilder::fixed());
    let mut handles: Vec<RigidBodyHandle> = Vec::new();
    let mut joint_models = Vec::new();
    let mut rigid_links = Vec::new();
    for draft in &drafts {
        let body = RigidBodyBuilder::dynamic().additional_mass_properties(draft.properties).can_sleep(false).build();
        let handle = bodies.insert(body);
        let parent = draft.parent.map_or(ground, |i| handles[i]);
        let (joint, axis) = rapier_joint(&draft.joint, draft.pose);
        // Insertion fails only for a loop, and links hang on earlier ones.
        if let Some(handle) = joints.insert(parent, handle, joint, true) {
            let Joint { damping, limit, .. } = draft.joint;
            joint_models.push(JointModel { handle, axis: axis as usize, damping, limit });
        }
        handles.push(handle);
        rigid_links.push(RigidLink {
            mass: draft.properties.mass(),
            center_of_mass: draft.properties.local_com,
            moments: draft.properties.principal_inertia(),
            principal_axes: draft.properties.principal_inertia_local_frame,
        });
    }
    let names: Vec<&str> = drafts.iter().map(|draft| draft.joint.name.as_str()).collect();
    let actuators = file
        .actuators
        .iter()
        .filter_map(|actuator| {
            let joint = names.iter().position(|name| *name == actuator.joint)?;
            Some(ActuatorModel { joint, gear: actuator.gear, range: actuator.control_range })
        })
        .collect();
    let (geoms, sites) = fixtures(file, &links);
    let model = Model { file: file.clone(), joints: joint_models, actuators, rigid_links, links, sites, geoms };
    Ok(Built { model, bodies, joints })
}

type Named<T> = BTreeMap<String, T>;

fn fixtures(file: &BodyFile, links: &Named<Placement>) -> (Named<(Placement, Shape)>, Named<Placement>) {
    let mut geoms = BTreeMap::new();
    let mut sites = BTreeMap::new();
    let world = (WORLD, &file.world.geoms, &file.world.sites);
    let moving = file.links.iter().map(|link| (link.name.as_str(), &link.geoms, &link.sites));
    for (link, link_geoms, link_sites) in std::iter::once(world).chain(moving) {
        let Some(carrier) = links.get(link) else { continue };
        let on_carrier = |pose: Pose| Placement { rigid_link: carrier.rigid_link, pose: carrier.pose * pose };
        for Geom { name, shape, position, orientation } in link_geoms {
            geoms.insert(name.clone(), (on_carrier(pose(*position, *orientation)), *shape));
        }
        for site in link_sites {
            sites.insert(site.name.clone(), on_carrier(Pose::from_translation(vector(site.position))));
        }
    }
    (geoms, sites)
}

pub(crate) fn vector([x, y, z]: [f64; 3]) -> Vector {
    Vector::new(x, y, z)
}

fn rotation([w, x, y, z]: [f64; 4]) -> Rotation {
    Rotation::from_xyzw(x, y, z, w).normalize()
}

fn pose(position: [f64; 3], orientation: [f64; 4]) -> Pose {
    Pose::from_parts(vector(position), rotation(orientation))
}

fn mass_properties(link: &Link) -> MassProperties {
    MassProperties::with_principal_inertia_frame(
        vector(link.center_of_mass),
        link.mass,
        vector(link.inertia.moments),
        rotation(link.inertia.orientation),
    )
}

/// The joint's own frame has x along the axis; it sits at the anchor, on the child and, at position 0, on the parent.
fn rapier_joint(joint: &Joint, pose: Pose) -> (GenericJoint, JointAxis) {
    let axis = match joint.kind {
        JointKind::Hinge => JointAxis::AngX,
        JointKind::Slide => JointAxis::LinX,
    };
    let to_axis = Rotation::from_rotation_arc(Vector::X, vector(joint.axis).normalize());
    let frame = Pose::from_parts(vector(joint.position), to_axis);
    let builder = GenericJointBuilder::new(JointAxesMask::all() & !JointAxesMask::from(axis))
        .local_frame1(pose * frame)
        .local_frame2(frame);
    (builder.build(), axis)
}
