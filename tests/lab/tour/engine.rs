//! A small session that answers like a real one: MPPI on a made-up world with a known best action.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use bootstride_core::config::{Config, Layers};
use bootstride_core::inspect::{Decision, IterationView, PlanAnalysis, Planned, PolicyView, RewardSplit};
use bootstride_core::math::Purpose;
use bootstride_core::planner::{NoiseKey, PlanMode, PlannerConfig};
use bootstride_session::message::{Activity, Command, ExpertAges, Notice, Stage, Status, WhatIfCase, WhatIfResult};
use bootstride_session::{SessionLink, Update};

/// Action size of the made-up world.
pub const ACTIONS: usize = 2;

/// Number of the first decision that was planned.
pub const FIRST_PLANNED: u32 = 100;

/// Decisions that the engine has recorded.
pub const DECISIONS: u32 = 700;

/// Random numbers that are the same everywhere.
pub struct Draws(u64);

impl Draws {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn uniform(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        f32::from(u16::try_from(self.0 >> 48).unwrap()) / 65_536.0
    }

    pub fn normal(&mut self) -> f32 {
        let sum: f32 = (0..12).map(|_| self.uniform()).sum();
        sum - 6.0
    }
}

/// The best action at a decision.
fn best(decision: u32) -> [f32; ACTIONS] {
    let phase = f32::from(u16::try_from(decision).unwrap()) / 17.0;
    [0.7 * phase.sin(), 0.5 * phase.cos()]
}

/// G of a sequence, term by term: nearer to the best action is better, now and at the end.
fn split(decision: u32, sequence: &[f32]) -> RewardSplit {
    let best = best(decision);
    let miss: Vec<f32> =
        sequence.chunks(ACTIONS).map(|action| action.iter().zip(best).map(|(a, b)| (a - b).powi(2)).sum()).collect();
    let discount = |step: usize| 0.99_f32.powi(i32::try_from(step).unwrap());
    let rewards = miss.iter().enumerate().map(|(step, miss)| discount(step) * (1.0 - 0.25 * miss)).collect();
    let terminal = discount(miss.len()) * (50.0 - 6.0 * miss.iter().sum::<f32>());
    RewardSplit { rewards, terminal }
}

fn total(terms: &RewardSplit) -> f32 {
    terms.rewards.iter().sum::<f32>() + terms.terminal
}

/// MPPI on the made-up world, as the real one does it.
pub fn plan(decision: u32, updates: u64, settings: &PlannerConfig) -> PlanAnalysis {
    let (horizon, width) = (settings.horizon, settings.horizon * ACTIONS);
    let skill = 0.3 + 0.6 * (updates as f32 / 10_000.0).min(1.0);
    let policy_mean: Vec<f32> = best(decision).map(|best| skill * best).to_vec();
    let policy_std = vec![0.15; ACTIONS];
    let mut draws = Draws::new(u64::from(decision) + 1);
    let draw = |mean: &[f32], std: &[f32], draws: &mut Draws| -> Vec<f32> {
        (0..width).map(|at| (mean[at % mean.len()] + std[at % std.len()] * draws.normal()).clamp(-1.0, 1.0)).collect()
    };
    let proposed: Vec<Vec<f32>> =
        (0..settings.policy_samples).map(|_| draw(&policy_mean, &policy_std, &mut draws)).collect();
    let (mut mean, mut std) = (vec![0.0; width], vec![settings.max_std; width]);
    let mut iterations = Vec::new();
    let mut sequences = Vec::new();
    for _ in 0..settings.iterations {
        sequences.clone_from(&proposed);
        sequences.resize_with(settings.samples, || draw(&mean, &std, &mut draws));
        let values: Vec<f32> = sequences.iter().map(|sequence| total(&split(decision, sequence))).collect();
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
        order.truncate(settings.elites);
        let weights: Vec<f32> =
            order.iter().map(|elite| (settings.temperature * (values[*elite] - values[order[0]])).exp()).collect();
        let sum: f32 = weights.iter().sum();
        let weights: Vec<f32> = weights.iter().map(|weight| weight / sum).collect();
        for at in 0..width {
            let moment = |f: &dyn Fn(f32) -> f32| -> f32 {
                order.iter().zip(&weights).map(|(elite, weight)| weight * f(sequences[*elite][at])).sum()
            };
            mean[at] = moment(&|action| action);
            let centre = mean[at];
            std[at] = moment(&|action| (action - centre).powi(2)).sqrt().clamp(settings.min_std, settings.max_std);
        }
        iterations.push(IterationView {
            values,
            elites: order.iter().map(|elite| u32::try_from(*elite).unwrap()).collect(),
            weights,
            mean: mean.clone(),
            std: std.clone(),
        });
    }
    let last = iterations.last().unwrap();
    let chosen_sequence = &sequences[usize::try_from(last.elites[0]).unwrap()];
    let plan_terms = split(decision, chosen_sequence);
    let count = proposed.len().max(1) as f32;
    let mut policy_terms = RewardSplit { rewards: vec![0.0; horizon], terminal: 0.0 };
    for terms in proposed.iter().map(|sequence| split(decision, sequence)) {
        for (sum, reward) in policy_terms.rewards.iter_mut().zip(&terms.rewards) {
            *sum += reward / count;
        }
        policy_terms.terminal += terms.terminal / count;
    }
    let value = total(&plan_terms);
    let delta_q = if proposed.is_empty() { 0.0 } else { value - total(&policy_terms) };
    PlanAnalysis {
        decision,
        updates,
        settings: settings.clone(),
        samples: settings.samples,
        policy_samples: proposed.len(),
        horizon,
        action_dim: ACTIONS,
        chosen: 0,
        action: chosen_sequence[..ACTIONS].to_vec(),
        expert_mean: chosen_sequence[..ACTIONS].to_vec(),
        expert_std: std[..ACTIONS].to_vec(),
        value,
        delta_q,
        plan_terms,
        policy_terms,
        policy: PolicyView { mean: policy_mean, std: policy_std, kl: 0.4 },
        values: None,
        paths: Vec::new(),
        iterations,
    }
}

/// A small agent of a body with two actions.
pub fn config() -> Config {
    Layers::new().size_preset("small").unwrap().set("task.name=reacher-easy").unwrap().resolve().unwrap()
}

/// A recorded decision, made when the networks had seen fewer updates.
pub fn decision(number: u32, updates: u64, config: &Config) -> Decision {
    let t = number % 250;
    let planned = (number >= FIRST_PLANNED).then(|| {
        let settings =
            PlannerConfig { samples: 64, elites: 8, policy_samples: 8, iterations: 3, ..config.planner.clone() };
        let analysis = plan(number, updates, &settings);
        Planned {
            value: analysis.value,
            delta_q: analysis.delta_q,
            expert_mean: analysis.expert_mean,
            expert_std: analysis.expert_std,
            mode: PlanMode::Collect,
            noise: NoiseKey { seed: 1, purpose: Purpose::Plan, decision: number },
        }
    });
    Decision {
        number,
        episode: number / 250,
        t,
        env_step: 2 * usize::try_from(number).unwrap(),
        updates,
        snapshot: Vec::new(),
        previous_mean: None,
        action: vec![0.1; ACTIONS],
        reward: 1.5,
        episode_return: 1.5 * (t + 1) as f32,
        planned,
        last: t == 249,
    }
}

/// What the engine was asked, and what it has yet to tell.
#[derive(Default)]
pub struct State {
    pub sent: Vec<Command>,
    pub outbox: VecDeque<Update>,
    pub status: Status,
    /// Where set, answers are held back.
    pub silent: bool,
}

/// An engine with a recorded session. Clones are the same engine.
#[derive(Clone, Default)]
pub struct Scripted(pub Rc<RefCell<State>>);

impl Scripted {
    /// One that has played or trained for [`DECISIONS`] decisions.
    pub fn recorded(stage: Stage) -> Self {
        let config = config();
        let engine = Self::default();
        let updates = |number: u32| match stage {
            Stage::Playing => 10_000,
            _ => u64::from(number.saturating_sub(FIRST_PLANNED)) * 16,
        };
        let decisions = (0..DECISIONS).map(|number| decision(number, updates(number), &config)).collect();
        let experts = match stage {
            Stage::Playing => ExpertAges::default(),
            _ => ExpertAges {
                histogram: vec![(500, 0.1), (1000, 0.2), (2000, 0.4), (5000, 0.2), (u64::MAX, 0.1)],
                reanalyzed: 0.3,
            },
        };
        let status = Status {
            activity: Activity::Running,
            stage,
            config: Some(Box::new(config)),
            folder: Some("runs/reacher-easy/bmpc-seed1".into()),
            env_step: 2 * usize::try_from(DECISIONS).unwrap(),
            total: 100_000,
            updates: 10_000,
            experts,
            ..Status::default()
        };
        engine.0.borrow_mut().status = status;
        engine.tell(Update { opened: true, decisions, ..Update::default() });
        engine
    }

    /// Reports something with the newest status.
    pub fn tell(&self, update: Update) {
        let mut state = self.0.borrow_mut();
        let status = state.status.clone();
        state.outbox.push_back(Update { status, ..update });
    }

    /// Changes the settings in force, as the sliders of another pane do.
    pub fn set_planner(&self, change: impl FnOnce(&mut PlannerConfig)) {
        let mut planner = self.planner();
        change(&mut planner);
        self.clone().send(Command::SetPlanner(Box::new(planner)));
    }

    /// The settings in force.
    pub fn planner(&self) -> PlannerConfig {
        self.0.borrow().status.config.as_ref().unwrap().planner.clone()
    }

    /// All commands of a kind so far.
    pub fn sent<T>(&self, of: impl Fn(&Command) -> Option<T>) -> Vec<T> {
        self.0.borrow().sent.iter().filter_map(of).collect()
    }

    fn what_if(decision: &Decision, cases: Vec<WhatIfCase>, updates: u64) -> Update {
        let outcome = |case: WhatIfCase| {
            let analysis = plan(decision.number, updates, &case.planner);
            let plan_ms = 0.01 * (case.planner.samples * case.planner.iterations * case.planner.horizon) as f32;
            WhatIfResult { case, plan: Ok(Box::new(analysis)), plan_ms }
        };
        Update { outcomes: vec![(decision.number, cases.into_iter().map(outcome).collect())], ..Update::default() }
    }
}

impl SessionLink for Scripted {
    fn send(&mut self, command: Command) {
        self.0.borrow_mut().sent.push(command.clone());
        let updates = self.0.borrow().status.updates;
        let answer = match command {
            Command::WhatIf { decision, cases } => Self::what_if(&decision, cases, updates),
            Command::SetPlanner(planner) => {
                self.0.borrow_mut().status.config.as_mut().unwrap().planner = *planner;
                Update::default()
            }
            Command::Watch { agent, .. } => {
                let notice =
                    Notice { level: bootstride_session::message::Level::Good, text: format!("{agent:?} plays") };
                Update { notices: vec![notice], ..Update::default() }
            }
            _ => Update::default(),
        };
        if !self.0.borrow().silent {
            self.tell(answer);
        }
    }

    fn receive(&mut self) -> Option<Update> {
        self.0.borrow_mut().outbox.pop_front()
    }
}
