//! Recorded moments of real bodies, and a device to draw them on.

use std::sync::{Mutex, OnceLock};

use bootstride_core::config::Config;
use bootstride_core::inspect::{
    Decision, IterationView, Path, PathKind, PathSource, PlanAnalysis, Planned, PolicyView, RewardSplit, ValueView,
};
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::planner::{NoiseKey, PlanMode, PlannerConfig};
use bootstride_core::task::{Environment, TaskConfig};
use bootstride_render::Offscreen;
use bootstride_session::History;
use bootstride_session::message::{Status, Update};
use eframe::egui_wgpu::{RenderState, RendererOptions};
use egui_kittest::wgpu::{create_render_state, default_wgpu_setup};

/// A fresh device, the software one where there is one.
pub fn render_state() -> RenderState {
    create_render_state(default_wgpu_setup(), RendererOptions::PREDICTABLE)
}

/// Makes pictures, one test at a time.
pub fn offscreen() -> &'static Mutex<Offscreen> {
    static SHARED: OnceLock<Mutex<Offscreen>> = OnceLock::new();
    SHARED.get_or_init(|| {
        let state = render_state();
        Mutex::new(Offscreen::new(&state.device, &state.queue))
    })
}

/// An episode of a task, played with smooth actions of no purpose.
pub struct Played {
    pub task: TaskConfig,
    pub environment: Environment,
    pub decisions: Vec<Decision>,
}

/// Plays so many decisions.
pub fn play(name: &str, count: u32) -> Played {
    let mut task = TaskConfig { name: name.into(), ..TaskConfig::default() };
    let mut environment = Environment::configured(&task).unwrap();
    task.action_repeat = environment.info().action_repeat;
    environment = Environment::configured(&task).unwrap();
    environment.reset(&mut Stream::new(3, Purpose::Other, 0));
    strike(&mut environment);
    let size = environment.info().action_size;
    let mut episode_return = 0.0;
    let decisions = (0..count)
        .map(|number| {
            let wave = |i: usize| 0.7 * (0.31 * number as f32 + 1.7 * i as f32).sin();
            let action: Vec<f32> = (0..size).map(wave).collect();
            let snapshot = environment.snapshot().to_bytes();
            let reward = environment.step(&action).unwrap().reward;
            episode_return += reward;
            decision(number, snapshot, action, [reward, episode_return])
        })
        .collect();
    Played { task, environment, decisions }
}

/// A walker in mid-stride, animals on their feet: what a trained agent looks like.
fn strike(environment: &mut Environment) {
    let name = environment.world().name().to_owned();
    let mut q = environment.world().reference_positions();
    match name.as_str() {
        "walker" => q[2..9].copy_from_slice(&[0.06, -0.42, -0.18, 0.1, 0.52, -0.62, 0.25]),
        "humanoid" => {
            for (i, angle) in q.iter_mut().enumerate().skip(7) {
                *angle = 0.16 * (1.9 * i as f64).sin();
            }
        }
        "dog" | "cheetah" | "hopper" | "quadruped" => {}
        _ => return,
    }
    let mut qd = vec![0.0; environment.world().qd().len()];
    match name.as_str() {
        "walker" | "cheetah" => qd[1] = 1.4,
        _ => qd[0] = 1.2,
    }
    environment.set_state(&q, &qd);
}

fn decision(number: u32, snapshot: Vec<u8>, action: Vec<f32>, [reward, episode_return]: [f32; 2]) -> Decision {
    let planned = Planned {
        value: 71.8,
        delta_q: 0.31,
        expert_mean: action.clone(),
        expert_std: vec![0.1; action.len()],
        mode: PlanMode::Collect,
        noise: NoiseKey { seed: 1, purpose: Purpose::Other, decision: number },
    };
    Decision {
        number,
        episode: 84,
        t: number,
        env_step: 42_180 + 2 * number as usize,
        updates: 40_000,
        snapshot,
        previous_mean: None,
        action,
        reward,
        episode_return,
        planned: Some(planned),
        last: false,
    }
}

impl Played {
    /// What a lab would know of it.
    pub fn history(&self, analysis: Option<PlanAnalysis>) -> History {
        let config = Config { task: self.task.clone(), ..Config::default() };
        let status = Status { config: Some(Box::new(config)), ..Status::default() };
        let mut history = History::default();
        history.take(Update {
            status,
            opened: true,
            decisions: self.decisions.clone(),
            analyses: analysis.into_iter().collect(),
            ..Update::default()
        });
        history
    }

    /// Sequences of actions tried in clones of the world from the last decision on, as a planner would.
    pub fn analysis(&self, sources: &[PathSource]) -> PlanAnalysis {
        let last = self.decisions.last().unwrap();
        let mut start = self.environment.clone();
        start.restore(&bootstride_core::task::EnvironmentSnapshot::from_bytes(&last.snapshot).unwrap()).unwrap();
        let mut paths = Vec::new();
        for source in sources {
            for (kind, count, spread) in [
                (PathKind::Sample, 64, 1.0),
                (PathKind::Elite, 16, 0.5),
                (PathKind::Policy, 6, 0.25),
                (PathKind::Plan, 1, 0.0),
            ] {
                let real = *source == PathSource::Real;
                paths.extend(
                    (0..if real { count.min(8) } else { count }).map(|i| self.path(&start, kind, *source, i, spread)),
                );
            }
        }
        let size = last.action.len();
        PlanAnalysis {
            decision: last.number,
            updates: last.updates,
            settings: PlannerConfig::default(),
            samples: 86,
            policy_samples: 6,
            horizon: 5,
            action_dim: size,
            iterations: vec![IterationView {
                values: vec![70.0; 86],
                elites: vec![0],
                weights: vec![1.0],
                mean: vec![0.0; 5 * size],
                std: vec![0.5; 5 * size],
            }],
            chosen: 0,
            action: last.action.clone(),
            expert_mean: last.action.clone(),
            expert_std: vec![0.1; size],
            value: 71.8,
            delta_q: 0.31,
            plan_terms: RewardSplit::default(),
            policy_terms: RewardSplit::default(),
            policy: PolicyView { kl: 0.42, ..PolicyView::default() },
            values: Some(ValueView { decoded: vec![71.2, 72.4], ..ValueView::default() }),
            paths,
        }
    }

    fn path(&self, start: &Environment, kind: PathKind, source: PathSource, number: u32, spread: f32) -> Path {
        let mut environment = start.clone();
        let point = |environment: &Environment| environment.world().center().map(|x| x as f32);
        let mut points = vec![point(&environment)];
        let mut stream = Stream::new(u64::from(number), Purpose::Other, 1 + kind as u32);
        let size = self.environment.info().action_size;
        let mut base: Vec<f32> = (0..size).map(|_| (spread * stream.normal() as f32).clamp(-1.0, 1.0)).collect();
        for _ in 0..8 {
            for a in &mut base {
                *a = (*a + 0.3 * spread * stream.normal() as f32).clamp(-1.0, 1.0);
            }
            if environment.step(&base).is_err() {
                break;
            }
            points.push(point(&environment));
        }
        if source == PathSource::Imagined {
            // A model that is a little off, the more the further it looks ahead.
            let sway = 0.02 * (f64::from(number) * 0.7).sin() as f32;
            points.iter_mut().enumerate().for_each(|(i, point)| point[2] += sway * i as f32);
        }
        Path { kind, source, value: 70.0 + 0.2 * f64::from(number) as f32, points }
    }
}
