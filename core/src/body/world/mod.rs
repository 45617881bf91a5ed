//! A body in motion: Rapier's sets behind positions, velocities, activations and controls.

mod constraints;
mod forces;
mod limits;
mod overlap;
mod read;
mod sensors;
mod simulation;
mod simulator;
pub(super) mod softness;
mod state;
mod tracked;

use std::sync::Arc;

use rapier3d_f64::prelude::Vector;

use super::assemble::{Built, Model, assemble, vector};
use super::error::{BodyError, SnapshotError};
use super::file::{BodyFile, Integrator, JointKind};
use super::snapshot::Snapshot;
pub use read::{Energy, Motion};
use simulation::{Simulation, place};
use state::{State, normalize, reference};

/// A simulated body. Cloning gives an independent world with the same future.
///
/// The future depends on positions, velocities, activations and controls alone: each control step begins with Rapier as
/// it was when the body was built, put into the present state, so what Rapier remembers of past contacts has no
/// effect.
#[derive(Clone)]
pub struct World {
    model: Arc<Model>,
    fresh: Arc<Simulation>,
    simulation: Simulation,
    /// Per degree of freedom, of the joint alone, as the body was built.
    inverse_inertias: Arc<[f64]>,
    state: State,
    control: Vec<f64>,
    readings: Vec<f64>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("body", &self.name()).field("state", &self.state).finish_non_exhaustive()
    }
}

impl World {
    /// Builds a body, at rest with all joint positions at their references, all activations and controls 0.
    ///
    /// # Errors
    /// [`BodyError::Value`] if the file does not validate.
    pub fn new(file: &BodyFile) -> Result<Self, BodyError> {
        let Built { model, bodies, colliders, joints } = assemble(file)?;
        let mut simulation = Simulation::new(&file.simulation, bodies, colliders, joints);
        // Rapier settles what it must (mass properties, islands, the fixed root's degrees of freedom) in a first step.
        // Were all bodies still at the origin then, everything would touch everything.
        if let Some((multibody, bodies)) = simulation.multibody_and_bodies(&model) {
            place(multibody, bodies);
        }
        simulation.step(&model, Vector::ZERO);
        let inverse_inertias = simulation.prepare(&model);
        let state = State {
            q: reference(&model),
            qd: vec![0.0; model.sizes[1]],
            activation: vec![0.0; model.actuators.iter().filter(|actuator| actuator.filter.is_some()).count()],
        };
        simulation.load(&model, &state);
        let mut world = Self {
            control: vec![0.0; model.actuators.len()],
            readings: vec![0.0; model.sensors.iter().map(|sensor| sensor.kind.size()).sum()],
            model: Arc::new(model),
            fresh: Arc::new(simulation.clone()),
            simulation,
            inverse_inertias: inverse_inertias.into(),
            state,
        };
        world.update_sensors();
        Ok(world)
    }

    /// Joint positions, in the order of the file: rad (not wrapped) or m; of a free joint seven, see
    /// [`JointKind::Free`].
    #[must_use]
    pub fn q(&self) -> Vec<f64> {
        self.state.q.clone()
    }

    /// Joint velocities, rad/s or m/s; of a free joint six.
    #[must_use]
    pub fn qd(&self) -> Vec<f64> {
        self.state.qd.clone()
    }

    /// As [`q`](Self::q), borrowed.
    pub(in crate::body) fn positions(&self) -> &[f64] {
        &self.state.q
    }

    /// As [`qd`](Self::qd), borrowed.
    pub(in crate::body) fn velocities(&self) -> &[f64] {
        &self.state.qd
    }

    /// Returns the controls in force `[actuators]`.
    #[must_use]
    pub fn control(&self) -> &[f64] {
        &self.control
    }

    /// Returns the activations of the actuators that have a filter, in their order.
    #[must_use]
    pub fn activation(&self) -> &[f64] {
        &self.state.activation
    }

    /// Returns the positions at which all links are placed as in the file: those of a body just built.
    #[must_use]
    pub fn reference_positions(&self) -> Vec<f64> {
        reference(&self.model)
    }

    /// Sets the state of the body. Numbers beyond the file's positions and velocities are ignored; missing positions
    /// are those of the joints' references, missing velocities 0. Sensors keep their readings until
    /// [`World::update_sensors`].
    pub fn set_state(&mut self, q: &[f64], qd: &[f64]) {
        let mut state = State { q: reference(&self.model), qd: vec![0.0; self.model.sizes[1]], ..self.state.clone() };
        state.q.iter_mut().zip(q).for_each(|(own, given)| *own = *given);
        state.qd.iter_mut().zip(qd).for_each(|(own, given)| *own = *given);
        for joint in self.model.joints.iter().filter(|joint| joint.kind == JointKind::Free) {
            normalize(&mut state.q[joint.position + 3..joint.position + 7]);
        }
        self.state = state;
        self.simulation.load(&self.model, &self.state);
    }

    /// Sets the activations; missing ones become 0.
    pub fn set_activation(&mut self, activation: &[f64]) {
        let given = activation.iter().copied().chain(std::iter::repeat(0.0));
        self.state.activation.iter_mut().zip(given).for_each(|(own, given)| *own = given);
    }

    /// Sets the controls `[actuators]`, clamped to their ranges; missing ones become 0.
    pub fn set_control(&mut self, control: &[f64]) {
        let given = control.iter().copied().chain(std::iter::repeat(0.0));
        self.control = self.control_ranges().zip(given).map(|([low, high], u)| u.clamp(low, high)).collect();
    }

    /// Returns whether the state is one that a body can be in: finite numbers, none above 1e9. The state of a
    /// body whose numbers are too extreme for its time steps grows beyond that.
    #[must_use]
    pub fn holds_together(&self) -> bool {
        let State { q, qd, activation } = &self.state;
        [q, qd, activation].into_iter().flatten().all(|x| x.abs() < 1e9)
    }

    /// Simulates one control step: the file's number of time steps with the present controls.
    pub fn step_control(&mut self) {
        let settings = self.model.file.simulation;
        self.reload();
        // Rapier's step is kick, then drift. Half a drift before the first and half a drift back after the last turn
        // the sequence into drift, kick, drift: each kick then takes its forces in the middle of its step.
        let half_drift = match settings.integrator {
            Integrator::SemiImplicit | Integrator::Explicit => 0.0,
            Integrator::Leapfrog => 0.5 * self.simulation.parameters.dt,
        };
        self.simulation.drift(&self.model, half_drift);
        for step in 1..=settings.steps_per_control {
            self.step(step == settings.steps_per_control, true);
        }
        self.simulation.drift(&self.model, -half_drift);
        self.simulation.store(&self.model, &mut self.state);
        self.read_state();
    }

    /// One time step. `last`: sensors of the last step are read; `driven`: actuators act.
    fn step(&mut self, last: bool, driven: bool) {
        let before = if last { self.before_step() } else { None };
        self.apply_forces(driven);
        let model = Arc::clone(&self.model);
        let rows = self.rows(&model);
        let (q, velocity) = (self.coordinates().0, self.simulation.velocity(&model));
        let gravity = vector(model.file.simulation.gravity);
        match model.file.simulation.integrator {
            Integrator::Explicit => self.simulation.step_explicitly(&model, gravity, &velocity),
            Integrator::SemiImplicit | Integrator::Leapfrog => self.simulation.step(&model, gravity),
        }
        self.simulation.settle(&model, rows, &q, &velocity);
        if driven {
            self.advance_activation();
        }
        if let Some(before) = before {
            self.read_step(&before);
        }
    }

    /// Rapier as it was when the body was built, in the present state.
    fn reload(&mut self) {
        if self.model.file.simulation.contacts {
            self.simulation.clone_from(&self.fresh);
        }
        self.simulation.load(&self.model, &self.state);
    }

    /// Sets all sensors to their readings in the present state with actuators off, as after a reset.
    pub fn update_sensors(&mut self) {
        if self.model.sensors.is_empty() {
            return;
        }
        let mut ghost = self.clone();
        ghost.reload();
        ghost.step(true, false);
        self.readings = ghost.readings;
        self.read_state();
    }

    /// Returns everything that the future depends on, and the sensor readings.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let State { q, qd, activation } = self.state.clone();
        let (control, readings) = (self.control.clone(), self.readings.clone());
        Snapshot { body: self.name().to_owned(), q, qd, activation, control, readings }
    }

    /// Restores a snapshot of this or another world of the same body, after which it behaves the same bit for bit.
    ///
    /// # Errors
    /// [`SnapshotError::Other`] if the snapshot is of another body; the world is unchanged then.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        let own = self.snapshot();
        if snapshot.sizes() != own.sizes() {
            return Err(SnapshotError::Other { found: snapshot.describe(), expected: own.describe() });
        }
        let Snapshot { q, qd, activation, control, readings, .. } = snapshot.clone();
        self.state = State { q, qd, activation };
        self.control = control;
        self.readings = readings;
        self.simulation.load(&self.model, &self.state);
        Ok(())
    }
}
