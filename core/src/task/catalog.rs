//! The list of tasks.

use std::sync::LazyLock;

use super::error::TaskError;
use super::info::{Task, TaskInfo};
use super::{
    acrobot, ball_in_cup, cartpole, cheetah, dog, finger, fish, hopper, humanoid, pendulum, quadruped, reacher, walker,
};

/// The tasks of each domain.
static DOMAINS: &[&[Task]] = &[
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

fn all() -> impl Iterator<Item = &'static Task> {
    DOMAINS.iter().copied().flatten()
}

/// All tasks, by name.
#[must_use]
pub fn tasks() -> &'static [TaskInfo] {
    static LIST: LazyLock<Vec<TaskInfo>> = LazyLock::new(|| {
        let mut list: Vec<TaskInfo> = all().map(|task| task.info).collect();
        list.sort_by_key(|info| info.name);
        list
    });
    &LIST
}

/// The task called `name`.
///
/// # Errors
/// [`TaskError::UnknownTask`] with the nearest known name.
pub fn task_info(name: &str) -> Result<&'static TaskInfo, TaskError> {
    find(name).map(|task| &task.info)
}

pub(super) fn find(name: &str) -> Result<&'static Task, TaskError> {
    all().find(|task| task.info.name == name).ok_or_else(|| {
        let nearest = all().map(|task| task.info.name).min_by_key(|known| edits(name, known));
        TaskError::UnknownTask { name: name.to_owned(), nearest: nearest.unwrap_or_default() }
    })
}

/// Fewest insertions, deletions and replacements that turn one text into the other (Levenshtein distance).
fn edits(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    // Names are short; one of a megabyte need not be compared letter by letter.
    for (i, x) in a.chars().take(128).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.chars().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[row.len() - 1]
}
