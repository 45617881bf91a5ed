//! The law of soft constraints, and how Rapier's solver is made to obey it.

use rapier3d_f64::prelude::SpringCoefficients;

use super::super::file::Softness;

/// A softness in time steps of one length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SoftLaw {
    dt: f64,
    firmness: [f64; 2],
    width: f64,
    /// 1/s^2 and 1/s.
    stiffness: f64,
    damping: f64,
}

impl SoftLaw {
    pub fn new(softness: &Softness, dt: f64) -> Self {
        let Softness { time_constant, damping_ratio, firmness, width } = *softness;
        let rate = 1.0 / (firmness[1] * time_constant.max(2.0 * dt));
        let stiffness = (rate / damping_ratio) * (rate / damping_ratio);
        Self { dt, firmness, width, stiffness, damping: 2.0 * rate }
    }

    /// Firmness at a depth (m or rad) beyond the bound.
    pub fn firmness(&self, depth: f64) -> f64 {
        let [low, high] = self.firmness;
        let x = (depth.abs() / self.width).min(1.0);
        let share = if x < 0.5 { 2.0 * x * x } else { 1.0 - 2.0 * (1.0 - x) * (1.0 - x) };
        low + share * (high - low)
    }

    /// Returns the velocity after a time step, outwards, if the constraint were entirely firm.
    pub fn target(&self, depth: f64, velocity: f64) -> f64 {
        self.slowed_target(depth, velocity, 1.0)
    }

    /// Returns the same where implicit damping leaves only a share of each change of velocity.
    pub fn slowed_target(&self, depth: f64, velocity: f64, share: f64) -> f64 {
        velocity + self.dt * share * self.acceleration(depth, velocity)
    }

    /// Acceleration, outwards, if the constraint were entirely firm.
    pub fn acceleration(&self, depth: f64, velocity: f64) -> f64 {
        -self.damping * velocity - self.stiffness * self.firmness(depth) * depth
    }
}

/// Rapier's spring for which a constraint row ends a time step with the velocity (1 - firmness) `free` + firmness
/// `target`, where `target` is [`rate`] times the row's position error, and `free` the velocity without the row.
pub(crate) fn spring(firmness: f64, dt: f64) -> SpringCoefficients<f64> {
    SpringCoefficients::new(ratio(firmness) / (std::f64::consts::TAU * dt), 0.5)
}

/// Target velocity per position error of a row with such a spring, 1/s.
pub(crate) fn rate(firmness: f64, dt: f64) -> f64 {
    let x = ratio(firmness);
    x / (dt * (1.0 + x))
}

/// Returns the time step over the inverse rate of the spring. With the damping ratio 1/2 it regularises a row by 1 / (x
/// (1 + x)) of its own inverse inertia, which has to be (1 - firmness) / firmness.
fn ratio(firmness: f64) -> f64 {
    let firmness = firmness.clamp(1e-9, 1.0 - 1e-9);
    0.5 * ((1.0 + 4.0 * firmness / (1.0 - firmness)).sqrt() - 1.0)
}
