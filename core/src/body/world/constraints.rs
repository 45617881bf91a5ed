//! Constraints of our own, one row each: held tendons and taut ropes, by the law of soft constraints. Rapier's solver
//! has no rows over several joints, so these act after it, on velocities and positions.

use rapier3d_f64::na::DVector;
use rapier3d_f64::prelude::{Multibody, Vector};

use super::super::assemble::{JointModel, Model, SiteModel};
use super::super::file::{Integrator, JointKind};
use super::softness::SoftLaw;
use super::{Simulation, World};

/// Sweeps over the rows of a time step. They hardly touch each other.
const SWEEPS: usize = 4;
/// Refinements of the effect of a force without implicit damping.
const REFINEMENTS: usize = 12;
/// How far beyond its bound a hinge may come, however hard it is hit, rad. The law alone lets the fastest go 0.15. A
/// slide has only the law: it may be meant as a soft buffer.
const FURTHEST: f64 = 0.04;
/// Sweeps over the hinges that have come so far.
const STOP_SWEEPS: usize = 200;
/// Velocity beyond what a stop allows that is let go, rad/s.
const SMALL_EXCESS: f64 = 1e-3;

/// Adds the forces of the tendons' springs and dampers to those of the joints.
pub(super) fn stretch_tendons(model: &Model, q: &[f64], qd: &[f64], forces: &mut [f64]) {
    for (tendon, parts) in model.file.tendons.iter().zip(&model.tendons) {
        if tendon.stiffness > 0.0 || tendon.damping > 0.0 {
            let [length, rate] = stretch(parts, q, qd);
            let force = -tendon.stiffness * length - tendon.damping * rate;
            for (dof, _, weight) in parts {
                forces[*dof] += weight * force;
            }
        }
    }
}

/// Length of a tendon and its rate of change.
fn stretch(parts: &[(usize, usize, f64)], q: &[f64], qd: &[f64]) -> [f64; 2] {
    let length = parts.iter().map(|(_, position, weight)| weight * q[*position]).sum();
    let rate = parts.iter().map(|(dof, _, weight)| weight * qd[*dof]).sum();
    [length, rate]
}

/// The row of one constraint at the beginning of a time step.
pub(super) struct Row {
    jacobian: DVector<f64>,
    firmness: f64,
    /// Acceleration at full firmness, outwards.
    target: f64,
    /// Whether it only pulls inwards.
    only_pulls: bool,
}

impl Row {
    fn new(jacobian: DVector<f64>, [depth, rate]: [f64; 2], law: &SoftLaw, only_pulls: bool) -> Self {
        Self { jacobian, firmness: law.firmness(depth), target: law.acceleration(depth, rate), only_pulls }
    }
}

/// A row of a body that has taken its time step without it.
struct Late {
    row: Row,
    /// What a unit of impulse does to velocities, with the damping that is integrated implicitly.
    effect: DVector<f64>,
    /// Acceleration of the row, less damping's implicit part, per acceleration of the joints. The law is about
    /// accelerations as they are before implicit damping takes its share.
    reading: DVector<f64>,
    inverse_inertia: f64,
    force: f64,
}

impl Late {
    fn new(row: Row, multibody: &Multibody, dt: f64) -> Self {
        let solve = |x: &DVector<f64>| multibody.inv_augmented_mass().solve(x);
        let effect = solve(&row.jacobian).unwrap_or_else(|| DVector::zeros(row.jacobian.len()));
        // M^-1 J from the factors of M + dt D, which are at hand: M x = J is (M + dt D) x = J + dt D x.
        let damping = multibody.damping() * dt;
        let mut undamped = effect.clone();
        for _ in 0..REFINEMENTS {
            undamped = solve(&(&row.jacobian + damping.component_mul(&undamped))).unwrap_or(undamped);
        }
        let inverse_inertia = undamped.dot(&row.jacobian);
        let reading = &row.jacobian + damping.component_mul(&undamped);
        Self { row, effect, reading, inverse_inertia, force: 0.0 }
    }

    /// Changes velocities such that this row alone is satisfied.
    fn solve(&mut self, before: &DVector<f64>, velocity: &mut DVector<f64>, dt: f64) {
        if self.inverse_inertia <= 0.0 {
            return;
        }
        let acceleration = (self.reading.dot(velocity) - self.reading.dot(before)) / dt;
        let free = acceleration - self.inverse_inertia * self.force;
        let mut force = self.row.firmness * (self.row.target - free) / self.inverse_inertia;
        if self.row.only_pulls {
            force = force.min(0.0);
        }
        velocity.axpy(dt * (force - self.force), &self.effect, 1.0);
        self.force = force;
    }
}

impl World {
    /// Returns the rows that act in the next time step: of held tendons and of taut ropes.
    pub(super) fn rows(&self, model: &Model) -> Vec<Row> {
        let dt = self.simulation.parameters.dt;
        let mut rows = self.taut_ropes(dt);
        if model.file.simulation.integrator == Integrator::Explicit {
            rows.extend(self.passed_limits(model));
        }
        let held = model.file.tendons.iter().zip(&model.tendons);
        let held: Vec<_> = held.filter_map(|(tendon, parts)| Some((tendon.hold?, parts))).collect();
        if !held.is_empty() {
            let (q, qd) = self.coordinates();
            rows.extend(held.into_iter().map(|(softness, parts)| {
                let mut jacobian = DVector::zeros(model.sizes[1]);
                for (dof, _, weight) in parts {
                    jacobian[*dof] += weight;
                }
                Row::new(jacobian, stretch(parts, &q, &qd), &SoftLaw::new(&softness, dt), false)
            }));
        }
        rows
    }

    /// Of the joints beyond their bounds, where Rapier's solver does not see to them.
    fn passed_limits(&self, model: &Model) -> Vec<Row> {
        let (q, qd) = self.coordinates();
        let row = |joint: &JointModel| {
            let ([low, high], law) = joint.limit.as_ref()?;
            let (at, rate) = (q[joint.position], qd[joint.dof]);
            let (side, depth) = if at > *high { (1.0, at - high) } else { (-1.0, low - at) };
            let mut jacobian = DVector::zeros(model.sizes[1]);
            jacobian[joint.dof] = side;
            (depth > 0.0).then(|| Row::new(jacobian, [depth, side * rate], law, true))
        };
        model.joints.iter().filter_map(row).collect()
    }

    fn taut_ropes(&self, dt: f64) -> Vec<Row> {
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
            let jacobian = self.row_of(b, direction) - self.row_of(a, direction);
            let stretch = [length - rope.length, velocity.dot(direction)];
            taut.push(Row::new(jacobian, stretch, &SoftLaw::new(&rope.softness, dt), true));
        }
        taut
    }

    /// Returns how the joints' velocities move a site along a direction.
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
            direction.dot(Vector::new(entry(0), entry(1), entry(2)))
                + turning.dot(Vector::new(entry(3), entry(4), entry(5)))
        };
        DVector::from_fn(none.len(), |column, _| row(column))
    }
}

/// A hinge that a time step takes too far beyond its bound.
struct Stop {
    dof: usize,
    /// Velocity that it may have at most, and the sign of outwards.
    most: f64,
    side: f64,
    effect: DVector<f64>,
}

impl Stop {
    /// Takes the excess from the velocities; gives what it was, rad/s.
    fn solve(&self, velocity: &mut DVector<f64>) -> f64 {
        let excess = self.side * velocity[self.dof] - self.most;
        if excess > 0.0 && self.effect[self.dof] > 0.0 {
            velocity.axpy(-self.side * excess / self.effect[self.dof], &self.effect, 1.0);
        }
        excess
    }
}

impl Simulation {
    /// Lets rows act in a time step that has been taken without them, and stops hinges that it takes too far beyond
    /// their bounds. `q` and `before`: positions and velocities at its beginning.
    pub(super) fn settle(&mut self, model: &Model, rows: Vec<Row>, q: &[f64], before: &DVector<f64>) {
        let dt = self.parameters.dt;
        let Some((multibody, bodies)) = self.multibody_and_bodies(model) else { return };
        let mut rows: Vec<Late> = rows.into_iter().map(|row| Late::new(row, multibody, dt)).collect();
        let without = multibody.generalized_velocity().into_owned();
        let mut velocity = without.clone();
        let sweeps = if rows.len() > 1 { SWEEPS } else { 1 };
        for _ in 0..sweeps {
            for row in &mut rows {
                row.solve(before, &mut velocity, dt);
            }
        }
        let mut stops: Vec<Stop> = Vec::new();
        for sweep in 0..STOP_SWEEPS {
            // A stop may drive another joint too far.
            let known = stops.len();
            for joint in model.joints.iter().filter(|joint| joint.kind == JointKind::Hinge) {
                let Some(([low, high], _)) = joint.limit else { continue };
                let (at, rate) = (q[joint.position], velocity[joint.dof]);
                let (side, depth) = if rate > 0.0 { (1.0, at - high) } else { (-1.0, low - at) };
                let most = ((FURTHEST - depth) / dt).max(0.0);
                if side * rate > most + 1e-9 && stops.iter().all(|stop| stop.dof != joint.dof) {
                    let mut unit = DVector::zeros(velocity.len());
                    unit[joint.dof] = 1.0;
                    let effect = multibody.inv_augmented_mass().solve(&unit).unwrap_or(unit);
                    stops.push(Stop { dof: joint.dof, most, side, effect });
                }
            }
            if stops.is_empty() || (sweep > 0 && stops.len() == 1 && known == 1) {
                break;
            }
            let worst = stops.iter().map(|stop| stop.solve(&mut velocity)).fold(0.0, f64::max);
            if worst < SMALL_EXCESS && stops.len() == known {
                break;
            }
        }
        if rows.is_empty() && stops.is_empty() {
            return;
        }
        let displacement: Vec<f64> = (&velocity - &without).iter().map(|change| change * dt).collect();
        multibody.generalized_velocity_mut().copy_from(&velocity);
        multibody.apply_displacements(&displacement);
        super::place(multibody, bodies);
    }

    /// Returns the velocities of the joints.
    pub(super) fn velocity(&self, model: &Model) -> DVector<f64> {
        self.multibody(model)
            .map_or_else(|| DVector::zeros(0), |multibody| multibody.generalized_velocity().into_owned())
    }
}
