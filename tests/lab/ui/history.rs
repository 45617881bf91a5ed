//! A history made up for tests: an agent that learns over 40,000 steps, as smooth curves with a little noise. Panes
//! from a real recording are tested elsewhere.

use bootstride_core::config::Config;
use bootstride_core::inspect::{Decision, PlanAnalysis, Planned, PolicyView, RewardSplit, ValueView};
use bootstride_core::math::Purpose;
use bootstride_core::planner::{NoiseKey, PlanMode};
use bootstride_core::train::{Evaluation, Event};
use bootstride_session::History;
use bootstride_session::message::{Activity, ExpertAges, Rates, Stage, Status, Update};

/// Environment steps of the history.
pub const STEPS: usize = 40_000;

/// Decisions of an episode.
const EPISODE: u32 = 500;

/// Noise in [-1, 1] that is a function of its number.
fn noise(number: u32) -> f32 {
    let mixed = number.wrapping_mul(0x9e37_79b9) ^ 0x5bd1_e995;
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x85eb_ca6b);
    let mixed = mixed ^ (mixed >> 13);
    (mixed >> 8) as f32 / (1 << 23) as f32 - 1.0
}

fn learned(step: usize) -> f32 {
    1.0 - (-(step as f32) / 9_000.0).exp()
}

fn decision(number: u32) -> Decision {
    let (episode, t) = (number / EPISODE, number % EPISODE);
    let env_step = 2 * number as usize;
    let reward = (2.0 * learned(env_step) * (t as f32 / 40.0).min(1.0) * (0.93 + 0.06 * noise(number))).max(0.0);
    let value = 150.0 * learned(env_step) * (1.0 + 0.05 * (t as f32 / 60.0).sin()) + 3.0 * noise(number ^ 0x4d);
    let planned = Planned {
        value,
        delta_q: (1.9 - 1.6 * learned(env_step)) * (1.0 + 0.6 * noise(number ^ 0x5)),
        expert_mean: vec![0.1; 6],
        expert_std: vec![0.3; 6],
        mode: PlanMode::Collect,
        noise: NoiseKey { seed: 1, purpose: Purpose::Plan, decision: number },
    };
    Decision {
        number,
        episode,
        t,
        env_step,
        updates: u64::from(number),
        snapshot: vec![0; 300],
        previous_mean: None,
        action: vec![0.2; 6],
        reward,
        episode_return: 0.0,
        planned: (number >= 1_000).then_some(planned),
        last: t + 1 == EPISODE,
    }
}

/// The two-hot distribution of a network that is a little unsure about `value`.
fn distribution(value: f32, spread: f32) -> Vec<f32> {
    let centre = value.signum() * value.abs().ln_1p();
    let weights = (0..101_u8).map(|bin| {
        let at = -10.0 + 0.2 * f32::from(bin);
        (-((at - centre) / spread).powi(2) / 2.0).exp()
    });
    let weights: Vec<f32> = weights.collect();
    let sum: f32 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

fn analysis(decision: &Decision) -> PlanAnalysis {
    let value = decision.planned.as_ref().map_or(0.0, |planned| planned.value);
    let bins = (0..101_u8).map(|bin| {
        let at = -10.0 + 0.2 * f32::from(bin);
        at.signum() * at.abs().exp_m1()
    });
    PlanAnalysis {
        decision: decision.number,
        updates: decision.updates,
        settings: Config::default().planner,
        samples: 256,
        policy_samples: 12,
        horizon: 3,
        action_dim: 6,
        iterations: Vec::new(),
        chosen: 0,
        action: decision.action.clone(),
        expert_mean: vec![0.1; 6],
        expert_std: vec![0.3; 6],
        value,
        delta_q: 0.31,
        plan_terms: RewardSplit::default(),
        policy_terms: RewardSplit::default(),
        policy: PolicyView { mean: vec![0.1; 6], std: vec![0.4; 6], kl: 3.0 * (1.0 + 0.4 * noise(decision.number)) },
        values: Some(ValueView {
            bins: bins.collect(),
            members: vec![distribution(value, 0.26), distribution(1.06 * value, 0.22)],
            decoded: vec![value, 1.06 * value],
            reward: distribution(decision.reward, 0.12),
            reward_decoded: decision.reward - 0.02,
        }),
        paths: Vec::new(),
    }
}

fn status() -> Status {
    let histogram = [(100, 0.04), (500, 0.09), (1_000, 0.12), (5_000, 0.37), (10_000, 0.24), (u64::MAX, 0.14)];
    Status {
        activity: Activity::Running,
        stage: Stage::Training,
        config: Some(Box::new(Config::default())),
        folder: Some("runs/walker".into()),
        device: "CPU".into(),
        device_reason: String::new(),
        on_gpu: false,
        env_step: STEPS,
        total: 100_000,
        updates: 20_000,
        evaluated: None,
        rates: Rates {
            decisions_per_second: 31.0,
            real_time_factor: 1.6,
            plan_ms: 14.1,
            simulate_ms: 1.2,
            update_ms: 12.6,
            reanalyze_ms: 3.4,
            inspect_ms: 0.9,
        },
        experts: ExpertAges { histogram: histogram.to_vec(), reanalyzed: 0.23 },
    }
}

fn events() -> Vec<Event> {
    let mut events = Vec::new();
    for episode in 1..=40_u32 {
        let env_step = 1_000 * episode as usize;
        let earned = 940.0 * learned(env_step) * (0.92 + 0.08 * noise(episode));
        events.push(Event::EpisodeEnd {
            env_step,
            episode: episode as usize,
            episode_return: earned,
            decisions: 500,
            terminated: false,
        });
        if episode % 2 == 0 {
            let returns = |share: f32, salt: u32| {
                (0..10)
                    .map(|i| 970.0 * share * learned(env_step) * (0.97 + 0.05 * noise(100 * episode + i + salt)))
                    .collect()
            };
            let policy = 0.6 + 0.38 * learned(env_step);
            events.push(Event::Evaluation(Evaluation {
                env_step,
                planner: returns(1.0, 0),
                network: returns(policy, 50),
            }));
        }
    }
    for update in (100..=20_000_u32).step_by(100) {
        let env_step = 2 * update as usize;
        let fall = 1.0 - 0.9 * learned(env_step);
        let figure = |name: &str, size: f32| (name.to_owned(), size * (1.0 + 0.08 * noise(update ^ size.to_bits())));
        events.push(Event::Update {
            env_step,
            update: update as usize,
            metrics: vec![
                figure("consistency_loss", 0.02 * fall),
                figure("reward_loss", 1.8 * fall),
                figure("value_loss", 3.6 * fall),
                figure("total_loss", 0.9 * fall),
                figure("grad_norm", 2.4 * fall),
                figure("pi_loss", 0.9 * fall - 0.2),
                figure("pi_grad_norm", 0.6 * fall),
                figure("pi_kl", 1.4 * fall),
                figure("pi_entropy", 6.0 * fall - 2.0),
                figure("pi_log_std", -1.8 * (1.3 - fall)),
                figure("pi_scale", 1.0 + 3.0 * fall),
                figure("reanalyze_delta_q", 1.6 * fall),
            ],
        });
    }
    events
}

/// All of it, with the last episode half played.
pub fn trained() -> History {
    let newest = 19_750;
    let decisions: Vec<Decision> = (0..newest).map(decision).collect();
    let analyses = decisions.iter().rev().take(60).rev().map(analysis).collect();
    let mut history = History::default();
    history.take(Update { status: status(), opened: true, decisions, events: events(), analyses, ..Update::default() });
    history
}
