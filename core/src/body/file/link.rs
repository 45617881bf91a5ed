//! Links: the moving parts, their joints, and what is attached to them.

use serde::{Deserialize, Serialize};

use super::drive::Softness;

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
    /// How the link moves in its parent: no joint (rigidly fixed to it), one, or several that act one after the other.
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

/// A joint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joint {
    /// Unique name.
    pub name: String,
    /// What moves.
    pub kind: JointKind,
    /// Axis in the link's frame; need not have length 1. A free joint has none.
    #[serde(default = "z_axis")]
    pub axis: [f64; 3],
    /// Anchor in the link's frame, m. A free joint's is the origin.
    #[serde(default)]
    pub position: [f64; 3],
    /// Position at which the link's frame is where the file says.
    #[serde(default)]
    pub reference: f64,
    /// Bounds of the joint position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// Force against the velocity, N s/m or N m s/rad; integrated implicitly.
    #[serde(default)]
    pub damping: f64,
    /// Inertia of the drive, added to the joint's own, kg or kg m^2.
    #[serde(default)]
    pub armature: f64,
    /// Dry friction, N or N m.
    #[serde(default)]
    pub friction_loss: f64,
    /// A spring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spring: Option<Spring>,
}

/// The kinds of joint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JointKind {
    /// Rotation about the axis; position in rad, not wrapped.
    Hinge,
    /// Translation along the axis; position in m.
    Slide,
    /// Any motion in the world. Seven positions: of the link's origin (m) and its orientation `[w, x, y, z]`. Six
    /// velocities: of the origin in the world (m/s), and the angular velocity in the link's frame (rad/s).
    Free,
}

impl JointKind {
    /// Numbers of its positions and of its velocities.
    #[must_use]
    pub const fn sizes(self) -> [usize; 2] {
        match self {
            Self::Hinge | Self::Slide => [1, 1],
            Self::Free => [7, 6],
        }
    }
}

/// A linear spring.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spring {
    /// N/m or N m/rad.
    pub stiffness: f64,
    /// Position without force.
    #[serde(default)]
    pub rest: f64,
}

/// Bounds of a joint: outside them, and only there, the joint is pushed back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Lowest and highest position, rad or m.
    pub range: [f64; 2],
    /// How softly.
    #[serde(default)]
    pub softness: Softness,
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
    /// How it touches others; without it, it is only drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<GeomContact>,
}

/// How a geom touches others: those a and b for which `a.kind & b.touches` or `b.kind & a.touches` is not 0, unless
/// they belong to the same rigid part or to a part and its parent (unless that is the world), or are excluded by name.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeomContact {
    /// Bits of what this is.
    #[serde(default = "one")]
    pub kind: u32,
    /// Bits of what this touches.
    #[serde(default = "one")]
    pub touches: u32,
    /// Coefficient of friction; of two geoms the larger one counts.
    pub friction: f64,
    /// Whether contacts between two geoms that both say so are without friction.
    #[serde(default)]
    pub frictionless: bool,
    /// Of two geoms with different priority the higher one alone decides about friction.
    #[serde(default)]
    pub priority: i32,
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
    /// An ellipsoid.
    Ellipsoid {
        /// Half axes along x, y and z, m.
        half_size: [f64; 3],
    },
}

/// A named frame with an extent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Unique name.
    pub name: String,
    /// Position in the link's frame, m.
    #[serde(default)]
    pub position: [f64; 3],
    /// Orientation in the link's frame.
    #[serde(default = "identity_quaternion")]
    pub orientation: [f64; 4],
    /// Its extent: what a touch sensor there feels.
    pub shape: Shape,
}

fn z_axis() -> [f64; 3] {
    [0.0, 0.0, 1.0]
}

fn one() -> u32 {
    1
}

pub(super) fn identity_quaternion() -> [f64; 4] {
    [1.0, 0.0, 0.0, 0.0]
}
