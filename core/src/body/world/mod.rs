//! A body in motion: Rapier's sets behind positions, velocities, activations and controls.

mod forces;
mod limits;
mod overlap;
mod read;
mod rows;
mod sense;
pub(super) mod softness;

use std::sync::Arc;

use rapier3d_f64::na::DVector;
use rapier3d_f64::prelude::{
    BroadPhaseBvh, CCDSolver, ColliderSet, ImpulseJointSet, IntegrationParameters, IslandManager, Multibody,
    MultibodyJoint, MultibodyJointSet, NarrowPhase, PhysicsPipeline, RigidBodySet, Rotation, SoftBodySet, Vector,
};

use super::build::{Built, Model, build, rotation, vector};
use super::error::{BodyError, SnapshotError};
use super::file::{BodyFile, Integrator, JointKind};
use super::snapshot::Snapshot;
pub use read::{Contact, Energy, Motion};

/// A time step in which nothing moves, s.
const MOMENT: f64 = 1e-9;

/// A simulated body. Cloning gives an independent world with the same future.
///
/// The future depends on positions, velocities, activations and controls alone: each control step begins with Rapier as it
/// was when the body was built, put into the present state, so nothing that Rapier remembers of past contacts counts.
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

/// What moves.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    pub q: Vec<f64>,
    pub qd: Vec<f64>,
    pub activation: Vec<f64>,
}

/// Rapier's sets.
pub(super) struct Simulation {
    parameters: IntegrationParameters,
    pipeline: PhysicsPipeline,
    islands: IslandManager,
    broad_phase: BroadPhaseBvh,
    narrow_phase: NarrowPhase,
    bodies: RigidBodySet,
    colliders: ColliderSet,
    impulse_joints: ImpulseJointSet,
    joints: MultibodyJointSet,
    soft_bodies: SoftBodySet,
    ccd: CCDSolver,
}

impl Clone for Simulation {
    fn clone(&self) -> Self {
        Self {
            parameters: self.parameters,
            // Work space only.
            pipeline: PhysicsPipeline::new(),
            islands: self.islands.clone(),
            broad_phase: self.broad_phase.clone(),
            narrow_phase: self.narrow_phase.clone(),
            bodies: self.bodies.clone(),
            colliders: self.colliders.clone(),
            impulse_joints: self.impulse_joints.clone(),
            joints: self.joints.clone(),
            soft_bodies: self.soft_bodies.clone(),
            ccd: self.ccd.clone(),
        }
    }
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
        let Built { model, bodies, colliders, joints } = build(file)?;
        let settings = &file.simulation;
        let dt = settings.time_step();
        let softness = softness::spring(settings.solver.softness.firmness[1], dt);
        let parameters = IntegrationParameters {
            dt,
            // Forces and limits are renewed between time steps, not between Rapier's substeps.
            num_solver_iterations: 1,
            num_internal_pgs_iterations: settings.solver.sweeps,
            // Contacts and limits aim at velocities by the law of soft constraints, which no further sweep may undo.
            num_internal_stabilization_iterations: 0,
            max_ccd_substeps: 0,
            contact_softness: softness,
            static_contact_softness: softness,
            normalized_prediction_distance: settings.solver.margin,
            // Each point of touch has its own force, and none is remembered.
            contact_clustering: false,
            contact_recycling: false,
            ..IntegrationParameters::default()
        };
        let mut simulation = Simulation {
            parameters,
            pipeline: PhysicsPipeline::new(),
            islands: IslandManager::new(),
            broad_phase: BroadPhaseBvh::new(),
            narrow_phase: NarrowPhase::new(),
            bodies,
            colliders,
            impulse_joints: ImpulseJointSet::new(),
            joints,
            soft_bodies: SoftBodySet::new(),
            ccd: CCDSolver::new(),
        };
        // Rapier settles what it must (mass properties, islands, the fixed root's degrees of freedom) in a first step. Were
        // all bodies still at the origin then, everything would touch everything.
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
        world.feel();
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

    /// The controls in force `[actuators]`.
    #[must_use]
    pub fn control(&self) -> &[f64] {
        &self.control
    }

    /// The activations of the actuators that have a filter, in their order.
    #[must_use]
    pub fn activation(&self) -> &[f64] {
        &self.state.activation
    }

    /// Positions at which all links are where the file says: those of a body just built.
    #[must_use]
    pub fn reference_positions(&self) -> Vec<f64> {
        reference(&self.model)
    }

    /// Puts the body into a state. Numbers beyond the file's positions and velocities are ignored; missing positions are
    /// those of the joints' references, missing velocities 0. Sensors keep their readings until [`World::feel`].
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

    /// Whether the state is one that a body can be in: numbers, none of them beyond any measure (1e9). A body whose own
    /// numbers are too extreme for its time steps loses that.
    #[must_use]
    pub fn holds_together(&self) -> bool {
        let State { q, qd, activation } = &self.state;
        [q, qd, activation].into_iter().flatten().all(|x| x.abs() < 1e9)
    }

    /// One control step: the file's number of time steps with the present controls.
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

    /// Sets all sensors to what they show in the present state with actuators off, as after a reset.
    pub fn feel(&mut self) {
        if self.model.sensors.is_empty() {
            return;
        }
        let mut ghost = self.clone();
        ghost.reload();
        ghost.step(true, false);
        self.readings = ghost.readings;
        self.read_state();
    }

    /// Everything that the future depends on, and what sensors show.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let State { q, qd, activation } = self.state.clone();
        let (control, readings) = (self.control.clone(), self.readings.clone());
        Snapshot { body: self.name().to_owned(), q, qd, activation, control, readings }
    }

    /// Back to a snapshot of this or another world of the same body; the future is then the same bit for bit.
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

/// Positions at which all links are where the file says.
fn reference(model: &Model) -> Vec<f64> {
    let mut q = vec![0.0; model.sizes[0]];
    let links = model.file.links.iter().flat_map(|link| link.joints.iter().map(move |_| link));
    for (joint, link) in model.joints.iter().zip(links) {
        if joint.kind == JointKind::Free {
            q[joint.position..joint.position + 3].copy_from_slice(&link.position);
            q[joint.position + 3..joint.position + 7].copy_from_slice(&link.orientation);
        } else {
            q[joint.position] = joint.reference;
        }
    }
    q
}

fn normalize(quaternion: &mut [f64]) {
    let length = quaternion.iter().map(|x| x * x).sum::<f64>().sqrt();
    if length > 1e-12 {
        // A quaternion that is already of length 1 keeps its bits.
        if (length - 1.0).abs() > 1e-12 {
            for x in quaternion.iter_mut() {
                *x /= length;
            }
        }
    } else {
        quaternion.copy_from_slice(&[1.0, 0.0, 0.0, 0.0]);
    }
}

impl Simulation {
    fn step(&mut self, model: &Model, gravity: Vector) {
        self.pipeline.step(
            gravity,
            &self.parameters,
            &mut self.islands,
            &mut self.broad_phase,
            &mut self.narrow_phase,
            &mut self.bodies,
            &mut self.colliders,
            &mut self.impulse_joints,
            &mut self.joints,
            &mut self.soft_bodies,
            &mut self.ccd,
            &model.pairs,
            &(),
        );
    }

    /// A time step with Coriolis forces taken explicitly. Rapier takes them implicitly, but gives the accelerations at a moment.
    fn step_explicitly(&mut self, model: &Model, gravity: Vector, velocity: &DVector<f64>) {
        let dt = std::mem::replace(&mut self.parameters.dt, MOMENT);
        self.step(model, gravity);
        self.parameters.dt = dt;
        let Some((multibody, bodies)) = self.multibody_and_bodies(model) else { return };
        let after = velocity + multibody.generalized_acceleration() * dt;
        let displacement: Vec<f64> = after.iter().map(|rate| rate * dt).collect();
        multibody.generalized_velocity_mut().copy_from(&after);
        multibody.apply_displacements(&displacement);
        place(multibody, bodies);
    }

    /// Sets what never changes; returns the joints' own inverse inertias.
    fn prepare(&mut self, model: &Model) -> Vec<f64> {
        let self_contacts = model.pairs.any(|collider| model.pairs.links[collider] > 0);
        // In a moment, damping is not integrated implicitly, which this does.
        let explicit = model.file.simulation.integrator == Integrator::Explicit;
        let held_back = if explicit { self.parameters.dt } else { 0.0 };
        let Some((multibody, bodies)) = self.multibody_and_bodies(model) else { return Vec::new() };
        multibody.set_self_contacts_enabled(self_contacts);
        // Also overrides Rapier's default, 0.1 N m s/rad on angular joints.
        multibody.damping_mut().fill(0.0);
        for joint in &model.joints {
            let dofs = if joint.kind == JointKind::Free { 6 } else { 1 };
            for dof in joint.dof..joint.dof + dofs {
                multibody.damping_mut()[dof] = joint.damping;
                multibody.armature_mut()[dof] = joint.armature + held_back * joint.damping;
                multibody.frictions_mut()[dof] = joint.friction_loss;
            }
        }
        multibody.dof_inverse_inertia(bodies).iter().copied().collect()
    }

    /// Puts the multibody into a state.
    fn load(&mut self, model: &Model, state: &State) {
        let Some((multibody, bodies)) = self.multibody_and_bodies(model) else { return };
        let mut displacements = vec![0.0; model.sizes[1]];
        let mut velocities = state.qd.clone();
        for joint in &model.joints {
            let q = &state.q[joint.position..];
            if joint.kind == JointKind::Free {
                displacements[joint.dof..joint.dof + 3].copy_from_slice(&q[..3]);
                let turn = rotation([q[3], q[4], q[5], q[6]]);
                displacements[joint.dof + 3..joint.dof + 6].copy_from_slice(&scaled_axis(turn).to_array());
                let local = [velocities[joint.dof + 3], velocities[joint.dof + 4], velocities[joint.dof + 5]];
                velocities[joint.dof + 3..joint.dof + 6].copy_from_slice(&(turn * vector(local)).to_array());
            } else {
                displacements[joint.dof] = q[0] - joint.reference;
            }
        }
        for link in multibody.links_mut().skip(1) {
            // A new joint has all coordinates 0 and carries nothing over from the past.
            link.joint = MultibodyJoint::new(link.joint.data, false);
        }
        multibody.apply_displacements(&displacements);
        multibody.generalized_velocity_mut().copy_from_slice(&velocities);
        place(multibody, bodies);
    }

    /// Reads the multibody's state.
    fn store(&self, model: &Model, state: &mut State) {
        let Some(multibody) = self.multibody(model) else { return };
        state.qd.copy_from_slice(multibody.generalized_velocity().as_slice());
        for (link, joint) in multibody.links().skip(1).zip(&model.joints) {
            let coordinates = link.joint.coords();
            if joint.kind == JointKind::Free {
                let turn = link.joint.joint_rot();
                let position = [coordinates[0], coordinates[1], coordinates[2], turn.w, turn.x, turn.y, turn.z];
                state.q[joint.position..joint.position + 7].copy_from_slice(&position);
                normalize(&mut state.q[joint.position + 3..joint.position + 7]);
                let world = [state.qd[joint.dof + 3], state.qd[joint.dof + 4], state.qd[joint.dof + 5]];
                let local = turn.inverse() * vector(world);
                state.qd[joint.dof + 3..joint.dof + 6].copy_from_slice(&local.to_array());
            } else {
                state.q[joint.position] = coordinates[joint.axis] + joint.reference;
            }
        }
    }

    /// Moves the joints for `time` (s, may be negative) at their present velocities.
    fn drift(&mut self, model: &Model, time: f64) {
        if time == 0.0 {
            return;
        }
        let Some((multibody, bodies)) = self.multibody_and_bodies(model) else { return };
        let displacement: Vec<f64> = multibody.generalized_velocity().iter().map(|qd| qd * time).collect();
        multibody.apply_displacements(&displacement);
        place(multibody, bodies);
    }

    fn multibody(&self, model: &Model) -> Option<&Multibody> {
        let first = model.joints.first()?.handle;
        self.joints.get(first).map(|(multibody, _)| multibody)
    }

    fn multibody_and_bodies(&mut self, model: &Model) -> Option<(&mut Multibody, &mut RigidBodySet)> {
        let first = model.joints.first()?.handle;
        let (multibody, _) = self.joints.get_mut(first)?;
        Some((multibody, &mut self.bodies))
    }
}

/// Puts the bodies where the joints say. Rapier's own call for that leaves their colliders behind, and the next step would
/// find contacts where there are none.
fn place(multibody: &mut Multibody, bodies: &mut RigidBodySet) {
    multibody.forward_kinematics(bodies, false);
    for link in multibody.links().skip(1) {
        if let Some(body) = bodies.get_mut(link.rigid_body_handle()) {
            body.set_position(*link.local_to_world(), false);
        }
    }
}

/// The rotation vector of a rotation, of length up to pi. By `libm`, so that all targets agree to the bit.
fn scaled_axis(turn: Rotation) -> Vector {
    let imaginary = Vector::new(turn.x, turn.y, turn.z);
    let sine = imaginary.length();
    if sine < 1e-9 {
        // sin(x/2) = x/2 to all digits.
        return imaginary * 2.0 * turn.w.signum();
    }
    let angle = 2.0 * libm::atan2(sine * turn.w.signum(), turn.w.abs());
    imaginary * (angle / sine)
}
