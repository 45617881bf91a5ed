//! The list of tasks.

use std::sync::LazyLock;

use super::error::TaskError;
use super::info::TaskInfo;
use super::task::Task;
use super::{
    acrobot, ball_in_cup, cartpole, cheetah, dog, finger, fish, hopper, humanoid, pendulum, quadruped, reacher, walker,
};
use crate::near::near;

/// The tasks of each domain.
static DOMAINS: &[&[&dyn Task]] = &[
    acrobot::TASKS,
    ball_in_cup::TASKS,
    cartpole::TASKS,
    cheetah::TASKS,
    dog::TASKS,
    finger::TASKS,
    fish::TASKS,
    hopper::TASKS,
    humanoid::TASKS,
    pendulum::TASKS,
    quadruped::TASKS,
    reacher::TASKS,
    walker::TASKS,
];

fn all() -> impl Iterator<Item = &'static dyn Task> {
    DOMAINS.iter().copied().flatten().copied()
}

/// Returns all tasks, by name.
#[must_use]
pub fn tasks() -> &'static [TaskInfo] {
    static LIST: LazyLock<Vec<TaskInfo>> = LazyLock::new(|| {
        let mut list: Vec<TaskInfo> = all().map(|task| *task.info()).collect();
        list.sort_by_key(|info| info.name);
        list
    });
    &LIST
}

/// Returns the task called `name`.
///
/// # Errors
/// [`TaskError::UnknownTask`] with a known name that is near.
pub fn task_info(name: &str) -> Result<&'static TaskInfo, TaskError> {
    find(name).map(Task::info)
}

pub(super) fn find(name: &str) -> Result<&'static dyn Task, TaskError> {
    all().find(|task| task.info().name == name).ok_or_else(|| TaskError::UnknownTask {
        name: name.to_owned(),
        nearest: near(name, all().map(|task| task.info().name)),
    })
}
