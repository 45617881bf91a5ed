//! Joint limits: rows in Rapier's solver, and only where a joint is beyond its bound or about to go far beyond.

use rapier3d_f64::prelude::{GenericJoint, JointAxesMask, SpringCoefficients};

use super::super::file::Softness;
use super::softness::{SoftLaw, rate, spring};

/// How far beyond its bound a joint may come, however fast it is, rad or m. The law alone would let the fastest joints go 0.1.
const FURTHEST: f64 = 0.04;

/// A row that acts in the next time step.
struct Row {
    /// Whether at the upper bound.
    upper: bool,
    /// Velocity afterwards, inwards, at full firmness; not negative.
    inwards: f64,
    firmness: f64,
}

/// The row of a joint with bounds, at a position and velocity.
fn row(law: &SoftLaw, [low, high]: [f64; 2], q: f64, qd: f64, dt: f64) -> Option<Row> {
    let upper = q - high > low - q;
    let (depth, speed) = if upper { (q - high, qd) } else { (low - q, -qd) };
    let soft = depth > 0.0;
    let mut firmness = if soft { law.firmness(depth) } else { 0.0 };
    let mut target = if soft { law.target(depth, speed) } else { speed };
    let furthest = ((FURTHEST - depth) / dt).max(0.0);
    if target > furthest || (1.0 - firmness) * speed + firmness * target > furthest {
        (target, firmness) = (furthest.min(target), law.firmness(f64::INFINITY));
    } else if !soft {
        return None;
    }
    if target < 0.0 {
        return Some(Row { upper, inwards: -target, firmness });
    }
    // Rapier's row aims at no velocity outwards. It slows such a joint as much by being less firm.
    let kept = if speed > 0.0 { (target / speed).min(1.0) } else { 0.0 };
    Some(Row { upper, inwards: 0.0, firmness: firmness * (1.0 - kept) })
}

/// Sets the limit of a joint's axis for the next time step. `reference` is the position at which Rapier's coordinate is 0.
pub(super) fn set(joint: &mut GenericJoint, axis: usize, law: &SoftLaw, range: [f64; 2], at: [f64; 3], dt: f64) {
    let [q, qd, reference] = at;
    let Some(row) = row(law, range, q, qd, dt) else {
        joint.limit_axes = JointAxesMask::empty();
        return;
    };
    joint.limit_axes = JointAxesMask::from_bits_truncate(1 << axis);
    joint.softness = spring(row.firmness, dt);
    // The row acts if the bound is passed, be it by nothing.
    let error = (row.inwards / rate(row.firmness, dt)).max(1e-12);
    let limits = &mut joint.limits[axis];
    let coordinate = q - reference;
    (limits.min, limits.max) =
        if row.upper { (-f64::MAX, coordinate - error) } else { (coordinate + error, f64::MAX) };
}

/// The softness of dry friction: below its largest force, a joint slows down by the default law.
pub(super) fn dry_friction(dt: f64) -> SpringCoefficients<f64> {
    let law = SoftLaw::new(&Softness::default(), dt);
    let kept = law.target(0.0, 1.0).max(0.0);
    spring(law.firmness(0.0) * (1.0 - kept), dt)
}
