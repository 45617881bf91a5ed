//! The list of tasks.

use std::sync::{Arc, PoisonError, RwLock};

use super::error::TaskError;
use super::info::TaskInfo;
use super::settings::CUSTOM_BODY;
use super::task::Task;
use super::{
    Environment, acrobot, ball_in_cup, cartpole, cheetah, dog, finger, fish, hopper, humanoid, pendulum, quadruped,
    reacher, walker,
};
use crate::body::BodyFile;
use crate::near::near;
use crate::registry::{RegisterError, Registry};

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

static REGISTRY: Registry<Listed> = Registry::new("task", &[CUSTOM_BODY]);

/// A task that can be found by its name, and the body that it is over.
#[derive(Clone, Copy)]
pub(super) struct Listed {
    pub task: &'static dyn Task,
    /// `None` for the built-in body that the task names.
    file: Option<&'static BodyFile>,
}

impl Listed {
    /// Returns the body, without what the task changes in it.
    pub fn file(&self) -> Result<BodyFile, TaskError> {
        Ok(self.file.cloned().map_or_else(|| BodyFile::built_in(self.task.info().domain), Ok)?)
    }
}

fn built_in() -> impl Iterator<Item = &'static dyn Task> {
    DOMAINS.iter().copied().flatten().copied()
}

/// Adds a task over this body to those of this process, under the name that its specification gives:
/// `task.name = "NAME"` in a configuration selects it wherever that configuration is used, and [`tasks`] lists it.
/// Register tasks before making environments of them. A registered task stays for the life of the process.
///
/// # Errors
/// [`TaskError::Register`] if the name is built in or registered, or is not a name; otherwise as
/// [`Environment::with_task`].
pub fn register(task: impl Task + 'static, file: BodyFile) -> Result<(), TaskError> {
    let info = *task.info();
    let task = Arc::new(task);
    if built_in().any(|known| known.info().name == info.name) {
        return Err(RegisterError::BuiltIn { what: "task", name: info.name }.into());
    }
    Environment::with_task(task.clone(), &file, info.action_repeat)?;
    let task: &'static Arc<_> = Box::leak(Box::new(task));
    Ok(REGISTRY.add(info.name, Listed { task: task.as_ref(), file: Some(Box::leak(Box::new(file))) })?)
}

/// Returns all tasks, by name: those of the suite and the registered ones.
#[must_use]
pub fn tasks() -> &'static [TaskInfo] {
    static LIST: RwLock<&'static [TaskInfo]> = RwLock::new(&[]);
    let registered = REGISTRY.entries();
    let list = *LIST.read().unwrap_or_else(PoisonError::into_inner);
    if list.len() == built_in().count() + registered.len() {
        return list;
    }
    let mut list: Vec<TaskInfo> = built_in().chain(registered.iter().map(|one| one.task)).map(|t| *t.info()).collect();
    list.sort_by_key(|info| info.name);
    // A list is made once, and again after a registration.
    let list: &'static [TaskInfo] = list.leak();
    *LIST.write().unwrap_or_else(PoisonError::into_inner) = list;
    list
}

/// Returns the task called `name`.
///
/// # Errors
/// [`TaskError::UnknownTask`] with a known name that is near.
pub fn task_info(name: &str) -> Result<&'static TaskInfo, TaskError> {
    find(name).map(|listed| listed.task.info())
}

pub(super) fn find(name: &str) -> Result<Listed, TaskError> {
    let suite = built_in().find(|task| task.info().name == name).map(|task| Listed { task, file: None });
    suite.or_else(|| REGISTRY.find(name)).ok_or_else(|| TaskError::UnknownTask {
        name: name.to_owned(),
        nearest: near(name, tasks().iter().map(|info| info.name)),
    })
}
