//! The body file: the Rust side of the schema documented in `assets/bodies/README.md`.

mod drive;
mod json_path;
mod link;
mod task;
mod validate;

pub use drive::{Actuator, ContactRules, Fluid, Rope, Sensor, SensorKind, Softness, Tendon, TendonJoint};
pub use link::{Geom, GeomContact, Inertia, Joint, JointKind, Limit, Link, Shape, Site, Spring};
pub use task::{ControlCost, EndCondition, Forward, Height, Locomotion, Start, Upright};

use serde::{Deserialize, Serialize};

/// Name of the parent of a link without a parent link.
pub(crate) const WORLD: &str = "world";

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
    /// Fixed tendons: weighted sums of joint positions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tendons: Vec<Tendon>,
    /// Ropes between two sites.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ropes: Vec<Rope>,
    /// Which geoms never touch.
    #[serde(default)]
    pub contact: ContactRules,
    /// What the body moves in; none is empty space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fluid: Option<Fluid>,
    /// What the body feels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensors: Vec<Sensor>,
    /// The point whose path shows what the body does, for front ends that draw it: the name of a site, geom or link
    /// that moves, the first of these that has it. None is the first link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracked: Option<String>,
    /// What it is to do when it is trained by this file alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Locomotion>,
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
    /// Whether geoms collide.
    pub contacts: bool,
    /// How firmly contacts are held.
    #[serde(default)]
    pub solver: ContactSolver,
}

impl Simulation {
    /// Length of a time step, s.
    #[must_use]
    pub fn time_step(&self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "at most a thousand steps")]
        let steps = self.steps_per_control as f64;
        self.control_timestep / steps
    }
}

/// How contacts are solved.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContactSolver {
    /// Sweeps over all contacts in a time step: with 32, more change nothing that matters, and they cost little next to
    /// the rest of the step.
    pub sweeps: usize,
    /// How softly overlapping geoms are pushed apart; of `firmness`, only the second counts.
    pub softness: Softness,
    /// Gap below which a contact is looked at before it closes, m.
    pub margin: f64,
}

impl Default for ContactSolver {
    fn default() -> Self {
        Self { sweeps: 32, softness: Softness::default(), margin: 1e-4 }
    }
}

/// How a time step is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Integrator {
    /// Forces at the old positions, then positions with the new velocities; of first order.
    SemiImplicit,
    /// The same with forces taken in the middle of the time step; of second order except for Coriolis forces, which
    /// Rapier treats implicitly.
    Leapfrog,
    /// As semi-implicit, but with Coriolis forces taken explicitly, as the suite's simulator does. Only for bodies
    /// without contacts and dry friction.
    Explicit,
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
