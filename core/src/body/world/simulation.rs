//! Rapier's sets, and how they take a time step.

use rapier3d_f64::na::DVector;
use rapier3d_f64::prelude::{
    BroadPhaseBvh, CCDSolver, ColliderSet, ImpulseJointSet, IntegrationParameters, IslandManager, Multibody,
    MultibodyJointSet, NarrowPhase, PhysicsPipeline, RigidBodySet, SoftBodySet, Vector,
};

use super::super::assemble::Model;
use super::super::file::{Integrator, JointKind, Simulation as Settings};
use super::softness;

/// A time step in which nothing moves, s.
const MOMENT: f64 = 1e-9;

/// Rapier's sets.
pub(super) struct Simulation {
    pub(super) parameters: IntegrationParameters,
    pipeline: PhysicsPipeline,
    islands: IslandManager,
    broad_phase: BroadPhaseBvh,
    pub(super) narrow_phase: NarrowPhase,
    pub(super) bodies: RigidBodySet,
    pub(super) colliders: ColliderSet,
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

impl Simulation {
    /// Bodies with the file's settings.
    pub(super) fn new(
        settings: &Settings,
        bodies: RigidBodySet,
        colliders: ColliderSet,
        joints: MultibodyJointSet,
    ) -> Self {
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
        Self {
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
        }
    }

    pub(super) fn step(&mut self, model: &Model, gravity: Vector) {
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

    /// A time step with Coriolis forces taken explicitly. Rapier takes them implicitly, but gives the accelerations at
    /// a moment.
    pub(super) fn step_explicitly(&mut self, model: &Model, gravity: Vector, velocity: &DVector<f64>) {
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
    pub(super) fn prepare(&mut self, model: &Model) -> Vec<f64> {
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

    /// Moves the joints for `time` (s, may be negative) at their present velocities.
    pub(super) fn drift(&mut self, model: &Model, time: f64) {
        if time == 0.0 {
            return;
        }
        let Some((multibody, bodies)) = self.multibody_and_bodies(model) else { return };
        let displacement: Vec<f64> = multibody.generalized_velocity().iter().map(|qd| qd * time).collect();
        multibody.apply_displacements(&displacement);
        place(multibody, bodies);
    }

    pub(super) fn multibody(&self, model: &Model) -> Option<&Multibody> {
        let first = model.joints.first()?.handle;
        self.joints.get(first).map(|(multibody, _)| multibody)
    }

    pub(super) fn multibody_and_bodies(&mut self, model: &Model) -> Option<(&mut Multibody, &mut RigidBodySet)> {
        let first = model.joints.first()?.handle;
        let (multibody, _) = self.joints.get_mut(first)?;
        Some((multibody, &mut self.bodies))
    }
}

/// Puts the bodies where the joints say. Rapier's own call for that leaves their colliders behind, and the next step
/// would find contacts that do not exist.
pub(super) fn place(multibody: &mut Multibody, bodies: &mut RigidBodySet) {
    multibody.forward_kinematics(bodies, false);
    for link in multibody.links().skip(1) {
        if let Some(body) = bodies.get_mut(link.rigid_body_handle()) {
            body.set_position(*link.local_to_world(), false);
        }
    }
}
