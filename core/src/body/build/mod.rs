//! From a body file to Rapier's sets: one rigid body for every joint (of several joints of a link, all but the last carry
//! nothing), one multibody for all, colliders where geoms touch.

mod collide;
mod pairs;

use std::collections::BTreeMap;

use rapier3d_f64::prelude::{
    ColliderSet, GenericJoint, GenericJointBuilder, JointAxesMask, JointAxis, MassProperties, MultibodyJointHandle,
    MultibodyJointSet, Pose, RigidBodyBuilder, RigidBodyHandle, RigidBodySet, Rotation, Vector,
};

use super::error::BodyError;
use super::file::{BodyFile, Joint, JointKind, Link, SensorKind, Shape, WORLD};
use super::world::softness::SoftLaw;
pub(crate) use pairs::Pairs;

/// What a world needs to know of its body besides Rapier's sets. The same for all worlds of one body.
#[derive(Debug)]
pub(crate) struct Model {
    /// The file that this was built from.
    pub file: BodyFile,
    /// In the order of positions and velocities.
    pub joints: Vec<JointModel>,
    /// Lengths of the vectors of positions and velocities.
    pub sizes: [usize; 2],
    /// Per actuator.
    pub actuators: Vec<ActuatorModel>,
    /// Per tendon: degree of freedom, position and weight of each joint.
    pub tendons: Vec<Vec<(usize, usize, f64)>>,
    /// Rigid links, welded ones merged into what carries them; one per joint, in the order of the joints.
    pub rigid_links: Vec<RigidLink>,
    /// Where a named link is.
    pub links: BTreeMap<String, LinkModel>,
    /// Where a named site is.
    pub sites: BTreeMap<String, SiteModel>,
    /// Where a named geom is, with its shape.
    pub geoms: BTreeMap<String, (Placement, Shape)>,
    /// Which colliders touch.
    pub pairs: Pairs,
    /// In the order of the file.
    pub sensors: Vec<SensorModel>,
}

/// A frame on a rigid link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement {
    /// Index of the rigid link; `None` for the world.
    pub rigid_link: Option<usize>,
    /// Pose in the rigid link's frame.
    pub pose: Pose,
}

/// A link of the file.
#[derive(Clone, Debug)]
pub(crate) struct LinkModel {
    /// Its frame.
    pub placement: Placement,
    /// Its own mass, kg; 0 for the world.
    pub mass: f64,
    /// Its own centre of mass and principal axes.
    pub inertial: Placement,
    /// Its own principal moments, kg m^2.
    pub moments: Vector,
    /// Number in the file, the world being 0.
    pub number: usize,
    /// The numbers of this link and all that hang on it.
    pub subtree: Vec<usize>,
}

/// A site of the file.
#[derive(Clone, Debug)]
pub(crate) struct SiteModel {
    /// Its frame.
    pub placement: Placement,
    /// Its extent.
    pub shape: Shape,
    /// Name of the link it is on.
    pub link: String,
}

/// A joint as the multibody sees it.
#[derive(Debug)]
pub(crate) struct JointModel {
    /// Handle of the joint in the multibody set.
    pub handle: MultibodyJointHandle,
    /// What moves.
    pub kind: JointKind,
    /// Index of the free axis in Rapier's six spatial coordinates; of a free joint, the first.
    pub axis: usize,
    /// First position of the joint.
    pub position: usize,
    /// First velocity of the joint.
    pub dof: usize,
    /// Position at which Rapier's coordinate is 0.
    pub reference: f64,
    /// Passive damping, N s/m or N m s/rad.
    pub damping: f64,
    /// Inertia of the drive.
    pub armature: f64,
    /// Dry friction.
    pub friction_loss: f64,
    /// Stiffness and rest position of a spring.
    pub spring: Option<(f64, f64)>,
    /// Bounds, if any: lowest and highest position, and how softly they act.
    pub limit: Option<([f64; 2], SoftLaw)>,
}

/// What an actuator pulls on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Transmission {
    /// A joint, by number.
    Joint(usize),
    /// A tendon, by number.
    Tendon(usize),
}

/// A drive.
#[derive(Debug)]
pub(crate) struct ActuatorModel {
    /// What it pulls on.
    pub transmission: Transmission,
    /// Ratio of the transmission.
    pub gear: f64,
    /// Force per unit of control.
    pub gain: f64,
    /// Force of its own.
    pub bias: [f64; 3],
    /// Time constant of the activation, s.
    pub filter: Option<f64>,
    /// Bounds of the control.
    pub range: [f64; 2],
}

/// A sensor.
#[derive(Debug)]
pub(crate) struct SensorModel {
    /// Its name.
    pub name: String,
    /// What it feels.
    pub kind: SensorKind,
    /// Name of its site.
    pub site: String,
    /// Where its numbers begin in the readings.
    pub at: usize,
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
    pub colliders: ColliderSet,
    pub joints: MultibodyJointSet,
}

struct Draft {
    properties: MassProperties,
    parent: Option<usize>,
    /// Pose in the parent rigid link at joint position 0.
    pose: Pose,
    joint: Joint,
    /// The rigid link that the file's link hangs on, which is not one between two joints.
    part: Option<usize>,
}

/// Builds a validated file.
pub(crate) fn build(file: &BodyFile) -> Result<Built, BodyError> {
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

/// The rigid links to be, and where the file's links are on them.
fn draft(file: &BodyFile) -> (Vec<Draft>, BTreeMap<String, LinkModel>) {
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

fn actuators(file: &BodyFile, drafts: &[Draft]) -> Vec<ActuatorModel> {
    let model = |actuator: &super::file::Actuator| {
        let joint = actuator.joint.as_ref();
        let joint = joint.and_then(|name| drafts.iter().position(|draft| draft.joint.name == *name));
        let tendon = actuator.tendon.as_ref();
        let tendon = tendon.and_then(|name| file.tendons.iter().position(|tendon| tendon.name == *name));
        let transmission = joint.map(Transmission::Joint).or(tendon.map(Transmission::Tendon))?;
        let super::file::Actuator { gear, gain, bias, filter, control_range: range, .. } = *actuator;
        Some(ActuatorModel { transmission, gear, gain, bias, filter, range })
    };
    file.actuators.iter().filter_map(model).collect()
}

fn tendons(file: &BodyFile, drafts: &[Draft], joints: &[JointModel]) -> Vec<Vec<(usize, usize, f64)>> {
    let part = |part: &super::file::TendonJoint| {
        let joint = drafts.iter().position(|draft| draft.joint.name == part.joint)?;
        Some((joints[joint].dof, joints[joint].position, part.coefficient))
    };
    file.tendons.iter().map(|tendon| tendon.joints.iter().filter_map(part).collect()).collect()
}

fn sensors(file: &BodyFile) -> Vec<SensorModel> {
    let mut at = 0;
    let mut model = |sensor: &super::file::Sensor| {
        let begin = at;
        at += sensor.kind.size();
        SensorModel { name: sensor.name.clone(), kind: sensor.kind, site: sensor.site.clone(), at: begin }
    };
    file.sensors.iter().map(&mut model).collect()
}

type Named<T> = BTreeMap<String, T>;

fn fixtures(file: &BodyFile, links: &Named<LinkModel>) -> (Named<(Placement, Shape)>, Named<SiteModel>) {
    let mut geoms = BTreeMap::new();
    let mut sites = BTreeMap::new();
    let world = (WORLD, &file.world.geoms, &file.world.sites);
    let moving = file.links.iter().map(|link| (link.name.as_str(), &link.geoms, &link.sites));
    for (link, link_geoms, link_sites) in std::iter::once(world).chain(moving) {
        let Some(carrier) = links.get(link).map(|link| link.placement) else { continue };
        let on_carrier = |pose: Pose| Placement { rigid_link: carrier.rigid_link, pose: carrier.pose * pose };
        for geom in link_geoms {
            geoms.insert(geom.name.clone(), (on_carrier(pose(geom.position, geom.orientation)), geom.shape));
        }
        for site in link_sites {
            let placement = on_carrier(pose(site.position, site.orientation));
            sites.insert(site.name.clone(), SiteModel { placement, shape: site.shape, link: link.to_owned() });
        }
    }
    (geoms, sites)
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
