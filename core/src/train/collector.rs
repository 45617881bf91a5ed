//! Collecting experience: the environments of a run, their open episodes, and storing them in the replay buffer.

use super::state::OpenEpisode;
use crate::agent::{Action, Carry};
use crate::math::{Purpose, Stream};
use crate::replay::{EpisodeId, Expert, Origin, Replay, Transition};
use crate::task::{Environment, EnvironmentSnapshot, Environments, Step, TaskError};

/// N environments of one task, one decision in each per [`step`](Self::step).
#[derive(Debug)]
pub(super) struct Collector {
    environments: Environments,
    /// What the actor carries in each environment.
    pub carries: Vec<Carry>,
    episodes: Vec<Episode>,
}

/// The open episode of an environment.
#[derive(Clone, Copy, Debug, Default)]
struct Episode {
    number: usize,
    decisions: usize,
    total_reward: f32,
    /// `None` if the next decision begins an episode.
    replay: Option<EpisodeId>,
}

/// What a decision in one environment led to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Collected {
    /// Reward, and whether the episode ended.
    pub step: Step,
    /// Number of the episode.
    pub episode: usize,
    /// Decisions in it, this one included.
    pub decisions: usize,
    /// Its return so far, this reward included.
    pub episode_return: f32,
    /// Control steps that the decision took.
    pub control_steps: usize,
}

impl Collector {
    /// `count` environments like this one, with no open episodes.
    pub fn new(environment: &Environment, count: usize) -> Self {
        Self {
            environments: Environments::new(environment, count),
            carries: vec![Carry::default(); count],
            episodes: vec![Episode::default(); count],
        }
    }

    /// Number of environments (N).
    pub fn len(&self) -> usize {
        self.episodes.len()
    }

    /// The first environment: the one that a front end follows.
    pub fn environment(&self) -> &Environment {
        &self.environments.all()[0]
    }

    /// The observations of all environments, `[N, observation]`, and their carries.
    pub fn states(&mut self) -> (&[f32], &mut [Carry]) {
        (self.environments.observations(), &mut self.carries)
    }

    /// Begins an episode in every environment that has none open. `begun` counts the episodes of the run; the number of
    /// an episode selects the random numbers of its start. An episode takes at most `longest` decisions.
    pub fn begin_episodes(&mut self, seed: u64, begun: &mut usize, longest: usize, replay: &mut Replay) {
        if self.episodes.iter().all(|episode| episode.replay.is_some()) {
            return;
        }
        let mut streams = vec![None; self.len()];
        for (episode, stream) in
            self.episodes.iter_mut().zip(&mut streams).filter(|(episode, _)| episode.replay.is_none())
        {
            *episode = Episode { number: *begun, ..Episode::default() };
            *stream = Some(Stream::new(seed, Purpose::Reset, u32::try_from(*begun).unwrap_or(u32::MAX)));
            *begun += 1;
        }
        self.environments.reset(streams);
        for (i, episode) in self.episodes.iter_mut().enumerate() {
            episode.replay.get_or_insert_with(|| replay.begin(self.environments.observation(i), longest));
        }
    }

    /// Takes one action in each environment and stores the transitions; `updates` is the number of updates that the
    /// networks behind the plans had seen.
    ///
    /// # Errors
    /// As [`Environment::step`].
    pub fn step(&mut self, actions: &[Action], updates: u64, replay: &mut Replay) -> Result<Vec<Collected>, TaskError> {
        let before: Vec<usize> = self.environments.all().iter().map(Environment::control_steps).collect();
        let taken: Vec<_> = actions.iter().map(|action| Some(action.action.clone())).collect();
        let steps = self.environments.step(&taken)?;
        let mut collected = Vec::with_capacity(self.len());
        for (i, (action, step)) in actions.iter().zip(steps).enumerate() {
            let (Some(step), episode) = (step, &mut self.episodes[i]) else { continue };
            let expert = action.plan.as_ref().map(|plan| Expert {
                mean: &plan.expert_mean,
                std: &plan.expert_std,
                value: plan.expert_value,
                origin: Some(Origin { updates, reanalyzed: false }),
            });
            let extras = expert.map(|expert| expert.cells());
            if let Some(id) = episode.replay {
                replay.push(
                    id,
                    &Transition {
                        action: &action.action,
                        reward: step.reward,
                        next_observation: self.environments.observation(i),
                        extras: extras.as_ref().map_or(&[], |cells| cells.as_slice()),
                        terminated: step.terminated,
                        truncated: step.truncated,
                    },
                );
            }
            episode.decisions += 1;
            episode.total_reward += step.reward;
            let &mut Episode { number, decisions, total_reward: episode_return, .. } = episode;
            let control_steps = self.environments.all()[i].control_steps() - before[i];
            collected.push(Collected { step, episode: number, decisions, episode_return, control_steps });
            if step.terminated || step.truncated {
                episode.replay = None;
                self.carries[i] = Carry::default();
            }
        }
        Ok(collected)
    }

    /// The open episodes, for a checkpoint.
    pub fn store(&self) -> Vec<OpenEpisode> {
        let bits = |mean: &Vec<f32>| mean.iter().map(|x| x.to_bits()).collect();
        let stored = |(episode, carry): (&Episode, &Carry)| OpenEpisode {
            number: episode.number,
            decisions: episode.decisions,
            episode_return: episode.total_reward.to_bits(),
            replay: episode.replay,
            plan_mean: carry.plan_mean.as_ref().map(bits),
        };
        self.episodes.iter().zip(&self.carries).map(stored).collect()
    }

    /// The states of all environments, for a checkpoint.
    pub fn snapshots(&self) -> impl Iterator<Item = EnvironmentSnapshot> {
        self.environments.all().iter().map(Environment::snapshot)
    }

    /// Takes over the open episodes and states of a checkpoint. Environments beyond those begin an episode.
    ///
    /// # Errors
    /// If a snapshot is of another task.
    pub fn restore(&mut self, open: Vec<OpenEpisode>, snapshots: Vec<EnvironmentSnapshot>) -> Result<(), TaskError> {
        self.environments.restore(snapshots)?;
        for ((episode, carry), stored) in self.episodes.iter_mut().zip(&mut self.carries).zip(open) {
            let OpenEpisode { number, decisions, episode_return, replay, plan_mean } = stored;
            *episode = Episode { number, decisions, total_reward: f32::from_bits(episode_return), replay };
            carry.plan_mean = plan_mean.map(|mean| mean.into_iter().map(f32::from_bits).collect());
        }
        Ok(())
    }
}
