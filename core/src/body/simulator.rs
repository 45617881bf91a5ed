//! The interface between physics and everything else: what environments, tasks and front ends may ask of a simulated
//! body, and the list of simulators.
//!
//! [`World`] implements it with Rapier. It contains no type of an engine: poses and velocities are plain numbers in
//! [`Pose`] and [`Twist`], in SI units with z up.

use super::error::{BodyError, SnapshotError};
use super::file::{BodyFile, JointKind};
use super::snapshot::Snapshot;
use super::world::World;
use crate::math::{Pose, Twist};

/// A simulator that bodies can be built in.
#[derive(Clone, Copy, Debug)]
pub struct SimulatorKind {
    /// Its name.
    pub name: &'static str,
    /// Builds a body, at rest with all joint positions at their references, all activations and controls 0. Fails with
    /// [`BodyError::Value`] if the file does not validate.
    pub build: fn(&BodyFile) -> Result<Box<dyn Simulator>, BodyError>,
}

/// The simulators; environments use the first. A new one is a folder with an implementation of [`Simulator`], and a
/// line here.
pub const SIMULATORS: &[SimulatorKind] =
    &[SimulatorKind { name: "rapier", build: |file| Ok(Box::new(World::new(file)?)) }];

/// A contact point of two geoms, or a point where they nearly touch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contact<'a> {
    /// Names of the geoms.
    pub geoms: [&'a str; 2],
    /// Distance between them, m; negative if they overlap.
    pub gap: f64,
    /// Force with which they push each other apart, N.
    pub force: f64,
}

/// The tracked point of a body, at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Position in the world, m.
    pub position: [f64; 3],
    /// Velocity in the world's axes, m/s.
    pub velocity: [f64; 3],
    /// Heading: the turn of the first link about the vertical, rad, for a link that moves freely; 0 for bodies in a
    /// plane or fixed to the world, whose axes are the world's.
    pub heading: f64,
}

/// A joint as a task sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JointInfo<'a> {
    /// Its name.
    pub name: &'a str,
    /// Hinge, slide or free.
    pub kind: JointKind,
    /// Lowest and highest position, rad or m; `None` without a limit.
    pub range: Option<[f64; 2]>,
    /// Index of its (first) position in `q`.
    pub position: usize,
    /// Index of its (first) velocity in `qd`.
    pub velocity: usize,
}

/// A simulated body. Functions return `None` for names that the body does not have.
pub trait Simulator: Send + Sync {
    /// Returns the file that the body was built from.
    fn file(&self) -> &BodyFile;

    /// Returns the name of the body.
    fn name(&self) -> &str {
        &self.file().name
    }

    /// Returns the names of the moving links, parents before children.
    fn link_names(&self) -> Vec<&str>;

    /// Returns the joints, in the order of their positions.
    fn joints(&self) -> Vec<JointInfo<'_>>;

    /// Returns the bounds of each control `[actuators]`.
    fn control_ranges(&self) -> Vec<[f64; 2]>;

    /// Returns the time between two controls, s.
    fn control_timestep(&self) -> f64;

    /// Returns the joint positions at which all links are where the model places them.
    fn reference_positions(&self) -> Vec<f64>;

    /// Returns the joint positions, rad (not wrapped) or m; a free joint has seven, see [`JointKind::Free`].
    fn q(&self) -> &[f64];

    /// Returns the joint velocities, rad/s or m/s; a free joint has six.
    fn qd(&self) -> &[f64];

    /// Returns the controls in force `[actuators]`.
    fn control(&self) -> &[f64];

    /// Returns the activations of the actuators that have a filter.
    fn activation(&self) -> &[f64];

    /// Sets positions and velocities. Numbers beyond those of the body are ignored; missing positions are those of the
    /// joints' references, missing velocities 0. Sensors keep their readings until
    /// [`update_sensors`](Self::update_sensors).
    fn set_state(&mut self, q: &[f64], qd: &[f64]);

    /// Sets the controls, clamped to their ranges; missing ones become 0.
    fn set_control(&mut self, control: &[f64]);

    /// Sets the activations; missing ones become 0.
    fn set_activation(&mut self, activation: &[f64]);

    /// Returns the velocity of a joint, the first of a free joint's.
    fn joint_velocity(&self, name: &str) -> Option<f64> {
        let joint = self.joints().into_iter().find(|joint| joint.name == name)?;
        self.qd().get(joint.velocity).copied()
    }

    /// Returns the pose of a link's frame in the world.
    fn link_pose(&self, name: &str) -> Option<Pose>;

    /// Returns the velocity of a link's frame.
    fn link_twist(&self, name: &str) -> Option<Twist>;

    /// Returns the centre of mass of a link alone in the world, m.
    fn link_center(&self, name: &str) -> Option<[f64; 3]>;

    /// Returns the pose of a site in the world.
    fn site_pose(&self, name: &str) -> Option<Pose>;

    /// Returns the velocity of a site.
    fn site_twist(&self, name: &str) -> Option<Twist>;

    /// Returns the pose of a geom in the world.
    fn geom_pose(&self, name: &str) -> Option<Pose>;

    /// Returns the point that the file says to track, or else the frame of the first link.
    fn tracked(&self) -> Point;

    /// Returns the mass of all links, kg.
    fn mass(&self) -> f64;

    /// Returns the centre of mass of all links, m.
    fn center(&self) -> [f64; 3];

    /// Returns the velocity of the centre of mass of all links, m/s.
    fn center_velocity(&self) -> [f64; 3];

    /// Returns the reading of a sensor.
    fn sensor(&self, name: &str) -> Option<&[f64]>;

    /// Returns the contact points of the last time step.
    fn contacts(&self) -> Vec<Contact<'_>>;

    /// Returns whether any two geoms that may touch overlap in the present state.
    fn touching(&self) -> bool;

    /// Simulates one control step with the present controls.
    fn step_control(&mut self);

    /// Returns whether the state is finite and of a plausible size. The state of a body
    /// whose numbers are too extreme for its time steps grows beyond that.
    fn holds_together(&self) -> bool;

    /// Sets all sensors to their readings in the present state with actuators off, as after a reset.
    fn update_sensors(&mut self);

    /// Returns everything that the future depends on, and the sensor readings.
    fn snapshot(&self) -> Snapshot;

    /// Restores a snapshot of this body, after which it behaves the same.
    ///
    /// # Errors
    /// [`SnapshotError::Other`] if the snapshot is of another body; nothing changes then.
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError>;

    /// Returns an independent copy with the same future.
    fn boxed_clone(&self) -> Box<dyn Simulator>;
}

impl Clone for Box<dyn Simulator> {
    fn clone(&self) -> Self {
        (**self).boxed_clone()
    }
}

impl std::fmt::Debug for dyn Simulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut body = f.debug_struct("Simulator");
        body.field("body", &self.name()).field("q", &self.q()).field("qd", &self.qd()).finish_non_exhaustive()
    }
}
