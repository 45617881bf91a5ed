//! The specification of a task, known without an environment.

/// Control steps in an episode, unless a task says otherwise.
pub const EPISODE_CONTROL_STEPS: usize = 1000;

/// A named stretch of the observation vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObservationPart {
    /// The suite's name for it.
    pub name: &'static str,
    /// Number of entries.
    pub size: usize,
}

/// The specification of a task.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TaskInfo {
    /// Unique name: `cartpole-swingup`.
    pub name: &'static str,
    /// The body: a name for [`BodyFile::built_in`](crate::body::BodyFile::built_in), or that of a custom body.
    pub domain: &'static str,
    /// One sentence: what earns reward.
    pub description: &'static str,
    /// The observation, part after part.
    pub observation: &'static [ObservationPart],
    /// Entries of the observation.
    pub observation_size: usize,
    /// Entries of the action, each in [-1, 1].
    pub action_size: usize,
    /// Control steps for which an action is held, unless configured otherwise.
    pub action_repeat: usize,
    /// Time of a control step, s.
    pub control_timestep: f64,
    /// Control steps after which an episode is truncated.
    pub episode_control_steps: usize,
    /// Lowest and highest reward of a control step.
    pub reward_range: [f64; 2],
}

impl TaskInfo {
    /// Returns a specification with the defaults of the suite: an action repeat of 2, [`EPISODE_CONTROL_STEPS`] and
    /// rewards in [0, 1]. `control_timestep` in s.
    #[must_use]
    pub const fn new(
        [name, domain, description]: [&'static str; 3],
        observation: &'static [ObservationPart],
        action_size: usize,
        control_timestep: f64,
    ) -> Self {
        let mut observation_size = 0;
        let mut i = 0;
        while i < observation.len() {
            observation_size += observation[i].size;
            i += 1;
        }
        Self {
            name,
            domain,
            description,
            observation,
            observation_size,
            action_size,
            action_repeat: 2,
            control_timestep,
            episode_control_steps: EPISODE_CONTROL_STEPS,
            reward_range: [0.0, 1.0],
        }
    }
}

/// Returns a part of an observation.
pub(super) const fn part(name: &'static str, size: usize) -> ObservationPart {
    ObservationPart { name, size }
}
