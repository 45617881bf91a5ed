//! Joint limits: rows in Rapier's solver, and only where a joint is beyond its bound.

use rapier3d_f64::prelude::{GenericJoint, JointAxesMask, SpringCoefficients};

use super::super::file::Softness;
use super::softness::{SoftLaw, rate, spring};

/// Least overlap that counts as one, rad or m.
const TOUCH: f64 = 1e-12;

/// A joint on its way in the next time step, rad and s or m and s.
#[derive(Clone, Copy)]
pub(super) struct Moving {
    pub q: f64,
    pub qd: f64,
    /// Roughly what its own force alone does to its velocity in the step.
    pub gain: f64,
    /// Share of a change of velocity that the joint's own implicit damping leaves.
    pub share: f64,
    /// Position at which Rapier's coordinate is 0.
    pub reference: f64,
}

/// A row that acts in the next time step.
struct Row {
    /// Whether at the upper bound.
    upper: bool,
    /// Velocity afterwards at full firmness, outwards.
    target: f64,
    firmness: f64,
    /// Whether it may also pull outwards.
    pulls: bool,
}

/// Returns the row of a joint beyond a bound.
fn row(law: &SoftLaw, [low, high]: [f64; 2], joint: Moving) -> Option<Row> {
    let Moving { q, qd, gain, share, .. } = joint;
    let upper = q > high;
    if !upper && q >= low {
        return None;
    }
    let (depth, speed, gain) = if upper { (q - high, qd, gain) } else { (low - q, -qd, -gain) };
    let (firmness, target) = (law.firmness(depth), law.slowed_target(depth, speed, share));
    // Rapier's row either pushes inwards only and aims at no velocity outwards, or pushes and pulls. A joint that slows
    // down beyond its bound needs the second, but must not be held there when its force brings it back by itself.
    let pulls = target > 0.0 && speed + gain > target;
    if target <= 0.0 || pulls {
        return Some(Row { upper, target, firmness, pulls });
    }
    // Slowed as much by a less firm row.
    let kept = if speed > 0.0 { (target / speed).min(1.0) } else { 0.0 };
    Some(Row { upper, target: 0.0, firmness: firmness * (1.0 - kept), pulls })
}

/// Sets the limit of a joint's axis for the next time step.
pub(super) fn set(data: &mut GenericJoint, axis: usize, law: &SoftLaw, range: [f64; 2], joint: Moving, dt: f64) {
    let Some(row) = row(law, range, joint) else {
        data.limit_axes = JointAxesMask::empty();
        return;
    };
    data.limit_axes = JointAxesMask::from_bits_truncate(1 << axis);
    data.softness = spring(row.firmness, dt);
    let coordinate = joint.q - joint.reference;
    // A bound pushes if it is passed, be it by nothing, and the position error that it sees sets the velocity.
    let error = row.target / rate(row.firmness, dt);
    let (inner, outer) = (TOUCH + (-error).max(0.0), if row.pulls { TOUCH + error } else { -f64::MAX });
    let limits = &mut data.limits[axis];
    (limits.min, limits.max) =
        if row.upper { (coordinate + outer, coordinate - inner) } else { (coordinate + inner, coordinate - outer) };
}

/// Returns the softness of dry friction: below its largest force, a joint slows down by the default law.
pub(super) fn dry_friction(dt: f64) -> SpringCoefficients<f64> {
    let law = SoftLaw::new(&Softness::default(), dt);
    let kept = law.target(0.0, 1.0).max(0.0);
    spring(law.firmness(0.0) * (1.0 - kept), dt)
}
