//! The session on its thread: what it reports, and how it executes commands.

use std::path::Path;
use std::time::{Duration, Instant};

use bootstride_core::config::Config;
use bootstride_core::inspect::AnalysisOptions;
use bootstride_core::run::RunFolder;
use bootstride_lab::runs::root;
use bootstride_session::ThreadLink;
use bootstride_session::message::{Activity, Agent, Command, Level, SessionLink, Stage, WhatIfCase};
use bootstride_session::{History, Update};

use crate::small::small;

/// A run that is small enough to be trained in a test: 700 decisions in all, an evaluation before the end and one at
/// it.
fn config() -> Config {
    small(&["run.steps=1400", "run.evaluate_every=1200", "run.evaluate_episodes=1", "planner.iterations=2"])
}

/// The lab's side, without a lab.
pub struct Desk {
    pub link: ThreadLink,
    pub history: History,
}

impl Desk {
    fn new() -> Self {
        Self { link: ThreadLink::start(root(), || {}).unwrap(), history: History::default() }
    }

    fn train(folder: &Path) -> Self {
        Self::train_with(folder, config())
    }

    pub fn train_with(folder: &Path, config: Config) -> Self {
        let mut desk = Self::new();
        let folder = Some(folder.display().to_string());
        desk.link.send(Command::Train { config: Box::new(config), preset: "tiny".into(), folder });
        desk
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

    pub fn wait_for_activity(&mut self, activity: &Activity) {
        self.wait(&format!("{activity:?}"), |history| history.status.activity == *activity);
    }

    /// Lets what was sent take effect.
    fn settle(&mut self) {
        let count = self.history.notices.len();
        self.link.send(Command::Save);
        self.wait("an answer", |history| history.notices.len() > count);
    }
}

#[test]
fn a_run_is_trained_to_its_end_and_every_decision_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("run");
    let mut desk = Desk::train(&folder);
    desk.link.send(Command::Run);
    desk.wait_for_activity(&Activity::Finished);

    let history = &desk.history;
    let numbers: Vec<u32> = history.decisions.iter().map(|decision| decision.number).collect();
    assert_eq!(numbers, (0..700).collect::<Vec<_>>());
    assert!(history.decisions[99].planned.is_none() && history.decisions[100].planned.is_some());
    assert!(history.decisions[499].last && history.decisions[500].t == 0 && history.decisions[500].episode == 1);
    assert_eq!(history.evaluations.len(), 2);
    assert!(history.analyses.is_empty(), "nobody asked");
    assert!(history.notices.iter().any(|notice| notice.level == Level::Good && notice.text.contains("Done")));

    drop(desk);
    let (kept, _) = RunFolder::read(&folder).unwrap();
    assert_eq!(kept.run.steps, 1400);
    assert!(RunFolder::trained(&folder).unwrap().checkpoint.env_step == 1400);

    // Taken up again it has nothing to do, and says so instead of running on the spot.
    let mut desk = Desk::new();
    desk.link.send(Command::Resume { folder: folder.display().to_string(), steps: None });
    desk.link.send(Command::Run);
    desk.wait_for_activity(&Activity::Finished);
    assert!(desk.history.notices.iter().any(|notice| notice.text.contains("Nothing to do")));
}

#[test]
fn of_several_environments_the_first_is_followed_and_all_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("run");
    let mut config = config();
    // Episodes of 50 decisions; 720 decisions in all, 180 in each environment.
    (config.task.action_repeat, config.run.steps, config.run.evaluate_every) = (20, 14_400, 12_000);
    (config.training.environments, config.training.updates_per_decision) = (4, 0.25);
    let mut desk = Desk::train_with(&folder, config);
    desk.link.send(Command::Subscribe { options: Some(AnalysisOptions::default()), every_seconds: 0.0 });
    desk.link.send(Command::Run);
    desk.wait_for_activity(&Activity::Finished);

    let history = &desk.history;
    let numbers: Vec<u32> = history.decisions.iter().map(|decision| decision.number).collect();
    assert_eq!(numbers, (0..180).map(|step| 4 * step).collect::<Vec<_>>());
    let episodes: Vec<_> = history.recorded_episodes().iter().map(|episode| (episode.number, episode.len)).collect();
    assert_eq!(episodes, [(0, 50), (4, 50), (8, 50), (12, 30)], "those of the first environment");
    for pair in history.decisions.iter().collect::<Vec<_>>().windows(2) {
        let [before, after] = pair else { unreachable!() };
        assert_eq!(after.env_step, before.env_step + 80);
        let goes_on = before.episode == after.episode;
        assert_eq!((after.t, before.last), if goes_on { (before.t + 1, false) } else { (0, true) });
        assert!(!goes_on || (after.episode_return - before.episode_return - after.reward).abs() < 1e-3);
    }
    assert_eq!(history.episodes.len(), 12, "every environment has ended three");
    for (episode, followed) in history.recorded_episodes().iter().take(3).zip(history.episodes.chunks(4)) {
        assert!(followed.iter().any(|(_, total)| (total - episode.episode_return).abs() < 1e-3));
    }
    assert_eq!((history.status.env_step, history.status.updates), (14_400, 155));
    assert_eq!(history.evaluations.len(), 2);
    let analysis = history.analyses.back().expect("a decision was analyzed");
    let decision = history.decision(analysis.decision).expect("of the first environment");
    assert_eq!(decision.planned.as_ref().unwrap().value.to_bits(), analysis.value.to_bits());
}

#[test]
fn a_run_pauses_steps_saves_and_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("run");
    let mut desk = Desk::train(&folder);
    desk.wait_for_activity(&Activity::Paused);
    for count in 1..=3 {
        desk.link.send(Command::Step);
        desk.wait("a decision", |history| history.decisions.len() == count);
        desk.wait_for_activity(&Activity::Paused);
    }
    desk.link.send(Command::Save);
    desk.wait("the checkpoint", |history| history.notices.iter().any(|notice| notice.text.contains("after 6 steps")));
    let first: Vec<_> = desk.history.decisions.iter().cloned().collect();
    drop(desk);

    let mut again = Desk::new();
    again.link.send(Command::Resume { folder: folder.display().to_string(), steps: None });
    again.link.send(Command::Step);
    again.wait("a decision", |history| !history.decisions.is_empty());
    assert_eq!(again.history.decisions[0].number, 3);
    assert_eq!(again.history.decisions[0].env_step, 6);

    // The same run without a stop takes the same fourth decision.
    let mut whole = Desk::train(&dir.path().join("whole"));
    for count in 1..=4 {
        whole.link.send(Command::Step);
        whole.wait("a decision", |history| history.decisions.len() == count);
    }
    assert_eq!(whole.history.decisions.iter().take(3).cloned().collect::<Vec<_>>(), first);
    assert_eq!(whole.history.decisions[3], again.history.decisions[0]);
}

/// A run that has begun to plan, paused.
fn planning(folder: &Path) -> Desk {
    // Long enough for the decoder, which learns at the same time, to be believed.
    let mut endless = config();
    (endless.run.steps, endless.run.evaluate_every) = (1_000_000, 0);
    let mut desk = Desk::train_with(folder, endless);
    let options = Some(AnalysisOptions { real: true, ..AnalysisOptions::default() });
    desk.link.send(Command::Subscribe { options, every_seconds: 0.0 });
    desk.link.send(Command::Run);
    desk.wait("an analysis with imagined paths", |history| {
        history.analyses.back().is_some_and(|analysis| analysis.paths.len() > 20)
    });
    desk.link.send(Command::Pause);
    desk.settle();
    desk
}

#[test]
fn attending_tells_anatomies_that_agree_with_their_decisions() {
    let dir = tempfile::tempdir().unwrap();
    let desk = planning(&dir.path().join("run"));
    for analysis in &desk.history.analyses {
        let decision = desk.history.decision(analysis.decision).unwrap();
        let planned = decision.planned.as_ref().unwrap();
        assert_eq!((analysis.value, analysis.delta_q), (planned.value, planned.delta_q));
        assert_eq!((&analysis.action, analysis.updates), (&decision.action, decision.updates));
        assert_eq!((analysis.samples, analysis.policy_samples, analysis.iterations.len()), (32, 4, 2));
    }
}

#[test]
fn a_recorded_decision_is_inspected_and_replanned_under_other_settings() {
    let dir = tempfile::tempdir().unwrap();
    let mut desk = planning(&dir.path().join("run"));
    let decision = desk.history.decisions.back().unwrap().clone();
    let options = AnalysisOptions::default();
    desk.link.send(Command::Inspect { decision: Box::new(decision.clone()), options });
    desk.wait("the analysis", |history| history.inspected.is_some());
    assert_eq!(desk.history.inspected.as_ref().unwrap().decision, decision.number);

    let planner = config().planner;
    let mut longer = planner.clone();
    longer.horizon = 5;
    let mut wrong = planner.clone();
    wrong.elites = 33;
    let cases = [("as trained", planner), ("horizon 5", longer), ("too many elites", wrong)];
    let cases = cases.map(|(label, planner)| WhatIfCase { label: label.into(), planner }).to_vec();
    desk.link.send(Command::WhatIf { decision: Box::new(decision.clone()), cases });
    desk.wait("the outcomes", |history| history.outcomes.is_some());
    let (number, outcomes) = desk.history.outcomes.as_ref().unwrap();
    assert_eq!((*number, outcomes.len()), (decision.number, 3));
    assert_eq!(outcomes[0].plan.as_ref().unwrap().value, desk.history.inspected.as_ref().unwrap().value);
    assert_eq!(outcomes[1].plan.as_ref().unwrap().horizon, 5);
    assert!(outcomes[2].plan.as_ref().unwrap_err().contains("elites"), "{:?}", outcomes[2].plan);
}

#[test]
fn the_planner_is_changed_live_and_the_run_remembers() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("run");
    let mut desk = planning(&folder);
    let mut planner = config().planner;
    (planner.samples, planner.horizon) = (48, 4);
    desk.link.send(Command::SetPlanner(Box::new(planner.clone())));
    let seen = desk.history.analyses.back().unwrap().decision;
    desk.link.send(Command::Run);
    desk.wait("a plan under the new settings", |history| {
        history.analyses.back().is_some_and(|analysis| analysis.decision > seen && analysis.samples == 48)
    });
    assert_eq!(desk.history.analyses.back().unwrap().horizon, 4);
    let mut refused = planner.clone();
    refused.elites = 100;
    desk.link.send(Command::SetPlanner(Box::new(refused)));
    desk.wait("a refusal", |history| history.notices.iter().any(|notice| notice.level == Level::Bad));
    assert_eq!(desk.history.status.config.as_ref().unwrap().planner, planner);
    drop(desk);
    assert_eq!(RunFolder::read(&folder).unwrap().0.planner, planner);
    let events = std::fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
    assert!(events.contains("samples 32 to 48, horizon 3 to 4"), "{events}");
}

#[test]
fn a_trained_agent_plays_and_two_players_with_one_seed_start_alike() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("run");
    drop(planning(&folder));
    let watch = |planner| {
        let mut desk = Desk::new();
        let agent = Agent::Folder(folder.display().to_string());
        desk.link.send(Command::Watch { agent, seed: 7, planner });
        desk.link.send(Command::Run);
        desk.wait("five decisions", |history| history.decisions.len() >= 5);
        assert_eq!(desk.history.status.stage, Stage::Playing);
        desk
    };
    let (planner, policy, again) = (watch(true), watch(false), watch(true));
    assert_eq!(planner.history.decisions[0].snapshot, policy.history.decisions[0].snapshot);
    assert_eq!(planner.history.decisions[4], again.history.decisions[4]);
    assert!(planner.history.decisions[0].planned.is_some() && policy.history.decisions[0].planned.is_none());
}

#[test]
fn what_cannot_be_opened_is_told_and_nothing_else_happens() {
    let dir = tempfile::tempdir().unwrap();
    let mut desk = Desk::new();
    desk.link.send(Command::Resume { folder: dir.path().display().to_string(), steps: None });
    desk.wait("a message", |history| !history.notices.is_empty());
    assert_eq!(desk.history.notices[0].level, Level::Bad);
    desk.link.send(Command::Run);
    desk.wait("another", |history| history.notices.len() > 1);
    assert!(desk.history.notices[1].text.contains("start a run or open one"));
    assert_eq!(desk.history.status.activity, Activity::Idle);
}

#[test]
fn messages_survive_the_way_as_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let desk = planning(&dir.path().join("run"));
    let update = Update {
        status: desk.history.status.clone(),
        decisions: desk.history.decisions.iter().rev().take(3).cloned().collect(),
        analyses: desk.history.analyses.iter().map(|analysis| (**analysis).clone()).collect(),
        ..Update::default()
    };
    let bytes = serde_json::to_vec(&update).unwrap();
    assert_eq!(serde_json::from_slice::<Update>(&bytes).unwrap(), update);
}
