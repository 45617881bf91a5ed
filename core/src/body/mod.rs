//! Bodies: a JSON file of links, joints and actuators, built into a Rapier multibody and stepped.
//!
//! A body is data ([`BodyFile`]; the schema is documented in `assets/bodies/README.md`), and a [`Simulator`] simulates
//! it: environments, tasks and front ends use only this trait. The simulators are listed in [`SIMULATORS`]; the first
//! is [`World`], with Rapier. Rapier runs in f64: torques enter as spring offsets, which costs digits, and the lightest
//! bodies have inertias of 1e-8 kg m^2. Nothing here depends on a task: a file's own section `task` is only read and
//! checked.
//!
//! SI units everywhere, z up, quaternions `[w, x, y, z]`.

mod assemble;
pub(crate) mod bytes;
mod error;
mod file;
mod simulator;
mod snapshot;
mod world;

pub use error::{BodyError, SnapshotError};
pub use file::{
    Actuator, BodyFile, ContactRules, ContactSolver, ControlCost, EndCondition, Fixtures, Fluid, Format, Forward, Geom,
    GeomContact, Height, Inertia, Integrator, Joint, JointKind, Limit, Link, Locomotion, Rope, Sensor, SensorKind,
    Shape, Simulation, Site, Softness, Spring, Start, Tendon, TendonJoint, Upright,
};
pub use simulator::{Contact, JointInfo, Point, SIMULATORS, Simulator, SimulatorKind};
pub use snapshot::Snapshot;
pub use world::{Energy, Motion, World};

use bootstride_assets::{BODIES, EXAMPLE_BODIES};

impl BodyFile {
    /// Returns the names of the bodies that come with the program.
    pub fn built_in_names() -> impl Iterator<Item = &'static str> {
        BODIES.iter().map(|(name, _)| *name)
    }

    /// Returns the JSON text of a body that comes with the program.
    ///
    /// # Errors
    /// [`BodyError::UnknownBody`] for a name that is not in [`BodyFile::built_in_names`].
    pub fn built_in_text(name: &str) -> Result<&'static str, BodyError> {
        let found = BODIES.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| *text).ok_or_else(|| BodyError::UnknownBody {
            name: name.to_owned(),
            known: Self::built_in_names().collect::<Vec<_>>().join(", "),
        })
    }

    /// Returns the JSON text of an example of a custom body, whose file has a section `task`: `balancer` or `scamp`.
    ///
    /// # Errors
    /// [`BodyError::UnknownBody`] for another name.
    pub fn example_text(name: &str) -> Result<&'static str, BodyError> {
        let found = EXAMPLE_BODIES.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| *text).ok_or_else(|| BodyError::UnknownBody {
            name: name.to_owned(),
            known: EXAMPLE_BODIES.map(|(name, _)| name).join(", "),
        })
    }

    /// Returns a body that comes with the program, parsed and validated.
    ///
    /// # Errors
    /// [`BodyError::UnknownBody`] for a name that is not in [`BodyFile::built_in_names`].
    pub fn built_in(name: &str) -> Result<Self, BodyError> {
        Self::from_json(Self::built_in_text(name)?)
    }
}
