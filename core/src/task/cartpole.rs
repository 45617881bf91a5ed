//! Cart-pole: balance or swing up a pole by pushing the cart under it (`dm_control/suite/cartpole.py`).

use std::f64::consts::PI;

use super::info::{ObservationPart, TaskInfo, part};
use super::task::{Task, tilt};
use super::tolerance::{Sigmoid, gaussian, tolerance};
use crate::body::Simulator;
use crate::math::Stream;

/// Where the sparse tasks pay: cart position, m.
const CART_RANGE: [f64; 2] = [-0.25, 0.25];
/// Where the sparse tasks pay: cosine of the pole's angle.
const COSINE_RANGE: [f64; 2] = [0.995, 1.0];

const OBSERVATION: &[ObservationPart] = &[part("position", 3), part("velocity", 2)];

pub(super) static TASKS: &[&dyn Task] = &[
    &task(["cartpole-balance", "Keep a pole upright on a cart near the centre."], false, false),
    &task(["cartpole-balance-sparse", "The same, paid only when upright and near the centre."], false, true),
    &task(["cartpole-swingup", "Swing up a hanging pole on a cart and keep it upright."], true, false),
    &task(["cartpole-swingup-sparse", "The same, paid only when upright and near the centre."], true, true),
];

const fn task([name, description]: [&'static str; 2], swing_up: bool, sparse: bool) -> Cartpole {
    Cartpole { info: TaskInfo::new([name, "cartpole", description], OBSERVATION, 1, 0.01), swing_up, sparse }
}

/// Returns the smooth reward (`Balance._get_reward`, not sparse): upright, centred, little control, slow pole.
///
/// `cart_position` in m, `pole_cosine` of the pole's angle, `angular_velocity` of the hinge in rad/s, `control` in
/// [-1, 1].
#[must_use]
pub fn dense_reward(cart_position: f64, pole_cosine: f64, angular_velocity: f64, control: f64) -> f64 {
    let upright = f64::midpoint(pole_cosine, 1.0);
    let centered = f64::midpoint(1.0, gaussian(cart_position, [0.0, 0.0], 2.0));
    let small_control = (4.0 + tolerance(control, [0.0, 0.0], 1.0, Sigmoid::Quadratic, 0.0)) / 5.0;
    let small_velocity = f64::midpoint(1.0, gaussian(angular_velocity, [0.0, 0.0], 5.0));
    upright * small_control * small_velocity * centered
}

/// Returns the sparse reward (`Balance._get_reward`, sparse): 1 near the centre with the pole within 5.7 degrees of the
/// vertical, else 0. A cosine rounded above 1 counts as 1.
#[must_use]
pub fn sparse_reward(cart_position: f64, pole_cosine: f64) -> f64 {
    gaussian(cart_position, CART_RANGE, 0.0) * gaussian(pole_cosine.min(1.0), COSINE_RANGE, 0.0)
}

/// The four tasks.
pub(super) struct Cartpole {
    pub info: TaskInfo,
    pub swing_up: bool,
    pub sparse: bool,
}

impl Task for Cartpole {
    fn info(&self) -> &TaskInfo {
        &self.info
    }

    /// Cart position, cosine and sine of the pole's angle; both velocities (`Balance.get_observation`).
    fn observe(&self, sim: &dyn Simulator, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        let [sin, cos] = tilt(sim, "pole_1");
        observation.extend([sim.q()[0], cos, sin]);
        observation.extend(sim.qd());
    }

    fn reward(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> f64 {
        let (position, cosine) = (sim.q()[0], tilt(sim, "pole_1")[1]);
        if self.sparse {
            sparse_reward(position, cosine)
        } else {
            dense_reward(position, cosine, sim.qd()[1], sim.control()[0])
        }
    }

    /// Upright with small deviations, or hanging with smaller ones (`Balance.initialize_episode`).
    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
        const NOISE: f64 = 0.01;
        let q = if self.swing_up {
            [NOISE * stream.normal(), PI + NOISE * stream.normal()]
        } else {
            [stream.uniform_in(-0.1, 0.1), stream.uniform_in(-0.034, 0.034)]
        };
        let qd = [NOISE * stream.normal(), NOISE * stream.normal()];
        sim.set_state(&q, &qd);
        None
    }
}
