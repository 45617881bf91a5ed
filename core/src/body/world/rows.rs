//! Constraints of our own, one row each: held tendons and taut ropes, by the law of soft constraints.

use rapier3d_f64::na::DVector;
use rapier3d_f64::prelude::Vector;

use super::super::build::{Model, SiteModel};
use super::forces::Push;
use super::softness::SoftLaw;
use super::{Simulation, State, World};

/// Time step in which the scout looks at accelerations, s: as good as none.
const MOMENT: f64 = 1e-9;

/// Adds the forces of the tendons' springs and dampers to those of the joints.
pub(super) fn stretch_tendons(model: &Model, q: &[f64], qd: &[f64], forces: &mut [f64]) {
    for (tendon, parts) in model.file.tendons.iter().zip(&model.tendons) {
        if tendon.stiffness > 0.0 || tendon.damping > 0.0 {
            let [length, rate] = stretch(parts, q, qd);
            let force = -tendon.stiffness * length - tendon.damping * rate;
            parts.iter().for_each(|(dof, _, weight)| forces[*dof] += weight * force);
        }
    }
}

/// Length of a tendon and its rate of change.
fn stretch(parts: &[(usize, usize, f64)], q: &[f64], qd: &[f64]) -> [f64; 2] {
    let length = parts.iter().map(|(_, position, weight)| weight * q[*position]).sum();
    let rate = parts.iter().map(|(dof, _, weight)| weight * qd[*dof]).sum();
    [length, rate]
}

/// A second multibody without colliders. It tells how the body would accelerate under given forces, which rows have to know.
#[derive(Clone)]
pub(super) struct Scout(Simulation);

impl Scout {
    /// A scout for a body whose file has rows; none for another.
    pub fn new(model: &Model, simulation: &Simulation) -> Option<Self> {
        let held = model.file.tendons.iter().any(|tendon| tendon.hold.is_some());
        (held || !model.file.ropes.is_empty()).then(|| {
            let mut simulation = simulation.clone();
            simulation.forget_colliders();
            simulation.parameters.dt = MOMENT;
            Self(simulation)
        })
    }
}

/// The row of one constraint.
struct Row {
    jacobian: DVector<f64>,
    /// Beyond the bound, outwards, and its rate.
    stretch: [f64; 2],
    law: SoftLaw,
}

impl Row {
    /// Force, outwards, if the constraint may push and pull: it gives the acceleration that the law asks for.
    fn force(&self, scout: &Simulation, model: &Model) -> f64 {
        let Some(multibody) = scout.multibody(model) else { return 0.0 };
        let Some(inverse) = multibody.inv_augmented_mass().solve(&self.jacobian) else { return 0.0 };
        let inverse_inertia = inverse.dot(&self.jacobian);
        if inverse_inertia <= 0.0 {
            return 0.0;
        }
        let [depth, rate] = self.stretch;
        let free = self.jacobian.dot(&multibody.generalized_acceleration().into_owned());
        self.law.firmness(depth) * (self.law.acceleration(depth, rate) - free) / inverse_inertia
    }
}

impl World {
    /// Adds the forces of held tendons to those of the joints, and those of taut ropes to those on the links.
    pub(super) fn hold(
        &mut self,
        model: &Model,
        q: &[f64],
        qd: &[f64],
        forces: &mut [f64],
        pushes: &mut Vec<Push>,
    ) {
        let Some(mut scout) = self.scout.take() else { return };
        let taut = self.taut_ropes();
        let held = model.file.tendons.iter().any(|tendon| tendon.hold.is_some());
        if held || !taut.is_empty() {
            let mut state = State { q: vec![0.0; model.sizes[0]], qd: vec![0.0; model.sizes[1]], ..State::default() };
            self.simulation.store(model, &mut state);
            scout.0.load(model, &state);
            scout.0.set_forces(model, q, forces, pushes);
            scout.0.step(model, super::vector(model.file.simulation.gravity));
        }
        let dt = self.simulation.parameters.dt;
        for (tendon, parts) in model.file.tendons.iter().zip(&model.tendons) {
            let Some(softness) = tendon.hold else { continue };
            let mut jacobian = DVector::zeros(model.sizes[1]);
            parts.iter().for_each(|(dof, _, weight)| jacobian[*dof] += weight);
            let row = Row { jacobian, stretch: stretch(parts, q, qd), law: SoftLaw::new(&softness, dt) };
            let force = row.force(&scout.0, model);
            parts.iter().for_each(|(dof, _, weight)| forces[*dof] += weight * force);
        }
        for (row, ends) in taut {
            let force = row.force(&scout.0, model).min(0.0);
            for (link, point, direction) in ends {
                let push = direction * force;
                pushes.push((link, push, (point - self.center_of_mass(link)).cross(push)));
            }
        }
        self.scout = Some(scout);
    }

    /// The rows of taut ropes, and per end of a rope that moves: rigid link, point, and direction of what lengthens it.
    fn taut_ropes(&self) -> Vec<(Row, Vec<(usize, Vector, Vector)>)> {
        let dt = self.simulation.parameters.dt;
        let mut taut = Vec::new();
        for rope in &self.model.file.ropes {
            let [Some(a), Some(b)] = [0, 1].map(|i| self.model.sites.get(&rope.sites[i])) else { continue };
            let [from, to] = [a, b].map(|site| self.world_pose(&site.placement).translation);
            let length = (to - from).length();
            if length <= rope.length || length < 1e-9 {
                continue;
            }
            let direction = (to - from) / length;
            let velocity = self.motion_of(&b.placement).linear - self.motion_of(&a.placement).linear;
            let row = Row {
                jacobian: self.row_of(b, direction) - self.row_of(a, direction),
                stretch: [length - rope.length, velocity.dot(direction)],
                law: SoftLaw::new(&rope.softness, dt),
            };
            let ends = [(a, from, -direction), (b, to, direction)];
            let moving = ends.into_iter().filter_map(|(site, at, way)| Some((site.placement.rigid_link?, at, way)));
            taut.push((row, moving.collect()));
        }
        taut
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
