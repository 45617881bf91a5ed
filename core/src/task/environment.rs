//! One task in progress.

use std::sync::Arc;

use super::catalog::find;
use super::custom::CustomTask;
use super::error::TaskError;
use super::info::{EPISODE_CONTROL_STEPS, TaskInfo};
use super::snapshot::EnvironmentSnapshot;
use super::task::{Target, Task};
use crate::body::{BodyFile, SIMULATORS, Simulator, SnapshotError};
use crate::math::Stream;
use crate::task::{CUSTOM_BODY, TaskConfig};

/// What a decision led to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Sum of the rewards of the control steps for which the action was held.
    pub reward: f32,
    /// The task ended here, and there is no future to value. No task of the suite does that; see [`Task::terminated`].
    pub terminated: bool,
    /// Time is up; the state itself is as good as any other. May be true together with `terminated`.
    pub truncated: bool,
}

/// A task in progress: its world, its target and how far the episode is. Holds no random state: what is random comes
/// from the stream given to [`Environment::reset`].
#[derive(Clone)]
pub struct Environment {
    task: Played,
    action_repeat: usize,
    world: Box<dyn Simulator>,
    target: Option<Target>,
    control_steps: usize,
    /// Whether the task has ended the episode.
    terminated: bool,
}

/// Which task it is.
#[derive(Clone)]
enum Played {
    /// One of the list.
    Listed(&'static dyn Task),
    /// That of a body's own file, or one written by a user of the library.
    Shared(Arc<dyn Task>),
}

impl std::ops::Deref for Played {
    type Target = dyn Task;

    fn deref(&self) -> &(dyn Task + 'static) {
        match self {
            Self::Listed(task) => *task,
            Self::Shared(task) => task.as_ref(),
        }
    }
}

/// Returns the specification of the configured task without making an environment.
///
/// # Errors
/// As [`Environment::configured`], but for a wrong action repeat.
pub fn configured_task(config: &TaskConfig) -> Result<TaskInfo, TaskError> {
    if config.name == CUSTOM_BODY { Ok(custom(config)?.info) } else { Ok(*find(&config.name)?.task.info()) }
}

/// Returns the body of the configured task, without what the task changes in it.
///
/// # Errors
/// As [`configured_task`].
pub fn configured_body(config: &TaskConfig) -> Result<BodyFile, TaskError> {
    if config.name == CUSTOM_BODY { Ok(custom(config)?.file) } else { find(&config.name)?.file() }
}

fn custom(config: &TaskConfig) -> Result<CustomTask, TaskError> {
    let text = config.body.as_deref().ok_or(TaskError::NoBody)?;
    CustomTask::new(&BodyFile::from_json(text)?)
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment")
            .field("task", &self.task.info().name)
            .field("world", &self.world)
            .field("target", &self.target)
            .field("control_steps", &self.control_steps)
            .finish_non_exhaustive()
    }
}

impl Environment {
    /// Makes a task, its body at rest with all joints at 0. `action_repeat` is the number of control steps for which
    /// an action is held; the tasks' own default is in [`TaskInfo::action_repeat`].
    ///
    /// # Errors
    /// [`TaskError::UnknownTask`], [`TaskError::ActionRepeat`].
    pub fn new(task: &str, action_repeat: usize) -> Result<Self, TaskError> {
        let listed = find(task)?;
        Self::make(Played::Listed(listed.task), &listed.file()?, action_repeat)
    }

    /// Makes the task that a body's own file describes.
    ///
    /// # Errors
    /// [`TaskError::Body`] if the file does not hold or has no section `task`, [`TaskError::ActionRepeat`].
    pub fn of_body(file: &BodyFile, action_repeat: usize) -> Result<Self, TaskError> {
        Self::make(Played::Shared(Arc::new(CustomTask::new(file)?)), file, action_repeat)
    }

    /// Makes a task of one's own over a body; see [`Task`] for an example. A configuration can name it once it is
    /// [registered](super::register), which is what training needs. `action_repeat` is the number of control
    /// steps for which an action is held.
    ///
    /// # Errors
    /// [`TaskError::Body`] if the file does not validate, [`TaskError::ActionRepeat`], and [`TaskError::Misfit`] if the
    /// task's specification does not fit the body.
    pub fn with_task(task: Arc<dyn Task>, file: &BodyFile, action_repeat: usize) -> Result<Self, TaskError> {
        let info = *task.info();
        let environment = Self::make(Played::Shared(task), file, action_repeat)?;
        let world = &environment.world;
        let misfit = |what, found: &dyn std::fmt::Display, expected: &dyn std::fmt::Display| {
            Err(TaskError::Misfit { task: info.name, what, found: found.to_string(), expected: expected.to_string() })
        };
        if info.action_size != world.control_ranges().len() {
            return misfit("action_size", &info.action_size, &world.control_ranges().len());
        }
        #[allow(clippy::float_cmp, reason = "both are written down, none is computed")]
        if info.control_timestep != world.control_timestep() {
            return misfit("control_timestep", &info.control_timestep, &world.control_timestep());
        }
        let parts: usize = info.observation.iter().map(|part| part.size).sum();
        if info.observation_size != parts {
            return misfit("observation_size", &info.observation_size, &parts);
        }
        let observed = environment.observe().len();
        if observed != info.observation_size {
            return misfit("observation_size", &info.observation_size, &observed);
        }
        if info.episode_control_steps == 0 {
            return misfit("episode_control_steps", &0, &"1 or more");
        }
        Ok(environment)
    }

    /// Makes the configured task: one of the list, or that of a custom body.
    ///
    /// # Errors
    /// As [`Environment::new`] and [`Environment::of_body`]; [`TaskError::NoBody`].
    pub fn configured(config: &TaskConfig) -> Result<Self, TaskError> {
        if config.name == CUSTOM_BODY {
            let task = custom(config)?;
            let file = task.file.clone();
            Self::make(Played::Shared(Arc::new(task)), &file, config.action_repeat)
        } else {
            Self::new(&config.name, config.action_repeat)
        }
    }

    fn make(task: Played, file: &BodyFile, action_repeat: usize) -> Result<Self, TaskError> {
        if !(1..=EPISODE_CONTROL_STEPS).contains(&action_repeat) {
            return Err(TaskError::ActionRepeat(action_repeat));
        }
        let mut file = file.clone();
        task.adapt(&mut file);
        let (world, target) = ((SIMULATORS[0].build)(&file)?, task.first_target());
        Ok(Self { task, action_repeat, world, target, control_steps: 0, terminated: false })
    }

    /// Returns the specification of the task.
    #[must_use]
    pub fn info(&self) -> &TaskInfo {
        self.task.info()
    }

    /// Control steps for which an action is held.
    #[must_use]
    pub fn action_repeat(&self) -> usize {
        self.action_repeat
    }

    /// Returns the simulated body, for reading and drawing.
    #[must_use]
    pub fn world(&self) -> &dyn Simulator {
        &*self.world
    }

    /// Starts an episode in a state drawn from the task's distribution, with all randomness from `stream`.
    pub fn reset(&mut self, stream: &mut Stream) {
        self.world.set_control(&[]);
        self.world.set_activation(&[]);
        let target = self.task.reset(&mut *self.world, stream);
        self.set_target_position(target);
        self.world.update_sensors();
        (self.control_steps, self.terminated) = (0, false);
    }

    /// Returns the observation of the present state [`observation_size`](TaskInfo::observation_size).
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "observations are f32 by definition")]
    pub fn observe(&self) -> Vec<f32> {
        let mut observation = Vec::with_capacity(self.task.info().observation_size);
        self.task.observe(self.world(), self.target_position(), &mut observation);
        observation.into_iter().map(|x| x as f32).collect()
    }

    /// Returns the reward of one control step that ended in the present state with the present control, within
    /// [`reward_range`](TaskInfo::reward_range).
    #[must_use]
    pub fn reward(&self) -> f64 {
        self.task.reward(self.world(), self.target_position())
    }

    /// One decision: clamps `action` [`action_size`](TaskInfo::action_size) to [-1, 1], scales it to the actuators'
    /// ranges and holds it for the action repeat, or until the task ends the episode or time is up.
    ///
    /// # Errors
    /// [`TaskError::ActionLength`], [`TaskError::ActionNotFinite`], [`TaskError::EpisodeOver`]; the environment is
    /// unchanged then. After [`TaskError::Diverged`] only a reset continues.
    pub fn step(&mut self, action: &[f32]) -> Result<Step, TaskError> {
        self.step_observed(action, |_| ())
    }

    /// As [`step`](Self::step); `observe` sees the world after every control step.
    ///
    /// # Errors
    /// As `step`.
    #[allow(clippy::cast_possible_truncation, reason = "rewards are f32 by definition")]
    pub fn step_observed(
        &mut self,
        action: &[f32],
        mut observe: impl FnMut(&dyn Simulator),
    ) -> Result<Step, TaskError> {
        let expected = self.task.info().action_size;
        if action.len() != expected {
            return Err(TaskError::ActionLength { task: self.task.info().name, found: action.len(), expected });
        }
        if let Some(index) = action.iter().position(|a| !a.is_finite()) {
            return Err(TaskError::ActionNotFinite { index, value: action[index] });
        }
        let episode = self.task.info().episode_control_steps;
        if self.terminated || self.control_steps >= episode {
            return Err(TaskError::EpisodeOver);
        }
        let scale = |(a, [low, high]): (&f32, [f64; 2])| {
            let unit = f64::midpoint(f64::from(a.clamp(-1.0, 1.0)), 1.0);
            low + unit * (high - low)
        };
        let control: Vec<f64> = action.iter().zip(self.world.control_ranges()).map(scale).collect();
        self.world.set_control(&control);
        let mut reward = 0.0;
        for _ in 0..self.action_repeat.min(episode - self.control_steps) {
            self.world.step_control();
            self.control_steps += 1;
            if !self.world.holds_together() {
                return Err(TaskError::Diverged { task: self.task.info().name, control_step: self.control_steps });
            }
            reward += self.reward();
            observe(self.world());
            self.terminated = self.ends_here();
            if self.terminated {
                break;
            }
        }
        let truncated = self.control_steps >= episode;
        Ok(Step { reward: reward as f32, terminated: self.terminated, truncated })
    }

    fn ends_here(&self) -> bool {
        self.task.terminated(self.world(), self.target_position())
    }

    /// Control steps since the reset.
    #[must_use]
    pub fn control_steps(&self) -> usize {
        self.control_steps
    }

    /// Joint positions and velocities, both `[dof]`.
    #[must_use]
    pub fn state(&self) -> (Vec<f64>, Vec<f64>) {
        (self.world.q().to_vec(), self.world.qd().to_vec())
    }

    /// Puts the body into a state, its sensors showing it as after a reset; see [`Simulator::set_state`].
    pub fn set_state(&mut self, q: &[f64], qd: &[f64]) {
        self.world.set_state(q, qd);
        self.world.update_sensors();
    }

    /// Sets the activations of actuators that have one; see [`Simulator::set_activation`].
    pub fn set_activation(&mut self, activation: &[f64]) {
        self.world.set_activation(activation);
    }

    /// Sets the controls that [`Environment::reward`] sees; see [`Simulator::set_control`].
    pub fn set_control(&mut self, control: &[f64]) {
        self.world.set_control(control);
    }

    /// Returns the target; `None` for a task without one.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        self.target
    }

    /// Moves the target to `position` in the world, m; without effect on a task that has none.
    pub fn set_target(&mut self, position: [f64; 3]) {
        self.set_target_position(Some(position));
    }

    fn target_position(&self) -> Option<[f64; 3]> {
        self.target.map(|target| target.position)
    }

    fn set_target_position(&mut self, position: Option<[f64; 3]>) {
        if let (Some(target), Some(position)) = (&mut self.target, position) {
            target.position = position;
        }
    }

    /// Everything that the future depends on.
    #[must_use]
    pub fn snapshot(&self) -> EnvironmentSnapshot {
        EnvironmentSnapshot {
            task: self.task.info().name.to_owned(),
            world: self.world.snapshot(),
            target: self.target_position(),
            control_steps: self.control_steps,
        }
    }

    /// Back to a snapshot of this or another environment of the same task; the future is then the same bit for bit.
    ///
    /// # Errors
    /// [`SnapshotError::Other`] if the snapshot is of another task; the environment is unchanged then.
    pub fn restore(&mut self, snapshot: &EnvironmentSnapshot) -> Result<(), TaskError> {
        if snapshot.task != self.task.info().name || snapshot.target.is_some() != self.target.is_some() {
            let (found, expected) = (snapshot.task.clone(), self.task.info().name.to_owned());
            return Err(SnapshotError::Other { found, expected }.into());
        }
        self.world.restore(&snapshot.world)?;
        self.set_target_position(snapshot.target);
        self.control_steps = snapshot.control_steps;
        // Not part of the snapshot: it follows from the state. A start never ends an episode.
        self.terminated = self.control_steps > 0 && self.ends_here();
        Ok(())
    }
}
