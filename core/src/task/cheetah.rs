//! Cheetah: a planar two-legged runner with springs in its joints (`dm_control/suite/cheetah.py`).

use super::info::{ObservationPart, TaskInfo, part};
use super::task::Task;
use super::tolerance::{Sigmoid, tolerance};
use crate::body::Simulator;
use crate::math::Stream;

/// Speed asked for, m/s.
const RUN_SPEED: f64 = 10.0;
/// Control steps in which a start settles on the floor.
const SETTLING_STEPS: usize = 200;

const OBSERVATION: &[ObservationPart] = &[part("position", 8), part("velocity", 9)];

pub(super) static TASKS: &[&dyn Task] = &[&Run {
    info: TaskInfo::new(
        ["cheetah-run", "cheetah", "Make a planar two-legged body run at 10 m/s."],
        OBSERVATION,
        6,
        0.01,
    ),
}];

/// Grows with the speed up to 10 m/s (`Cheetah.get_reward`). `velocity` is that of the whole body's centre of mass
/// along x, m/s.
#[must_use]
pub fn run_reward(velocity: f64) -> f64 {
    tolerance(velocity, [RUN_SPEED, f64::INFINITY], RUN_SPEED, Sigmoid::Linear, 0.0)
}

pub(super) struct Run {
    pub info: TaskInfo,
}

impl Task for Run {
    fn info(&self) -> &TaskInfo {
        &self.info
    }

    /// Positions of all joints but the first, which is how far it has come; velocities (`Cheetah.get_observation`).
    fn observe(&self, sim: &dyn Simulator, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        observation.extend(sim.q().iter().skip(1));
        observation.extend(sim.qd());
    }

    fn reward(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> f64 {
        run_reward(sim.center_velocity()[0])
    }

    /// Limited joints anywhere in their range, the torso level; then it falls and settles
    /// (`Cheetah.initialize_episode`).
    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
        let mut q = sim.reference_positions();
        let ranges: Vec<_> = sim.joints().iter().map(|joint| joint.range).collect();
        for (position, range) in q.iter_mut().zip(ranges) {
            if let Some([low, high]) = range {
                *position = stream.uniform_in(low, high);
            }
        }
        sim.set_state(&q, &[]);
        (0..SETTLING_STEPS).for_each(|_| sim.step_control());
        None
    }
}
