//! The list of tasks.

use super::acrobot;
use super::cartpole::Cartpole;
use super::domain::Domain;
use super::error::TaskError;
use super::pendulum;
use super::reacher::Reacher;

/// Control steps in an episode of every task; none ends earlier.
pub const EPISODE_CONTROL_STEPS: usize = 1000;

/// A named stretch of the observation vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObservationPart {
    /// The suite's name for it.
    pub name: &'static str,
    /// Number of entries.
    pub size: usize,
}

/// What there is to know of a task without making it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TaskInfo {
    /// Unique name: `cartpole-swingup`.
    pub name: &'static str,
    /// The body: a name for [`BodyFile::built_in`](crate::body::BodyFile::built_in).
    pub domain: &'static str,
    /// One sentence: what earns reward.
    pub description: &'static str,
    /// The observation, part after part.
    pub observation: &'static [ObservationPart],
    /// Entries of the observation.
    pub observation_size: usize,
    /// Entries of the action, each in [-1, 1].
    pub action_size: usize,
    /// Control steps for which an action is held, unless asked otherwise.
    pub action_repeat: usize,
    /// Time of a control step, s.
    pub control_timestep: f64,
    /// Control steps in an episode.
    pub episode_control_steps: usize,
}

pub(super) struct Task {
    pub info: TaskInfo,
    pub domain: &'static dyn Domain,
}

const fn part(name: &'static str, size: usize) -> ObservationPart {
    ObservationPart { name, size }
}

const fn info(
    [name, domain, description]: [&'static str; 3],
    observation: &'static [ObservationPart],
    action_size: usize,
    control_timestep: f64,
) -> TaskInfo {
    let mut observation_size = 0;
    let mut i = 0;
    while i < observation.len() {
        observation_size += observation[i].size;
        i += 1;
    }
    TaskInfo {
        name,
        domain,
        description,
        observation,
        observation_size,
        action_size,
        action_repeat: 2,
        control_timestep,
        episode_control_steps: EPISODE_CONTROL_STEPS,
    }
}

const PENDULUM: &[ObservationPart] = &[part("orientation", 2), part("velocity", 1)];
const CARTPOLE: &[ObservationPart] = &[part("position", 3), part("velocity", 2)];
const ACROBOT: &[ObservationPart] = &[part("orientations", 4), part("velocity", 2)];
const REACHER: &[ObservationPart] = &[part("position", 2), part("to_target", 2), part("velocity", 2)];

const fn cartpole(name: &'static str, description: &'static str) -> TaskInfo {
    info([name, "cartpole", description], CARTPOLE, 1, 0.01)
}

const fn reacher(name: &'static str, description: &'static str) -> TaskInfo {
    info([name, "reacher", description], REACHER, 2, 0.02)
}

const INFOS: [TaskInfo; 8] = [
    info(
        ["acrobot-swingup", "acrobot", "Raise the tip of a two-link arm with a motor at its elbow."],
        ACROBOT,
        1,
        0.01,
    ),
    cartpole("cartpole-balance", "Keep a pole upright on a cart near the centre."),
    cartpole("cartpole-balance-sparse", "The same, paid only when upright and near the centre."),
    cartpole("cartpole-swingup", "Swing up a hanging pole on a cart and keep it upright."),
    cartpole("cartpole-swingup-sparse", "The same, paid only when upright and near the centre."),
    info(["pendulum-swingup", "pendulum", "Swing up a pole with a motor too weak to lift it."], PENDULUM, 1, 0.02),
    reacher("reacher-easy", "Keep the finger of a two-link arm on a large target."),
    reacher("reacher-hard", "Keep the finger of a two-link arm on a small target."),
];

static TASKS: [Task; 8] = [
    Task { info: INFOS[0], domain: &acrobot::Swingup },
    Task { info: INFOS[1], domain: &Cartpole { swing_up: false, sparse: false } },
    Task { info: INFOS[2], domain: &Cartpole { swing_up: false, sparse: true } },
    Task { info: INFOS[3], domain: &Cartpole { swing_up: true, sparse: false } },
    Task { info: INFOS[4], domain: &Cartpole { swing_up: true, sparse: true } },
    Task { info: INFOS[5], domain: &pendulum::Swingup },
    Task { info: INFOS[6], domain: &Reacher { target_radius: 0.05 } },
    Task { info: INFOS[7], domain: &Reacher { target_radius: 0.015 } },
];

/// All tasks, by name.
#[must_use]
pub fn tasks() -> &'static [TaskInfo] {
    static LIST: [TaskInfo; 8] = INFOS;
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
    TASKS.iter().find(|task| task.info.name == name).ok_or_else(|| {
        let nearest = TASKS.iter().map(|task| task.info.name).min_by_key(|known| edits(name, known));
        TaskError::UnknownTask { name: name.to_owned(), nearest: nearest.unwrap_or_default() }
    })
}

/// Fewest insertions, deletions and replacements that turn one text into the other (Levenshtein distance).
fn edits(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
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
