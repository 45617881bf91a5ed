//! What is known of a task without making it.

use super::domain::Domain;

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

/// A task: what is known of it, and what makes it.
pub(super) struct Task {
    pub info: TaskInfo,
    pub domain: &'static dyn Domain,
}

/// A stretch of an observation.
pub(super) const fn part(name: &'static str, size: usize) -> ObservationPart {
    ObservationPart { name, size }
}

/// The facts of a task; what all tasks share and what follows is filled in.
pub(super) const fn info(
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
