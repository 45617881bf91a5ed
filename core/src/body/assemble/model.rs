//! What a world stores about its body.

use std::collections::BTreeMap;

use rapier3d_f64::prelude::{MultibodyJointHandle, Pose, Rotation, Vector};

use super::super::file::{BodyFile, JointKind, SensorKind, Shape};
use super::super::world::softness::SoftLaw;
use super::Pairs;

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
    /// The point whose path front ends draw.
    pub tracked: Placement,
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
