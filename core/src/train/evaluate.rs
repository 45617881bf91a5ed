//! Evaluation: episodes without exploration noise, played by the planner and by the bare policy (BMPC, Figure 2).

use super::{Evaluation, TrainError};
use crate::agent::{ActRequest, Acted, Action, Actor, Carry, PlanningActor, PolicyActor};
use crate::config::Config;
use crate::math::{Purpose, Stream};
use crate::model::WorldModel;
use crate::planner::{NoiseKey, PlanMode, Planner};
use crate::task::{Environment, Environments, Step};

/// The player of an evaluation episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Players {
    /// The planner.
    pub planner: bool,
    /// The mean action of the policy that guides it.
    pub network: bool,
}

/// Parallel episodes, all from start states of their own, advanced one decision per call. Nothing in it touches
/// training: seeds and noise are its own, the same for every evaluation of a run, so that curves compare like with
/// like. An episode does not depend on how many others are played: its start is determined by its number, and so is its
/// noise (by its index among the open ones, which is its number as long as no episode ends before the others).
#[derive(Clone, Debug)]
pub struct Evaluator {
    /// First those of the planner, then those of the policy.
    environments: Environments,
    planner: Option<Games>,
    network: Option<Games>,
    seed: u64,
    decisions: u32,
    total: usize,
}

/// Episodes of one player.
#[derive(Clone, Debug)]
struct Games {
    /// The environment of its first episode.
    first: usize,
    returns: Vec<f32>,
    carries: Vec<Carry>,
    /// Open episodes.
    open: Vec<usize>,
}

impl Games {
    fn new(first: usize, episodes: usize) -> Self {
        Self {
            first,
            returns: vec![0.0; episodes],
            carries: vec![Carry::default(); episodes],
            open: (0..episodes).collect(),
        }
    }

    /// Of the open episodes, `[episodes, observation]`.
    fn observations(&self, environments: &Environments) -> Vec<f32> {
        self.open.iter().flat_map(|episode| environments.observation(self.first + episode)).copied().collect()
    }

    /// Writes the actions for all open episodes to the entries of their environments in `actions`.
    async fn act<A: Actor>(
        &mut self,
        actor: &mut A,
        model: &WorldModel,
        environments: &Environments,
        noise: NoiseKey,
        actions: &mut [Option<Vec<f32>>],
    ) -> Result<(), TrainError> {
        if self.open.is_empty() {
            return Ok(());
        }
        let observations = self.observations(environments);
        let request = ActRequest { observations: &observations, mode: PlanMode::Evaluate, noise, trace: false };
        let mut carries: Vec<_> = self.open.iter().map(|&episode| std::mem::take(&mut self.carries[episode])).collect();
        let Acted { actions: acted, .. } = actor.act(model, &mut carries, &request).await?;
        for ((&episode, carry), Action { action, .. }) in self.open.iter().zip(carries).zip(acted) {
            self.carries[episode] = carry;
            actions[self.first + episode] = Some(action);
        }
        Ok(())
    }

    /// Records the result of a decision.
    fn count(&mut self, steps: &[Option<Step>]) {
        self.open.retain(|&episode| {
            let Some(step) = steps.get(self.first + episode).copied().flatten() else { return true };
            self.returns[episode] += step.reward;
            !step.terminated && !step.truncated
        });
    }
}

impl Evaluator {
    /// Creates `episodes` episodes of the configured task for each player, with start states and noise from `seed`.
    ///
    /// # Errors
    /// If the task is unknown.
    pub fn new(config: &Config, players: Players, episodes: usize, seed: u64) -> Result<Self, TrainError> {
        let fresh = Environment::configured(&config.task)?;
        let total = fresh.info().episode_control_steps.div_ceil(fresh.action_repeat());
        let planner = players.planner.then(|| Games::new(0, episodes));
        let network = players.network.then(|| Games::new(if players.planner { episodes } else { 0 }, episodes));
        let playing = usize::from(players.planner) + usize::from(players.network);
        let mut environments = Environments::new(&fresh, playing * episodes);
        let stream =
            |episode| Some(Stream::new(seed, Purpose::EvaluationReset, u32::try_from(episode).unwrap_or(u32::MAX)));
        environments.reset((0..playing).flat_map(|_| (0..episodes).map(stream)).collect());
        let total = if environments.is_empty() { 0 } else { total };
        Ok(Self { environments, planner, network, seed, decisions: 0, total })
    }

    /// Returns the decisions played in each episode, and their maximum.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.decisions as usize, self.total)
    }

    /// Advances every open episode by one decision; returns true when all have ended. The network's actions are those
    /// of the policy that guides `actor`.
    ///
    /// # Errors
    /// If planning or the device fails.
    pub async fn step<P: Planner>(
        &mut self,
        actor: &mut PlanningActor<P>,
        model: &WorldModel,
    ) -> Result<bool, TrainError> {
        let mut actions = vec![None; self.environments.len()];
        let noise = NoiseKey { seed: self.seed, purpose: Purpose::EvaluationPlan, decision: self.decisions };
        let mut policy = PolicyActor::guide(&actor.settings);
        if let Some(games) = &mut self.planner {
            games.act(actor, model, &self.environments, noise, &mut actions).await?;
        }
        if let Some(games) = &mut self.network {
            games.act(&mut policy, model, &self.environments, noise, &mut actions).await?;
        }
        let steps = self.environments.step(&actions)?;
        for games in [&mut self.planner, &mut self.network].into_iter().flatten() {
            games.count(&steps);
        }
        self.decisions += 1;
        Ok([&self.planner, &self.network].into_iter().flatten().all(|games| games.open.is_empty()))
    }

    /// Returns the episode returns so far; empty for a player that does not play.
    #[must_use]
    pub fn result(&self, env_step: usize) -> Evaluation {
        let returns = |games: &Option<Games>| games.as_ref().map(|games| games.returns.clone()).unwrap_or_default();
        Evaluation { env_step, planner: returns(&self.planner), network: returns(&self.network) }
    }
}
