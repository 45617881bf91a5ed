//! Ball in cup: swing up a ball on a string and catch it (`dm_control/suite/ball_in_cup.py`).

use super::domain::{Domain, MOST_DRAWS};
use super::info::{ObservationPart, Task, info, part};
use crate::body::World;
use crate::math::Stream;

/// Half sides of the space inside the cup, x and z, m: those of the model's target site.
const TARGET_SIZE: [f64; 2] = [0.05, 0.05];
/// Radius of the ball, m.
const BALL_SIZE: f64 = 0.025;

const OBSERVATION: &[ObservationPart] = &[part("position", 4), part("velocity", 4)];

pub(super) static TASKS: &[Task] = &[Task {
    info: info(
        ["cup-catch", "ball_in_cup", "Swing up a ball on a string and catch it in a cup."],
        OBSERVATION,
        2,
        0.02,
    ),
    domain: &Catch,
}];

/// 1 while the whole ball is inside the cup, else 0 (`Physics.in_target`). `ball_to_target` is the vector from the ball's
/// centre to that of the space inside the cup, x and z, m.
#[must_use]
pub fn catch_reward(ball_to_target: [f64; 2]) -> f64 {
    let inside = ball_to_target.iter().zip(TARGET_SIZE).all(|(distance, size)| distance.abs() < size - BALL_SIZE);
    f64::from(u8::from(inside))
}

pub(super) struct Catch;

impl Domain for Catch {
    /// Joint positions and velocities (`BallInCup.get_observation`).
    fn observe(&self, world: &World, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        observation.extend(world.q());
        observation.extend(world.qd());
    }

    fn reward(&self, world: &World, _: Option<[f64; 3]>) -> f64 {
        let places = world.site_pose("target").zip(world.link_pose("ball"));
        places.map_or(0.0, |(target, ball)| {
            let to_target = target.translation - ball.translation;
            catch_reward([to_target.x, to_target.z])
        })
    }

    /// The cup in the middle, the ball anywhere about it where it touches nothing, at rest
    /// (`BallInCup.initialize_episode`).
    fn reset(&self, world: &mut World, stream: &mut Stream) -> Option<[f64; 3]> {
        for _ in 0..MOST_DRAWS {
            world.set_state(&[0.0, 0.0, stream.uniform_in(-0.2, 0.2), stream.uniform_in(0.2, 0.5)], &[]);
            if !world.touching() {
                break;
            }
        }
        None
    }
}
