//! A planner and a task that were registered show in the lab's session as built-in ones. A program of its own, because
//! a registered task is listed everywhere from then on.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking; it runs natively"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use bootstride_core::config::{Config, Layers};
use bootstride_core::inspect::AnalysisOptions;
use bootstride_core::planner::PlannerConfig;
use bootstride_session::message::{Command, Level, SessionLink as _, WhatIfCase};
use bootstride_session::recorded::ROOT;
use bootstride_session::{History, ThreadLink};
use bootstride_tests::custom;

/// A run of the registered planner on the registered task, which begins to plan after 30 decisions.
fn config() -> Config {
    let settings = [
        "task.name=spin",
        "planner.kind=shooting",
        "planner.custom.sequences=12",
        "planner.samples=32",
        "planner.elites=8",
        "planner.policy_samples=4",
        "planner.iterations=2",
        "run.device=cpu",
        "run.evaluate_every=0",
        "run.checkpoint_every=0",
        "training.seed_episodes=0",
        "training.seed_decisions=30",
        "training.seed_episodes_limit=0",
        "training.pretrain=false",
        "training.batch=16",
        "model.latent_dim=32",
        "model.mlp_dim=32",
        "model.encoder_dim=32",
    ];
    let layers = Layers::new().size_preset("tiny").unwrap();
    settings.iter().fold(layers, |layers, setting| layers.set(setting).unwrap()).resolve().unwrap()
}

/// The lab's side, without a lab.
struct Desk {
    link: ThreadLink,
    history: History,
}

impl Desk {
    fn new() -> Self {
        Self { link: ThreadLink::start(ROOT.into(), || {}).unwrap(), history: History::default() }
    }

    /// Waits until this holds. How long that takes says nothing; that it comes is the claim.
    fn wait(&mut self, what: &str, done: impl Fn(&History) -> bool) {
        let begin = Instant::now();
        while !done(&self.history) {
            assert!(begin.elapsed() < Duration::from_mins(1), "{what} did not come; {:?}", self.history.notices);
            match self.link.receive() {
                Some(update) => self.history.take(update),
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }
}

fn folder(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn a_registered_planner_and_task_train_are_inspected_and_resume() {
    custom::register();
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    let (mut desk, own) = (Desk::new(), config());
    desk.link.send(Command::Train { config: Box::new(own.clone()), preset: "tiny".into(), folder: Some(folder(&run)) });
    let options = AnalysisOptions { real: true, ..AnalysisOptions::default() };
    desk.link.send(Command::Subscribe { options: Some(options), every_seconds: 0.0 });
    desk.link.send(Command::Run);
    desk.wait("an analysis", |history| !history.analyses.is_empty());
    desk.link.send(Command::Pause);
    desk.link.send(Command::Save);
    desk.wait("the checkpoint", |history| history.notices.iter().any(|notice| notice.text.contains("steps")));

    let live = desk.history.analyses.back().unwrap().clone();
    assert_eq!((live.samples, live.policy_samples, live.iterations.len()), (1, 0, 1), "the plan is its own trace");
    let planned = desk.history.decision(live.decision).unwrap().planned.as_ref().unwrap();
    assert_eq!((live.value, &live.expert_mean), (planned.value, &planned.expert_mean));
    assert!(!live.paths.is_empty(), "where the plan leads is drawn");

    let decision = desk.history.decisions.back().unwrap().clone();
    desk.link.send(Command::Inspect { decision: Box::new(decision.clone()), options });
    desk.wait("the inspection", |history| history.inspected.is_some());
    let built_in = PlannerConfig { kind: "mppi".into(), ..own.planner.clone() };
    let cases = [("as trained", own.planner.clone()), ("guided MPPI", built_in)];
    let cases = cases.map(|(label, planner)| WhatIfCase { label: label.into(), planner }).to_vec();
    desk.link.send(Command::WhatIf { decision: Box::new(decision), cases });
    desk.wait("the outcomes", |history| history.outcomes.is_some());
    let outcomes = &desk.history.outcomes.as_ref().unwrap().1;
    let samples: Vec<_> = outcomes.iter().map(|one| one.plan.as_ref().unwrap().samples).collect();
    assert_eq!(samples, [1, 32]);
    let bad: Vec<_> = desk.history.notices.iter().filter(|notice| notice.level == Level::Bad).collect();
    assert!(bad.is_empty(), "{bad:?}");
    let before = desk.history.decisions.len();

    drop(desk);
    let mut again = Desk::new();
    again.link.send(Command::Resume { folder: folder(&run), steps: None });
    again.link.send(Command::Step);
    again.wait("a decision", |history| !history.decisions.is_empty());
    assert_eq!(again.history.status.config.as_ref().unwrap().planner, own.planner);
    assert!(again.history.decisions[0].planned.is_some() && again.history.decisions[0].number as usize >= before - 1);
}
