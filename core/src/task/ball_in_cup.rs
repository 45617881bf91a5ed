//! Ball in cup: swing up a ball on a string and catch it (`dm_control/suite/ball_in_cup.py`).

use super::info::{ObservationPart, TaskInfo, part};
use super::task::{MOST_DRAWS, Task};
use crate::body::Simulator;
use crate::math::Stream;
use crate::math::pose::difference;

/// Half sides of the space inside the cup, x and z, m: those of the model's target site.
const TARGET_SIZE: [f64; 2] = [0.05, 0.05];
/// Radius of the ball, m.
const BALL_SIZE: f64 = 0.025;

const OBSERVATION: &[ObservationPart] = &[part("position", 4), part("velocity", 4)];

pub(super) static TASKS: &[&dyn Task] = &[&Catch {
    info: TaskInfo::new(
        ["cup-catch", "ball_in_cup", "Swing up a ball on a string and catch it in a cup."],
        OBSERVATION,
        2,
        0.02,
    ),
}];

/// 1 while the whole ball is inside the cup, else 0 (`Physics.in_target`). `ball_to_target` is the vector from the
/// ball's centre to that of the space inside the cup, x and z, m.
#[must_use]
pub fn catch_reward(ball_to_target: [f64; 2]) -> f64 {
    let inside = ball_to_target.iter().zip(TARGET_SIZE).all(|(distance, size)| distance.abs() < size - BALL_SIZE);
    f64::from(u8::from(inside))
}

pub(super) struct Catch {
    pub info: TaskInfo,
}

impl Task for Catch {
    fn info(&self) -> &TaskInfo {
        &self.info
    }

    /// Joint positions and velocities (`BallInCup.get_observation`).
    fn observe(&self, sim: &dyn Simulator, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        observation.extend(sim.q());
        observation.extend(sim.qd());
    }

    fn reward(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> f64 {
        let places = sim.site_pose("target").zip(sim.link_pose("ball"));
        places.map_or(0.0, |(target, ball)| {
            let [x, _, z] = difference(target.position, ball.position);
            catch_reward([x, z])
        })
    }

    /// Places the cup in the middle, the ball anywhere around it where it touches nothing, at rest
    /// (`BallInCup.initialize_episode`).
    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
        for _ in 0..MOST_DRAWS {
            sim.set_state(&[0.0, 0.0, stream.uniform_in(-0.2, 0.2), stream.uniform_in(0.2, 0.5)], &[]);
            if !sim.touching() {
                break;
            }
        }
        None
    }
}
