//! The body file: the Rust side of the schema documented in `assets/bodies/README.md`.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

/// A parsed body file. Fields are public so that a variant of a body (damping set to zero, more substeps) can be made
/// in code; [`World::new`](super::World::new) validates again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyFile {
    /// Version of the schema.
    pub format: Format,
    /// Name of the body.
    pub name: String,
    /// Where the numbers come from, and their licence.
    pub attribution: String,
    /// Time steps, gravity, contacts.
    pub simulation: Simulation,
    /// Geoms and sites that do not move.
    #[serde(default)]
    pub world: Fixtures,
    /// The moving links, parents before children.
    pub links: Vec<Link>,
    /// The actuators, in the order of the control vector.
    #[serde(default)]
    pub actuators: Vec<Actuator>,
    #[serde(default, skip_serializing)]
    pub(crate) tendons: NotSimulated,
    #[serde(default, skip_serializing)]
    pub(crate) ropes: NotSimulated,
    #[serde(default, skip_serializing)]
    pub(crate) contact: NotSimulated,
    #[serde(default, skip_serializing)]
    pub(crate) fluid: NotSimulated,
    #[serde(default, skip_serializing)]
    pub(crate) sensors: NotSimulated,
}

/// The versions of the schema that this program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// The first version.
    #[serde(rename = "bootstride-body-1")]
    Version1,
}

/// How the body is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simulation {
    /// Time between two controls, s: a control step.
    pub control_timestep: f64,
    /// Time steps in a control step, with one constant control.
    pub steps_per_control: usize,
    /// How a time step is taken.
    pub integrator: Integrator,
    /// Acceleration of gravity in the world, m/s^2.
    pub gravity: [f64; 3],
    /// Whether geoms collide. Only `false` is simulated so far.
    pub contacts: bool,
}

/// How a time step is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Integrator {
    /// Rapier's own: forces at the old positions, then positions with the new velocities; of first order.
    SemiImplicit,
    /// The same with forces taken in the middle of the time step; of second order except for Coriolis forces, which
    /// Rapier treats implicitly.
    Leapfrog,
}

/// Geoms and sites fixed to the world.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixtures {
    /// Shapes, for drawing.
    #[serde(default)]
    pub geoms: Vec<Geom>,
    /// Named points.
    #[serde(default)]
    pub sites: Vec<Site>,
}

/// A rigid link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Unique name.
    pub name: String,
    /// Name of the parent link, or `world`.
    pub parent: String,
    /// Position of the link's frame in the parent's at joint position 0, m.
    #[serde(default)]
    pub position: [f64; 3],
    /// Orientation of the link's frame in the parent's at joint position 0.
    #[serde(default = "identity_quaternion")]
    pub orientation: [f64; 4],
    /// Mass, kg.
    pub mass: f64,
    /// Centre of mass in the link's frame, m.
    #[serde(default)]
    pub center_of_mass: [f64; 3],
    /// Rotational inertia about the centre of mass.
    pub inertia: Inertia,
    /// How the link moves in its parent: no joint (rigidly fixed to it) or one.
    #[serde(default)]
    pub joints: Vec<Joint>,
    /// Shapes, in the link's frame.
    #[serde(default)]
    pub geoms: Vec<Geom>,
    /// Named points, in the link's frame.
    #[serde(default)]
    pub sites: Vec<Site>,
}

/// Rotational inertia about a centre of mass.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inertia {
    /// Principal moments, kg m^2.
    pub moments: [f64; 3],
    /// Orientation of the principal axes in the link's frame.
    #[serde(default = "identity_quaternion")]
    pub orientation: [f64; 4],
}

/// A joint with one degree of freedom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joint {
    /// Unique name.
    pub name: String,
    /// What moves.
    pub kind: JointKind,
    /// Axis in the link's frame; need not have length 1.
    pub axis: [f64; 3],
    /// Anchor in the link's frame, m.
    #[serde(default)]
    pub position: [f64; 3],
    /// Bounds of the joint position.
    #[serde(default)]
    pub limit: Option<Limit>,
    /// Force against the velocity, N s/m or N m s/rad; integrated implicitly.
    #[serde(default)]
    pub damping: f64,
    #[serde(default, skip_serializing)]
    pub(crate) armature: NotSimulated,
    #[serde(default, skip_serializing)]
    pub(crate) friction_loss: NotSimulated,
    #[serde(default, skip_serializing)]
    pub(crate) spring: NotSimulated,
    #[serde(default, skip_serializing)]
    pub(crate) reference: NotSimulated,
}

/// The kinds of joint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JointKind {
    /// Rotation about the axis; position in rad, not wrapped.
    Hinge,
    /// Translation along the axis; position in m.
    Slide,
}

/// Bounds of a joint: outside them, and only there, a spring and a damper push back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Lowest and highest position, rad or m.
    pub range: [f64; 2],
    /// Of the spring, N m/rad or N/m; integrated implicitly, so no value is too stiff.
    pub stiffness: f64,
    /// Of the damper, N m s/rad or N s/m; integrated implicitly.
    #[serde(default)]
    pub damping: f64,
}

/// A shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Geom {
    /// Unique name.
    pub name: String,
    /// Form and size.
    pub shape: Shape,
    /// Position in the link's frame, m.
    #[serde(default)]
    pub position: [f64; 3],
    /// Orientation in the link's frame.
    #[serde(default = "identity_quaternion")]
    pub orientation: [f64; 4],
}

/// The forms of a geom, each about its own origin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Shape {
    /// z = 0 with the normal +z; the size is for drawing.
    Plane {
        /// Half sides along x and y, m.
        half_size: [f64; 2],
    },
    /// A ball.
    Sphere {
        /// m.
        radius: f64,
    },
    /// A cylinder along z with half balls at its ends.
    Capsule {
        /// m.
        radius: f64,
        /// Half the length of the cylinder, m.
        half_length: f64,
    },
    /// A cylinder along z.
    Cylinder {
        /// m.
        radius: f64,
        /// Half the length, m.
        half_length: f64,
    },
    /// A box.
    Box {
        /// Half sides along x, y and z, m.
        half_size: [f64; 3],
    },
}

/// A named point with an extent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Unique name.
    pub name: String,
    /// Position in the link's frame, m.
    #[serde(default)]
    pub position: [f64; 3],
    /// Radius, m.
    pub radius: f64,
}

/// A motor on one joint: generalised force = gear * control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actuator {
    /// Unique name.
    pub name: String,
    /// Name of the joint it drives.
    pub joint: String,
    /// N or N m per unit of control.
    pub gear: f64,
    /// Lowest and highest control; controls are clamped to it.
    pub control_range: [f64; 2],
    #[serde(default, skip_serializing)]
    pub(crate) gain: NotSimulated,
    #[serde(default, skip_serializing)]
    pub(crate) bias: NotSimulated,
    #[serde(default, skip_serializing)]
    pub(crate) filter: NotSimulated,
}

fn identity_quaternion() -> [f64; 4] {
    [1.0, 0.0, 0.0, 0.0]
}

/// Stands where the schema has a field that the simulation does not use yet: its presence is an error, so that a body
/// is never simulated as less than what its file says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NotSimulated;

impl<'de> Deserialize<'de> for NotSimulated {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom("found a part of the schema that is not simulated yet, allowed is to leave it out"))
    }
}
