//! What drives, couples, surrounds and feels a body.

use serde::{Deserialize, Serialize};

/// A drive of one joint or one tendon: force = gain u + bias\[0\] + bias\[1\] length + bias\[2\] velocity, times `gear`,
/// where length and velocity are those of the joint or tendon times `gear`, and u is the control or, with a filter, the
/// activation, which follows the control: da/dt = (control - a) / filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actuator {
    /// Unique name.
    pub name: String,
    /// Name of the joint it drives; or
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joint: Option<String>,
    /// name of the tendon it pulls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tendon: Option<String>,
    /// Ratio of the transmission.
    pub gear: f64,
    /// Force per unit of control.
    #[serde(default = "one")]
    pub gain: f64,
    /// Force of its own, per length, and per velocity.
    #[serde(default)]
    pub bias: [f64; 3],
    /// Time constant of the activation, s; none: the control acts at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<f64>,
    /// Lowest and highest control; controls are clamped to it.
    pub control_range: [f64; 2],
}

/// A fixed tendon: its length is a weighted sum of joint positions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tendon {
    /// Unique name.
    pub name: String,
    /// The joints and their weights.
    pub joints: Vec<TendonJoint>,
    /// Of a spring with rest length 0, per unit of length.
    #[serde(default)]
    pub stiffness: f64,
    /// Force against the velocity of the length.
    #[serde(default)]
    pub damping: f64,
    /// Holds the length at 0, this softly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Softness>,
}

/// A joint of a tendon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TendonJoint {
    /// Name of a hinge or slide.
    pub joint: String,
    /// Its weight.
    pub coefficient: f64,
}

/// How softly a bound, a contact, a rope or a held tendon acts (the law of `MuJoCo`'s soft constraints).
///
/// At depth r beyond the bound and speed v outwards, the acceleration is the share 1 - d of what it would be without
/// the bound, plus d (-b v - d k r), with `b = 2 / (D time_constant)` and `k = 1 / (D time_constant damping_ratio)^2`.
/// The firmness d grows from its first value at depth 0 to its second, D, at the depth `width`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Softness {
    /// s; at least two time steps count.
    pub time_constant: f64,
    /// Share of critical damping.
    pub damping_ratio: f64,
    /// Firmness at the bound and from `width` on, 0 to 0.9999.
    pub firmness: [f64; 2],
    /// rad or m.
    pub width: f64,
}

impl Default for Softness {
    fn default() -> Self {
        Self { time_constant: 0.02, damping_ratio: 1.0, firmness: [0.9, 0.95], width: 0.001 }
    }
}

/// A rope: the distance between two sites is at most `length`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rope {
    /// Unique name.
    pub name: String,
    /// The sites at its ends.
    pub sites: [String; 2],
    /// m.
    pub length: f64,
    /// How softly it is held.
    #[serde(default)]
    pub softness: Softness,
}

/// Exceptions from the rule of contacts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContactRules {
    /// Pairs of links whose geoms never touch.
    pub exclude: Vec<[String; 2]>,
}

/// A fluid at rest, dense and without viscosity. It drags on each link as on the box with the link's inertia.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fluid {
    /// kg/m^3.
    pub density: f64,
}

/// A sensor on a site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sensor {
    /// Unique name.
    pub name: String,
    /// What it feels.
    pub kind: SensorKind,
    /// Name of the site it sits on; vectors are in the site's frame.
    pub site: String,
}

/// What sensors feel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SensorKind {
    /// Sum of the normal forces of the link's contacts that push on the site's shape, N: 1 number.
    Touch,
    /// Force that the site's link gets from its parent, N: 3 numbers. A foot at rest shows what it carries, downwards.
    Force,
    /// Torque about the site that the site's link gets from its parent, N m: 3 numbers.
    Torque,
    /// Acceleration of the site less that of gravity, m/s^2: 3 numbers. At rest it shows 9.81 upwards.
    Accelerometer,
    /// Velocity of the site, m/s: 3 numbers.
    Velocimeter,
    /// Angular velocity, rad/s: 3 numbers.
    Gyro,
}

impl SensorKind {
    /// Numbers that such a sensor shows.
    #[must_use]
    pub fn size(self) -> usize {
        if self == Self::Touch { 1 } else { 3 }
    }

    /// Returns whether it shows what happened in the last time step rather than the present state.
    #[must_use]
    pub fn is_of_the_last_step(self) -> bool {
        !matches!(self, Self::Velocimeter | Self::Gyro)
    }
}

fn one() -> f64 {
    1.0
}
