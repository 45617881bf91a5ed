//! Constraints of our own, one row each: springs and dampers along a tendon or rope, integrated implicitly with the inertia
//! that the row meets, so that none is too stiff.

use rapier3d_f64::na::DVector;
use rapier3d_f64::prelude::{Multibody, Vector};

use super::super::build::{Model, SiteModel};
use super::World;

/// What rows know of the body beforehand.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    /// Per tendon: inverse inertia, stiffness and damping.
    tendons: Vec<Row>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    inverse_inertia: f64,
    stiffness: f64,
    damping: f64,
}

impl Row {
    /// Force at a length beyond the rest by `stretch`, changing at `rate`, such that both act as they are after the step.
    fn force(&self, stretch: f64, rate: f64, dt: f64) -> f64 {
        let Self { inverse_inertia, stiffness, damping } = *self;
        let resistance = damping + dt * stiffness;
        -(stiffness * stretch + resistance * rate) / (1.0 + dt * resistance * inverse_inertia)
    }
}

impl Rows {
    /// The rows of a body whose multibody is at the references, its mass matrix factorised.
    pub(super) fn new(model: &Model, multibody: &Multibody) -> Self {
        let row = |(parts, tendon): (&Vec<(usize, usize, f64)>, &super::super::file::Tendon)| {
            let mut jacobian = DVector::zeros(model.sizes[1]);
            parts.iter().for_each(|(dof, _, weight)| jacobian[*dof] += weight);
            let inverse_inertia = inverse_inertia(multibody, &jacobian);
            let held = tendon.hold.map_or((0.0, 0.0), |hold| {
                let rate = std::f64::consts::TAU * hold.frequency;
                (rate * rate / inverse_inertia, 2.0 * hold.damping_ratio * rate / inverse_inertia)
            });
            Row { inverse_inertia, stiffness: tendon.stiffness + held.0, damping: tendon.damping + held.1 }
        };
        Self { tendons: model.tendons.iter().zip(&model.file.tendons).map(row).collect() }
    }

    /// Adds the forces of the tendons' springs, dampers and holds to those of the joints.
    pub(super) fn tendon_forces(&self, model: &Model, q: &[f64], qd: &[f64], dt: f64, forces: &mut [f64]) {
        for (row, parts) in self.tendons.iter().zip(&model.tendons) {
            if row.stiffness == 0.0 && row.damping == 0.0 {
                continue;
            }
            let length: f64 = parts.iter().map(|(_, position, weight)| weight * q[*position]).sum();
            let rate: f64 = parts.iter().map(|(dof, _, weight)| weight * qd[*dof]).sum();
            let force = row.force(length, rate, dt);
            parts.iter().for_each(|(dof, _, weight)| forces[*dof] += weight * force);
        }
    }
}

/// J M^-1 J^T of a row J.
fn inverse_inertia(multibody: &Multibody, jacobian: &DVector<f64>) -> f64 {
    multibody.inv_augmented_mass().solve(jacobian).map_or(0.0, |x| x.dot(jacobian))
}

impl World {
    /// Per end of a taut rope: rigid link, force, torque about its centre of mass.
    pub(super) fn rope_forces(&self) -> Vec<(usize, Vector, Vector)> {
        let dt = self.simulation.parameters.dt;
        let mut pushes = Vec::new();
        for rope in &self.model.file.ropes {
            let [Some(a), Some(b)] = [0, 1].map(|i| self.model.sites.get(&rope.sites[i])) else { continue };
            let [from, to] = [a, b].map(|site| self.world_pose(&site.placement).translation);
            let length = (to - from).length();
            if length < 1e-9 {
                continue;
            }
            let direction = (to - from) / length;
            let velocity = self.motion_of(&b.placement).linear - self.motion_of(&a.placement).linear;
            let rate = velocity.dot(direction);
            // It acts when it would be taut at the end of the step.
            if length + dt * rate <= rope.length {
                continue;
            }
            let jacobian = self.row_of(b, direction) - self.row_of(a, direction);
            let Some(multibody) = self.simulation.multibody(&self.model) else { continue };
            let inverse_inertia = inverse_inertia(multibody, &jacobian);
            if inverse_inertia <= 0.0 {
                continue;
            }
            let natural = std::f64::consts::TAU * rope.softness.frequency;
            let row = Row {
                inverse_inertia,
                stiffness: natural * natural / inverse_inertia,
                damping: 2.0 * rope.softness.damping_ratio * natural / inverse_inertia,
            };
            let force = row.force(length - rope.length, rate, dt);
            if force < 0.0 {
                for (site, point, force) in [(a, from, -force * direction), (b, to, force * direction)] {
                    if let Some(link) = site.placement.rigid_link {
                        pushes.push((link, force, (point - self.center_of_mass(link)).cross(force)));
                    }
                }
            }
        }
        pushes
    }

    /// How the joints' velocities move a site along a direction.
    fn row_of(&self, site: &SiteModel, direction: Vector) -> DVector<f64> {
        let none = DVector::zeros(self.model.sizes[1]);
        let (Some(link), Some(multibody)) = (site.placement.rigid_link, self.simulation.multibody(&self.model)) else {
            return none;
        };
        let arm = self.world_pose(&site.placement).translation - self.center_of_mass(link);
        let turning = arm.cross(direction);
        let jacobian = multibody.body_jacobian(link + 1);
        let row = |column: usize| {
            let entry = |i: usize| jacobian[(i, column)];
            direction.dot(Vector::new(entry(0), entry(1), entry(2))) + turning.dot(Vector::new(entry(3), entry(4), entry(5)))
        };
        DVector::from_fn(none.len(), |column, _| row(column))
    }
}
