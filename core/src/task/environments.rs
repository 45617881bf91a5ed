//! Several environments of one task side by side.

use super::environment::{Environment, Step};
use super::error::TaskError;
use super::snapshot::EnvironmentSnapshot;
use crate::compute::cpu::each;
use crate::math::Stream;

/// Environments of one task that are reset and stepped together, in parallel on native. What each does depends on its
/// own stream and actions alone: neither on the others nor on the number of threads.
#[derive(Clone, Debug)]
pub struct Environments {
    all: Vec<Environment>,
    /// `[environments, observation_size]`.
    observations: Vec<f32>,
    size: usize,
}

/// One environment's share of a piece of work.
struct Job<'a, T> {
    environment: &'a mut Environment,
    observation: &'a mut [f32],
    input: T,
    result: &'a mut Result<Option<Step>, TaskError>,
}

impl Environments {
    /// `count` copies of an environment, in its present state.
    #[must_use]
    pub fn new(environment: &Environment, count: usize) -> Self {
        let size = environment.info().observation_size;
        Self { all: vec![environment.clone(); count], observations: environment.observe().repeat(count), size }
    }

    /// Returns the number of environments.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns whether there are no environments.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Returns the environments.
    #[must_use]
    pub fn all(&self) -> &[Environment] {
        &self.all
    }

    /// Returns the observations of all `[environments, observation_size]`.
    #[must_use]
    pub fn observations(&self) -> &[f32] {
        &self.observations
    }

    /// Returns the observation of one `[observation_size]`; nothing for a number beyond the last.
    #[must_use]
    pub fn observation(&self, number: usize) -> &[f32] {
        self.observations.chunks(self.size.max(1)).nth(number).unwrap_or_default()
    }

    /// Starts an episode in each that is given a stream, with all randomness from it. `None`, and the end of `streams`,
    /// leave an environment as it is.
    pub fn reset(&mut self, streams: Vec<Option<Stream>>) {
        // Nothing in it can fail.
        let _ = self.work(streams, |environment, stream| {
            if let Some(mut stream) = stream {
                environment.reset(&mut stream);
            }
            Ok(None)
        });
    }

    /// Puts the environments into the states of `snapshots`, in order; those beyond the last snapshot stay as they are.
    ///
    /// # Errors
    /// As [`Environment::restore`], the first in order.
    pub fn restore(&mut self, snapshots: Vec<EnvironmentSnapshot>) -> Result<(), TaskError> {
        self.work(snapshots, |environment, snapshot| environment.restore(&snapshot).map(|()| None)).map(drop)
    }

    /// One decision in each environment that is given an action; `None` leaves it as it is, and so does the end of
    /// `actions`. Gives what each step led to.
    ///
    /// # Errors
    /// As [`Environment::step`], the first in order; the other environments have made their step.
    pub fn step(&mut self, actions: &[Option<Vec<f32>>]) -> Result<Vec<Option<Step>>, TaskError> {
        self.work(actions.iter().collect(), |environment, action| {
            action.as_ref().map(|action| environment.step(action)).transpose()
        })
    }

    /// `work` on each environment that has an input, and then observes.
    fn work<T: Send>(
        &mut self,
        inputs: Vec<T>,
        work: impl Fn(&mut Environment, T) -> Result<Option<Step>, TaskError> + Sync + Send,
    ) -> Result<Vec<Option<Step>>, TaskError> {
        let mut results = vec![Ok(None); self.all.len()];
        let places = self.all.iter_mut().zip(self.observations.chunks_mut(self.size.max(1))).zip(&mut results);
        let jobs = places.zip(inputs).map(|(((environment, observation), result), input)| Job {
            environment,
            observation,
            input,
            result,
        });
        each(jobs.collect(), |job: Job<'_, T>| {
            let Job { environment, observation, input, result } = job;
            *result = work(environment, input);
            observation.copy_from_slice(&environment.observe());
        });
        results.into_iter().collect()
    }
}
