//! Evaluation: episodes without exploration noise, played by the planner and by the bare policy (BMPC, Figure 2).

use burn::tensor::{Tensor, TensorData};

use super::{Evaluation, TrainError};
use crate::config::Config;
use crate::math::{Purpose, Stream};
use crate::model::WorldModel;
use crate::nn::read;
use crate::planner::{NoiseKey, NoiseSource, PlanMode, PlanRequest, Planner, PlannerSettings};
use crate::task::Environment;

/// Who plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Players {
    /// The planner.
    pub planner: bool,
    /// The mean action of the policy that guides it.
    pub network: bool,
}

/// Episodes side by side, all from start states of their own, advanced one decision per call. Nothing in it touches
/// training: seeds and noise are its own, the same for every evaluation of a run, so that curves compare like with like.
#[derive(Clone, Debug)]
pub struct Evaluator {
    planner: Option<Games>,
    network: Option<Games>,
    seed: u64,
    decisions: u32,
    total: usize,
}

/// Episodes of one player.
#[derive(Clone, Debug)]
struct Games {
    environments: Vec<Environment>,
    returns: Vec<f32>,
    previous_means: Vec<Option<Vec<f32>>>,
    /// Episodes still going on.
    open: Vec<usize>,
}

impl Games {
    fn new(config: &Config, episodes: usize, seed: u64) -> Result<Self, TrainError> {
        let fresh = Environment::new(&config.task.name, config.task.action_repeat)?;
        let environments = (0..episodes).map(|episode| {
            let mut environment = fresh.clone();
            environment.reset(&mut Stream::new(
                seed,
                Purpose::EvaluationReset,
                u32::try_from(episode).unwrap_or(u32::MAX),
            ));
            environment
        });
        Ok(Self {
            environments: environments.collect(),
            returns: vec![0.0; episodes],
            previous_means: vec![None; episodes],
            open: (0..episodes).collect(),
        })
    }

    fn observations(&self) -> Vec<f32> {
        self.open.iter().flat_map(|&episode| self.environments[episode].observe()).collect()
    }

    /// Plays one action in each open episode.
    fn play(&mut self, actions: &[Vec<f32>]) -> Result<(), TrainError> {
        let mut open = Vec::with_capacity(self.open.len());
        for (&episode, action) in self.open.iter().zip(actions) {
            let step = self.environments[episode].step(action)?;
            self.returns[episode] += step.reward;
            if !step.terminated && !step.truncated {
                open.push(episode);
            }
        }
        self.open = open;
        Ok(())
    }
}

impl Evaluator {
    /// `episodes` episodes of the configured task for each player, with start states and noise from `seed`.
    ///
    /// # Errors
    /// When the task is unknown.
    pub fn new(config: &Config, players: Players, episodes: usize, seed: u64) -> Result<Self, TrainError> {
        let games = |plays: bool| plays.then(|| Games::new(config, episodes, seed)).transpose();
        let planner = games(players.planner)?;
        let network = games(players.network)?;
        let total =
            planner.iter().chain(&network).flat_map(|games| &games.environments).next().map_or(0, |environment| {
                environment.info().episode_control_steps.div_ceil(environment.action_repeat())
            });
        Ok(Self { planner, network, seed, decisions: 0, total })
    }

    /// Decisions played in each episode, and the most that there will be.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.decisions as usize, self.total)
    }

    /// Advances every open episode by one decision; gives true when all have ended.
    ///
    /// # Errors
    /// When planning or the device fails.
    pub async fn step<P: Planner>(
        &mut self,
        planner: &mut P,
        model: &WorldModel,
        settings: &PlannerSettings,
    ) -> Result<bool, TrainError> {
        if let Some(games) = self.planner.as_mut().filter(|games| !games.open.is_empty()) {
            let previous: Vec<_> = games.open.iter().map(|&episode| games.previous_means[episode].take()).collect();
            let key = NoiseKey { seed: self.seed, purpose: Purpose::EvaluationPlan, decision: self.decisions };
            let request = PlanRequest {
                observations: &games.observations(),
                previous_means: &previous,
                mode: PlanMode::Evaluate,
                noise: NoiseSource::Key(key),
                trace: false,
            };
            let plan = planner.plan(model, settings, &request).await?;
            let mut actions = Vec::with_capacity(plan.states.len());
            for (&episode, plan) in games.open.iter().zip(plan.states) {
                games.previous_means[episode] = Some(plan.mean);
                actions.push(plan.action);
            }
            games.play(&actions)?;
        }
        if let Some(games) = self.network.as_mut().filter(|games| !games.open.is_empty()) {
            let device = model.device();
            let data = TensorData::new(games.observations(), [games.open.len(), model.observation_dim]);
            let latent = model.encode(Tensor::from_data(data, &device));
            let policy = model.policy(settings.guides.first().copied().unwrap_or(settings.terminal_policy));
            let actions = read(vec![policy.mean(latent).flatten(0, 1)]).await?.concat();
            let actions: Vec<Vec<f32>> = actions.chunks(model.action_dim).map(<[f32]>::to_vec).collect();
            games.play(&actions)?;
        }
        self.decisions += 1;
        Ok([&self.planner, &self.network].into_iter().flatten().all(|games| games.open.is_empty()))
    }

    /// Returns so far; empty for a player that does not play.
    #[must_use]
    pub fn result(&self, env_step: usize) -> Evaluation {
        let returns = |games: &Option<Games>| games.as_ref().map(|games| games.returns.clone()).unwrap_or_default();
        Evaluation { env_step, planner: returns(&self.planner), network: returns(&self.network) }
    }
}
