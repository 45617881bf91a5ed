//! A made-up run for panes: decisions, plans and evaluations with consistent numbers.

use bootstride_core::config::{Config, Layers};
use bootstride_core::inspect::{
    Decision, IterationView, Path, PathKind, PathSource, PlanAnalysis, Planned, PolicyView, RewardSplit, ValueView,
};
use bootstride_core::math::Purpose;
use bootstride_core::planner::{NoiseKey, PlanMode, PlannerConfig};
use bootstride_lab::View;
use bootstride_session::History;
use bootstride_session::message::{
    Activity, Command, ExpertAges, Rates, SessionLink, Stage, Status, Update, WhatIfCase, WhatIfResult,
};

/// A session that keeps the commands it gets and does nothing.
#[derive(Default)]
pub struct Recorder {
    /// The commands.
    pub commands: Vec<Command>,
}

impl SessionLink for Recorder {
    fn send(&mut self, command: Command) {
        self.commands.push(command);
    }

    fn receive(&mut self) -> Option<Update> {
        None
    }
}

/// Numbers that look random and are always the same (xorshift).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// In 0..1.
    pub fn uniform(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// About normal: the sum of uniform ones.
    pub fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.uniform()).sum::<f32>() - 6.0
    }
}

/// A small BMPC run on this task.
pub fn config(task: &str) -> Config {
    let layers = Layers::new().size_preset("small").unwrap().algorithm("bmpc").unwrap();
    layers.set(&format!("task.name={task}")).unwrap().resolve().unwrap()
}

/// A plan for a state where the policy is worth `policy_value`, by MPPI with these settings: real sampling, on a
/// landscape of values that is a parabola around the best actions.
pub fn analysis(decision: u32, planner: &PlannerConfig, action_dim: usize, policy_value: f32) -> PlanAnalysis {
    let mut dice = Dice::new(u64::from(decision) + 7);
    let (horizon, samples) = (planner.horizon, planner.samples);
    let width = horizon * action_dim;
    let best: Vec<f32> = (0..width).map(|_| 0.5 * dice.normal().clamp(-1.6, 1.6)).collect();
    let value = |sequence: &[f32], dice: &mut Dice| {
        let off: f32 = sequence.iter().zip(&best).map(|(a, b)| (a - b).powi(2)).sum();
        policy_value + 0.7 - 2.2 * off / width as f32 + 0.06 * dice.normal()
    };
    let policies: Vec<Vec<f32>> = (0..planner.policy_samples)
        .map(|_| best.iter().map(|one| (one + 0.45 * dice.normal()).clamp(-1.0, 1.0)).collect())
        .collect();
    let (mut mean, mut std) = (vec![0.0; width], vec![planner.max_std; width]);
    let mut iterations = Vec::new();
    let mut sequences = Vec::new();
    for _ in 0..planner.iterations_for(action_dim) {
        sequences.clone_from(&policies);
        while sequences.len() < samples {
            let draw = |(mean, std): (&f32, &f32)| (mean + std * dice.normal()).clamp(-1.0, 1.0);
            sequences.push(mean.iter().zip(&std).map(draw).collect());
        }
        let values: Vec<f32> = sequences.iter().map(|one| value(one, &mut dice)).collect();
        let mut order: Vec<usize> = (0..samples).collect();
        order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
        order.truncate(planner.elites);
        let top = values[order[0]];
        // A steeper weight than the published one, since this landscape is flat.
        let weights: Vec<f32> = order.iter().map(|one| (6.0 * (values[*one] - top)).exp()).collect();
        let sum: f32 = weights.iter().sum();
        let weights: Vec<f32> = weights.iter().map(|one| one / sum).collect();
        let over = |of: &dyn Fn(f32) -> f32, place: usize| -> f32 {
            order.iter().zip(&weights).map(|(one, weight)| weight * of(sequences[*one][place])).sum()
        };
        mean = (0..width).map(|place| over(&|x| x, place)).collect();
        std = (0..width)
            .map(|place| over(&|x| (x - mean[place]).powi(2), place).sqrt().clamp(planner.min_std, planner.max_std))
            .collect();
        iterations.push(IterationView {
            values,
            elites: order.iter().map(|one| *one as u32).collect(),
            weights,
            mean: mean.clone(),
            std: std.clone(),
        });
    }
    let last = iterations.last().unwrap();
    let chosen = 3.min(last.elites.len() - 1);
    let plan = &sequences[last.elites[chosen] as usize];
    let value = last.values[last.elites[chosen] as usize];
    let policy_mean = last.values[..planner.policy_samples].iter().sum::<f32>() / planner.policy_samples.max(1) as f32;
    let delta_q = if planner.policy_samples == 0 { 0.0 } else { value - policy_mean };
    PlanAnalysis {
        decision,
        updates: 4000 + u64::from(decision),
        settings: planner.clone(),
        samples,
        policy_samples: planner.policy_samples,
        horizon,
        action_dim,
        chosen,
        action: plan[..action_dim].to_vec(),
        expert_mean: plan[..action_dim].to_vec(),
        expert_std: last.std[..action_dim].to_vec(),
        value,
        delta_q,
        plan_terms: split(value, horizon, 0.04),
        policy_terms: split(policy_mean, horizon, 0.0),
        policy: PolicyView { mean: best[..action_dim].to_vec(), std: vec![0.4; action_dim], kl: 0.42 },
        values: Some(ValueView::default()),
        paths: paths(value),
        iterations,
    }
}

/// G as rewards near 0.9 and the value that is left.
fn split(value: f32, horizon: usize, more: f32) -> RewardSplit {
    let rewards: Vec<f32> =
        (0..horizon).map(|step| (0.9 + more + 0.02 * step as f32) * 0.99_f32.powi(step as i32)).collect();
    let terminal = value - rewards.iter().sum::<f32>();
    RewardSplit { rewards, terminal }
}

fn paths(value: f32) -> Vec<Path> {
    let kinds = [PathKind::Policy, PathKind::Sample, PathKind::Elite, PathKind::Plan];
    let path =
        |kind| Path { kind, source: PathSource::Imagined, value, points: vec![[0.0, 0.0, 1.0], [0.1, 0.0, 1.1]] };
    kinds.into_iter().map(path).collect()
}

/// A decision of an episode of 500 that goes as well as `skill` (0 to 1).
pub fn decision(number: u32, episode: u32, t: u32, skill: f32, episode_return: &mut f32) -> Decision {
    let mut dice = Dice::new(u64::from(number) + 1);
    let start = 1.0 - (-(t as f32) / 25.0).exp();
    let reward = (2.0 * skill * start * (0.93 + 0.03 * dice.normal())).clamp(0.0, 2.0);
    *episode_return += reward;
    let planned = Planned {
        value: 71.0,
        delta_q: 0.3 + 0.2 * dice.normal(),
        expert_mean: vec![0.1; 6],
        expert_std: vec![0.2; 6],
        mode: PlanMode::Collect,
        noise: NoiseKey { seed: 1, purpose: Purpose::Plan, decision: number },
    };
    Decision {
        number,
        episode,
        t,
        env_step: number as usize * 2,
        updates: 4000 + u64::from(number),
        snapshot: vec![0; 400],
        previous_mean: (t > 0).then(|| vec![0.2; 18]),
        action: vec![0.1; 6],
        reward,
        episode_return: *episode_return,
        planned: Some(planned),
        last: t == 499,
    }
}

/// Decisions of these episodes of 500, the last one of `so_far` decisions.
pub fn decisions(episodes: std::ops::RangeInclusive<u32>, so_far: u32) -> Vec<Decision> {
    let (first, last) = (*episodes.start(), *episodes.end());
    let mut all = Vec::new();
    for episode in episodes {
        let skill = (0.28 + 0.7 * (1.0 - (-((episode - first) as f32) / 7.0).exp())).min(0.98);
        let skill = skill - 0.05 * Dice::new(u64::from(episode)).uniform();
        let mut sum = 0.0;
        for t in 0..if episode == last { so_far } else { 500 } {
            all.push(decision(episode * 500 + t, episode, t, skill, &mut sum));
        }
    }
    all
}

/// A running walker: episodes 61 to 84, now at t = 306, with the newest plan analyzed.
pub fn history() -> History {
    let config = config("walker-walk");
    let mut history = History::default();
    let planner = config.planner.clone();
    let status = Status {
        activity: Activity::Running,
        stage: Stage::Training,
        device: "CPU, AVX-512".into(),
        env_step: 84_612,
        total: 200_000,
        updates: 42_306,
        rates: Rates { decisions_per_second: 31.0, real_time_factor: 1.8, plan_ms: 4.1, ..Rates::default() },
        experts: ExpertAges {
            histogram: vec![(500, 0.21), (1000, 0.11), (5000, 0.3), (20_000, 0.25), (u64::MAX, 0.13)],
            reanalyzed: 0.34,
        },
        folder: Some("runs/walker-walk/bmpc-seed1".into()),
        config: Some(Box::new(config)),
        ..Status::default()
    };
    let newest = 84 * 500 + 306;
    history.take(Update {
        status,
        opened: true,
        decisions: decisions(61..=84, 307),
        analyses: vec![analysis(newest, &planner, 6, 71.4)],
        ..Update::default()
    });
    history
}

/// What an engine answers to "what if".
pub fn outcomes(number: u32, cases: &[WhatIfCase]) -> Vec<WhatIfResult> {
    let outcome = |case: &WhatIfCase| WhatIfResult {
        plan: Ok(Box::new(analysis(number, &case.planner, 6, 71.4))),
        plan_ms: 0.0027 * (case.planner.samples * case.planner.iterations * case.planner.horizon) as f32 / 3.0,
        case: case.clone(),
    };
    cases.iter().map(outcome).collect()
}

/// A view of one tab.
pub fn view(tab: bootstride_lab::view::Tab) -> View {
    View { tab, ..View::default() }
}
