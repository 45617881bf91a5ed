//! The state of a body, and how it goes into Rapier's multibody and comes out of it.

use rapier3d_f64::prelude::{MultibodyJoint, Rotation, Vector};

use super::super::assemble::{Model, rotation, vector};
use super::super::file::JointKind;
use super::simulation::{Simulation, place};

/// What moves.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    pub q: Vec<f64>,
    pub qd: Vec<f64>,
    pub activation: Vec<f64>,
}

/// Returns the positions at which all links are placed as in the file.
pub(super) fn reference(model: &Model) -> Vec<f64> {
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

pub(super) fn normalize(quaternion: &mut [f64]) {
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
    /// Puts the multibody into a state.
    pub(super) fn load(&mut self, model: &Model, state: &State) {
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
    pub(super) fn store(&self, model: &Model, state: &mut State) {
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
}

/// Returns the rotation vector of a rotation, of length up to pi. By `libm`, so that all targets agree to the bit.
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
