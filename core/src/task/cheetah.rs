//! Cheetah: a planar two-legged runner with springs in its joints (`dm_control/suite/cheetah.py`).

use super::domain::Domain;
use super::info::{ObservationPart, Task, info, part};
use super::tolerance::{Sigmoid, tolerance};
use crate::body::World;
use crate::math::Stream;

/// Speed asked for, m/s.
const RUN_SPEED: f64 = 10.0;
/// Control steps in which a start settles on the floor.
const SETTLING_STEPS: usize = 200;

const OBSERVATION: &[ObservationPart] = &[part("position", 8), part("velocity", 9)];

pub(super) static TASKS: &[Task] = &[Task {
    info: info(["cheetah-run", "cheetah", "Make a planar two-legged body run at 10 m/s."], OBSERVATION, 6, 0.01),
    domain: &Run,
}];

/// Grows with the speed up to 10 m/s (`Cheetah.get_reward`). `velocity` is that of the whole body's centre of mass along
/// x, m/s.
#[must_use]
pub fn run_reward(velocity: f64) -> f64 {
    tolerance(velocity, [RUN_SPEED, f64::INFINITY], RUN_SPEED, Sigmoid::Linear, 0.0)
}

pub(super) struct Run;

impl Domain for Run {
    /// Positions of all joints but the first, which is how far it has come; velocities (`Cheetah.get_observation`).
    fn observe(&self, world: &World, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        observation.extend(world.q().iter().skip(1));
        observation.extend(world.qd());
    }

    fn reward(&self, world: &World, _: Option<[f64; 3]>) -> f64 {
        run_reward(world.center_velocity().x)
    }

    /// Limited joints anywhere in their range, the torso level; then it falls and settles
    /// (`Cheetah.initialize_episode`).
    fn reset(&self, world: &mut World, stream: &mut Stream) -> Option<[f64; 3]> {
        let mut q = world.reference_positions();
        let limits: Vec<_> = world.file().joints().map(|joint| joint.limit).collect();
        for (position, limit) in q.iter_mut().zip(limits) {
            if let Some(limit) = limit {
                *position = stream.uniform_in(limit.range[0], limit.range[1]);
            }
        }
        world.set_state(&q, &[]);
        (0..SETTLING_STEPS).for_each(|_| world.step_control());
        None
    }
}
