//! Replaying recorded motions.

use bootstride_core::body::{BodyFile, World};

use crate::reference::Rollout;

pub fn world(domain: &str) -> World {
    World::new(&BodyFile::built_in(domain).unwrap()).unwrap()
}

/// The larger of two numbers; NaN if one is, which `f64::max` would pass over.
pub fn larger(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}

/// Largest difference per coordinate, positions and velocities apart.
#[derive(Clone, Debug)]
pub struct Errors {
    pub q: Vec<f64>,
    pub qd: Vec<f64>,
}

impl Errors {
    fn new(dof: usize) -> Self {
        Self { q: vec![0.0; dof], qd: vec![0.0; dof] }
    }

    fn add(&mut self, world: &World, rollout: &Rollout, step: usize) {
        let widen = |worst: &mut [f64], found: Vec<f64>, expected: &[f64]| {
            for ((worst, found), expected) in worst.iter_mut().zip(found).zip(expected) {
                *worst = larger(*worst, (found - expected).abs());
            }
        };
        widen(&mut self.q, world.q(), &rollout.q[step]);
        widen(&mut self.qd, world.qd(), &rollout.qd[step]);
    }
}

/// From the first state, with the recorded controls, never corrected.
pub fn open_loop(world: &mut World, rollout: &Rollout, steps: usize) -> Errors {
    let mut errors = Errors::new(world.dof());
    world.set_state(&rollout.q[0], &rollout.qd[0]);
    for (t, control) in rollout.controls.iter().take(steps).enumerate() {
        world.set_control(control);
        world.step_control();
        errors.add(world, rollout, t + 1);
    }
    errors
}

/// One control step from each recorded state.
pub fn one_step(world: &mut World, rollout: &Rollout, steps: usize) -> Errors {
    let mut errors = Errors::new(world.dof());
    for (t, control) in rollout.controls.iter().take(steps).enumerate() {
        world.set_state(&rollout.q[t], &rollout.qd[t]);
        world.set_control(control);
        world.step_control();
        errors.add(world, rollout, t + 1);
    }
    errors
}

/// Highest minus lowest of each column over the first `steps` control steps.
pub fn ranges(states: &[Vec<f64>], steps: usize) -> Vec<f64> {
    let column = |i: usize| states.iter().take(steps + 1).map(move |state| state[i]);
    (0..states[0].len())
        .map(|i| column(i).fold(f64::NEG_INFINITY, f64::max) - column(i).fold(f64::INFINITY, f64::min))
        .collect()
}

/// Control steps before the recorded motion comes within a control step of a joint limit: what happens there is
/// the softness of the limit, not the motion.
pub fn steps_before_limits(world: &World, rollout: &Rollout) -> usize {
    let dt = world.control_timestep();
    let limits: Vec<_> = world.file().joints().map(|joint| joint.limit.map(|limit| limit.range)).collect();
    let free = |t: &usize| {
        let state = limits.iter().zip(&rollout.q[*t]).zip(&rollout.qd[*t]);
        state.fold(true, |free, ((limit, q), qd)| {
            free && limit.is_none_or(|[low, high]| q - 2.0 * dt * qd.abs() > low && q + 2.0 * dt * qd.abs() < high)
        })
    };
    (0..rollout.controls.len()).take_while(free).count()
}
