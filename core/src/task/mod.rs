//! Tasks of the `DeepMind` Control Suite on Rapier bodies: observations, rewards, resets, episodes.
//!
//! An [`Environment`] is one task in progress; a [`Task`] sees the body through the trait
//! [`Simulator`](crate::body::Simulator). One small file per domain holds what is particular to it; formulas are those
//! of `dm_control/suite` 1.0.50, and each names the function that it follows. A custom body brings its task in its
//! file; [`register`] adds one written in Rust to the list of tasks, and [`Environment::with_task`] takes one as it is.

pub mod acrobot;
pub mod ball_in_cup;
pub mod cartpole;
mod catalog;
pub mod cheetah;
mod custom;
pub mod dog;
mod environment;
#[cfg(feature = "learning")]
mod environments;
mod error;
pub mod finger;
pub mod fish;
pub mod hopper;
pub mod humanoid;
mod info;
pub mod pendulum;
pub mod quadruped;
pub mod reacher;
mod settings;
mod snapshot;
#[allow(clippy::module_inception, reason = "the file of the trait `Task`")]
mod task;
mod tolerance;
pub mod walker;

pub use catalog::{register, task_info, tasks};
pub use environment::{Environment, Step, configured_body, configured_task};
#[cfg(feature = "learning")]
pub use environments::Environments;
pub use error::TaskError;
pub use info::{EPISODE_CONTROL_STEPS, ObservationPart, TaskInfo};
pub use settings::{CUSTOM_BODY, TaskConfig};
pub use snapshot::EnvironmentSnapshot;
pub use task::{Target, Task};
pub use tolerance::{Sigmoid, tolerance};
