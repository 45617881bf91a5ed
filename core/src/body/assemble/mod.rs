//! From a body file to Rapier's sets: one rigid body for every joint (of several joints of a link, all but the last
//! carry nothing), one multibody for all, colliders where geoms touch.

mod collide;
mod draft;
mod model;
mod pairs;
mod parts;

use rapier3d_f64::prelude::{
    ColliderSet, GenericJoint, GenericJointBuilder, JointAxesMask, JointAxis, MultibodyJointHandle, MultibodyJointSet,
    Pose, RigidBodyBuilder, RigidBodyHandle, RigidBodySet, Rotation, Vector,
};

use super::error::BodyError;
use super::file::{BodyFile, Joint, JointKind};
use super::world::softness::SoftLaw;
use draft::draft;
pub(crate) use model::{JointModel, LinkModel, Model, Placement, RigidLink, SensorModel, SiteModel, Transmission};
pub(crate) use pairs::Pairs;
use parts::{actuators, fixtures, sensors, tendons, tracked};

/// A body built into Rapier's sets.
pub(crate) struct Built {
    pub model: Model,
    pub bodies: RigidBodySet,
    pub colliders: ColliderSet,
    pub joints: MultibodyJointSet,
}

/// Builds a validated file.
pub(crate) fn assemble(file: &BodyFile) -> Result<Built, BodyError> {
    file.validate()?;
    let (drafts, links) = draft(file);
    let mut bodies = RigidBodySet::new();
    let mut joints = MultibodyJointSet::new();
    let ground = bodies.insert(RigidBodyBuilder::fixed());
    let mut handles: Vec<RigidBodyHandle> = Vec::new();
    let mut joint_models: Vec<JointModel> = Vec::new();
    let mut rigid_links = Vec::new();
    let mut sizes = [0, 0];
    let dt = file.simulation.time_step();
    for draft in &drafts {
        let body = RigidBodyBuilder::dynamic().additional_mass_properties(draft.properties).can_sleep(false).build();
        let handle = bodies.insert(body);
        let parent = draft.parent.map_or(ground, |i| handles[i]);
        let (joint, axis) = rapier_joint(&draft.joint, draft.pose);
        // Insertion fails only for a loop, and links hang on earlier ones.
        if let Some(handle) = joints.insert(parent, handle, joint, true) {
            joint_models.push(joint_model(&draft.joint, handle, axis, sizes, dt));
            let [positions, velocities] = draft.joint.kind.sizes();
            sizes = [sizes[0] + positions, sizes[1] + velocities];
        }
        handles.push(handle);
        rigid_links.push(RigidLink {
            mass: draft.properties.mass(),
            center_of_mass: draft.properties.local_com,
            moments: draft.properties.principal_inertia(),
            principal_axes: draft.properties.principal_inertia_local_frame,
        });
    }
    let (shapes, places) = fixtures(file, &links);
    let mut colliders = ColliderSet::new();
    let pairs = if file.simulation.contacts {
        let parts: Vec<Option<usize>> = drafts.iter().map(|draft| draft.part).collect();
        collide::insert(file, &links, &parts, &handles, &mut bodies, &mut colliders)
    } else {
        Pairs::default()
    };
    let model = Model {
        tracked: tracked(file, &links, &shapes, &places),
        actuators: actuators(file, &drafts),
        tendons: tendons(file, &drafts, &joint_models),
        sensors: sensors(file),
        file: file.clone(),
        joints: joint_models,
        sizes,
        rigid_links,
        links,
        sites: places,
        geoms: shapes,
        pairs,
    };
    Ok(Built { model, bodies, colliders, joints })
}

pub(crate) fn vector([x, y, z]: [f64; 3]) -> Vector {
    Vector::new(x, y, z)
}

pub(crate) fn rotation([w, x, y, z]: [f64; 4]) -> Rotation {
    Rotation::from_xyzw(x, y, z, w).normalize()
}

pub(crate) fn pose(position: [f64; 3], orientation: [f64; 4]) -> Pose {
    Pose::from_parts(vector(position), rotation(orientation))
}

fn joint_model(
    joint: &Joint,
    handle: MultibodyJointHandle,
    axis: JointAxis,
    [position, dof]: [usize; 2],
    dt: f64,
) -> JointModel {
    JointModel {
        handle,
        kind: joint.kind,
        axis: axis as usize,
        position,
        dof,
        reference: joint.reference,
        damping: joint.damping,
        armature: joint.armature,
        friction_loss: joint.friction_loss,
        spring: joint.spring.map(|spring| (spring.stiffness, spring.rest)),
        limit: joint.limit.map(|limit| (limit.range, SoftLaw::new(&limit.softness, dt))),
    }
}

/// The joint's own frame has x along the axis; it sits at the anchor, on the child and, at position 0, on the parent.
fn rapier_joint(joint: &Joint, pose: Pose) -> (GenericJoint, JointAxis) {
    let axis = match joint.kind {
        JointKind::Hinge => JointAxis::AngX,
        JointKind::Slide => JointAxis::LinX,
        // Its positions are those of the link in the world.
        JointKind::Free => return (GenericJointBuilder::new(JointAxesMask::empty()).build(), JointAxis::LinX),
    };
    let to_axis = Rotation::from_rotation_arc(Vector::X, vector(joint.axis).normalize());
    let frame = Pose::from_parts(vector(joint.position), to_axis);
    let builder = GenericJointBuilder::new(JointAxesMask::all() & !JointAxesMask::from(axis))
        .local_frame1(pose * frame)
        .local_frame2(frame);
    (builder.build(), axis)
}
