//! Forces for the next time step, from the present state alone.

use std::sync::Arc;

use rapier3d_f64::prelude::{MultibodyLink, Vector};

use super::super::assemble::{LinkModel, Model, Transmission};
use super::super::file::{Integrator, JointKind};
use super::{Simulation, World, constraints, limits};

/// Stiffness of the spring that carries an actuator's force, N/m or N m/rad. Rapier has no call that applies a
/// generalised force, but a joint spring is one: -k (q - rest). With rest = q + force / k and a tiny k the force stays
/// constant to 1e-12 of a newton while the joint moves, adds nothing to the mass matrix, and in f64 loses no digits.
const FORCE_SPRING: f64 = 1e-12;

/// A force on a rigid link: its number, the force, N, and the torque about its centre of mass, N m.
type Push = (usize, Vector, Vector);

impl World {
    /// Sets the forces of actuators (if they act), springs, limits, tendons and fluid.
    pub(super) fn apply_forces(&mut self, driven: bool) {
        let model = Arc::clone(&self.model);
        let (q, qd) = self.coordinates();
        let mut forces = vec![0.0; model.sizes[1]];
        if driven {
            self.drive(&model, &q, &qd, &mut forces);
        }
        for joint in &model.joints {
            if let Some((stiffness, rest)) = joint.spring {
                forces[joint.dof] -= stiffness * (q[joint.position] - rest);
            }
        }
        constraints::stretch_tendons(&model, &q, &qd, &mut forces);
        let mut pushes = Vec::new();
        if let Some(fluid) = model.file.fluid {
            let links = model.links.values().filter(|link| link.mass > 0.0);
            pushes.extend(links.filter_map(|link| self.drag(link, fluid.density)));
        }
        self.simulation.set_forces(&model, &q, &forces, &pushes);
        if model.file.simulation.integrator != Integrator::Explicit {
            self.set_limits(&model, &q, &qd, &forces);
        }
        self.simulation.refresh_velocities(&model);
    }

    /// Sets the limits that act in the next time step, and how dry friction does.
    fn set_limits(&mut self, model: &Model, q: &[f64], qd: &[f64], forces: &[f64]) {
        let dt = self.simulation.parameters.dt;
        let Some((multibody, _)) = self.simulation.multibody_and_bodies(model) else { return };
        for (link, joint) in multibody.links_mut().skip(1).zip(&model.joints) {
            let data = &mut link.joint.data;
            if joint.friction_loss > 0.0 {
                data.softness = limits::dry_friction(dt);
            }
            if let Some((range, law)) = &joint.limit {
                let inverse = dt * self.inverse_inertias[joint.dof];
                let force = forces[joint.dof] - joint.damping * qd[joint.dof];
                let share = 1.0 / (1.0 + inverse * joint.damping);
                let moving = limits::Moving {
                    q: q[joint.position],
                    qd: qd[joint.dof],
                    gain: share * inverse * force,
                    share,
                    reference: joint.reference,
                };
                limits::set(data, joint.axis, law, *range, moving, dt);
            }
        }
    }

    /// Returns the positions and velocities in the middle of a control step, free joints left out of the positions.
    pub(super) fn coordinates(&self) -> (Vec<f64>, Vec<f64>) {
        let mut q = vec![0.0; self.model.sizes[0]];
        let Some(multibody) = self.simulation.multibody(&self.model) else { return (q, Vec::new()) };
        for (link, joint) in multibody.links().skip(1).zip(&self.model.joints) {
            if joint.kind != JointKind::Free {
                q[joint.position] = link.joint.coords()[joint.axis] + joint.reference;
            }
        }
        (q, multibody.generalized_velocity().iter().copied().collect())
    }

    fn drive(&self, model: &Model, q: &[f64], qd: &[f64], forces: &mut [f64]) {
        let mut activations = self.state.activation.iter();
        for (actuator, control) in model.actuators.iter().zip(&self.control) {
            let input = actuator.filter.and_then(|_| activations.next()).unwrap_or(control);
            let one;
            let parts: &[(usize, usize, f64)] = match actuator.transmission {
                Transmission::Joint(joint) => {
                    one = [(model.joints[joint].dof, model.joints[joint].position, 1.0)];
                    &one
                }
                Transmission::Tendon(tendon) => &model.tendons[tendon],
            };
            let sum = |values: &[f64], at: fn(&(usize, usize, f64)) -> usize| {
                actuator.gear * parts.iter().map(|part| part.2 * values[at(part)]).sum::<f64>()
            };
            let (length, velocity) = (sum(q, |part| part.1), sum(qd, |part| part.0));
            let [constant, per_length, per_velocity] = actuator.bias;
            let force = actuator.gain * input + constant + per_length * length + per_velocity * velocity;
            for (dof, _, weight) in parts {
                forces[*dof] += weight * actuator.gear * force;
            }
        }
    }

    /// Activations after a time step. Forces of the step were those before it.
    pub(super) fn advance_activation(&mut self) {
        let dt = self.simulation.parameters.dt;
        let filtered = self.model.actuators.iter().zip(&self.control);
        let filtered = filtered.filter_map(|(actuator, control)| Some((actuator.filter?, control)));
        for (activation, (filter, control)) in self.state.activation.iter_mut().zip(filtered) {
            *activation += dt * (control - *activation) / filter;
        }
    }

    /// Returns the force and torque (about the centre of mass of its rigid link) of the fluid on the box with a link's
    /// inertia (`MuJoCo`'s inertia-box model, without viscosity).
    fn drag(&self, link: &LinkModel, density: f64) -> Option<Push> {
        let number = link.inertial.rigid_link?;
        let pose = self.world_pose(&link.inertial);
        let motion = self.motion_of(&link.inertial);
        let moments = link.moments.to_array();
        let side = |i: usize| (6.0 * (moments.iter().sum::<f64>() - 2.0 * moments[i]).max(0.0) / link.mass).sqrt();
        let [a, b, c] = [side(0), side(1), side(2)];
        let linear = (pose.rotation.inverse() * motion.linear).to_array();
        let angular = (pose.rotation.inverse() * motion.angular).to_array();
        let face = [b * c, a * c, a * b];
        let fourth = |x: f64| x * x * x * x;
        let turn = [a * (fourth(b) + fourth(c)), b * (fourth(a) + fourth(c)), c * (fourth(a) + fourth(b))];
        let force = std::array::from_fn(|i| -density / 2.0 * face[i] * linear[i].abs() * linear[i]);
        let torque = std::array::from_fn(|i| -density / 64.0 * turn[i] * angular[i].abs() * angular[i]);
        let (force, torque) = (pose.rotation * Vector::from_array(force), pose.rotation * Vector::from_array(torque));
        let arm = pose.translation - self.center_of_mass(number);
        Some((number, force, torque + arm.cross(force)))
    }
}

impl Simulation {
    /// Sets generalised forces on hinges and slides, and forces on links, of the next time step.
    fn set_forces(&mut self, model: &Model, q: &[f64], forces: &[f64], pushes: &[Push]) {
        let Some((multibody, bodies)) = self.multibody_and_bodies(model) else { return };
        for (link, joint) in multibody.links_mut().skip(1).zip(&model.joints) {
            if joint.kind != JointKind::Free {
                let rest = q[joint.position] - joint.reference + forces[joint.dof] / FORCE_SPRING;
                link.joint.set_spring(joint.axis, FORCE_SPRING, rest);
            }
        }
        if model.file.fluid.is_none() {
            return;
        }
        let handles: Vec<_> = multibody.links().skip(1).map(MultibodyLink::rigid_body_handle).collect();
        for handle in &handles {
            if let Some(body) = bodies.get_mut(*handle) {
                body.reset_forces(false);
                body.reset_torques(false);
            }
        }
        for (link, force, torque) in pushes {
            if let Some(body) = handles.get(*link).and_then(|handle| bodies.get_mut(*handle)) {
                body.add_force(*force, false);
                body.add_torque(*torque, false);
            }
        }
    }

    /// Gives Rapier's rigid bodies their links' velocities, which the law of contacts needs: Rapier's own are a step
    /// old.
    fn refresh_velocities(&mut self, model: &Model) {
        if !model.file.simulation.contacts {
            return;
        }
        let Some((multibody, bodies)) = self.multibody_and_bodies(model) else { return };
        for (i, link) in multibody.links().enumerate().skip(1) {
            let twist = multibody.body_jacobian(i) * multibody.generalized_velocity();
            if let Some(body) = bodies.get_mut(link.rigid_body_handle()) {
                body.set_linvel(Vector::new(twist[0], twist[1], twist[2]), false);
                body.set_angvel(Vector::new(twist[3], twist[4], twist[5]), false);
            }
        }
    }
}
