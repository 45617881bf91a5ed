//! Records the session; `tests/data/lab/README.md` explains how to do it again.

use std::path::Path;
use std::time::{Duration, Instant};

use bootstride_core::inspect::{AnalysisOptions, Decision};
use bootstride_core::train::Event;
use bootstride_lab::panes::decision::standard_cases;
use bootstride_lab::runs::root;
use bootstride_session::ThreadLink;
use bootstride_session::message::{Activity, Agent, Command, SessionLink};
use bootstride_session::{History, Update};

use super::file;
use super::session::{FILE, Session};

/// Everything about a decision.
const ALL: AnalysisOptions =
    AnalysisOptions { imagined: true, real: true, values: true, sample_paths: 48, real_paths: 8 };
/// Decisions to an update.
const CHUNK: usize = 50;
/// Decisions between two kept worlds.
const WORLDS: u32 = 100;
/// The newest decisions, whose analyses are kept.
const NEWEST: usize = 14;
/// Decisions between two kept analyses of older ones.
const ANALYSES: usize = 160;

/// The session, with everything that it reported.
struct Tape {
    link: ThreadLink,
    history: History,
    updates: Vec<Update>,
}

impl Tape {
    fn new() -> Self {
        let mut tape =
            Self { link: ThreadLink::start(root(), || {}).unwrap(), history: History::default(), updates: Vec::new() };
        tape.link.send(Command::Subscribe { options: Some(ALL), every_seconds: 0.0 });
        tape
    }

    fn wait(&mut self, what: &str, done: impl Fn(&History) -> bool) {
        let (begin, mut told) = (Instant::now(), Instant::now());
        while !done(&self.history) {
            assert!(begin.elapsed() < Duration::from_hours(1), "{what} did not come; {:?}", self.history.notices);
            let Some(update) = self.link.receive() else {
                std::thread::sleep(Duration::from_millis(2));
                continue;
            };
            self.history.take(update.clone());
            match self.updates.last_mut() {
                Some(last) if !update.opened && last.decisions.len() < CHUNK => join(last, update),
                _ => self.updates.push(update),
            }
            if told.elapsed() > Duration::from_secs(20) {
                told = Instant::now();
                let status = &self.history.status;
                println!("{what}: {} decisions, step {}", self.history.decisions.len(), status.env_step);
            }
        }
    }

    fn pause(&mut self) {
        self.link.send(Command::Pause);
        self.wait("the pause", |history| history.status.activity != Activity::Running);
    }

    /// Asks about a decision all that can be asked.
    fn ask(&mut self, decision: Decision) {
        let cases = standard_cases(self.history.status.config.as_ref().unwrap());
        let number = decision.number;
        self.link.send(Command::Inspect { decision: Box::new(decision.clone()), options: ALL });
        self.link.send(Command::WhatIf { decision: Box::new(decision), cases });
        self.wait("the outcomes", |history| history.outcomes.as_ref().is_some_and(|(of, _)| *of == number));
    }
}

/// Adds to an update the one after it.
fn join(last: &mut Update, newer: Update) {
    last.status = newer.status;
    last.decisions.extend(newer.decisions);
    last.events.extend(newer.events);
    last.analyses.extend(newer.analyses);
    last.inspected.extend(newer.inspected);
    last.outcomes.extend(newer.outcomes);
    last.notices.extend(newer.notices);
}

/// Leaves out what no pane needs.
fn thinned(mut updates: Vec<Update>) -> Vec<Update> {
    let count = updates.iter().map(|update| update.decisions.len()).sum::<usize>();
    let newest = updates.iter().flat_map(|update| &update.decisions).next_back().map_or(0, |decision| decision.number);
    let recent = |number: u32| (newest - number) as usize <= NEWEST;
    println!("{count} decisions to {newest}");
    let mut last = None;
    for analyses in updates.iter_mut().map(|update| &mut update.analyses) {
        analyses.retain(|analysis| {
            let number = analysis.decision;
            let keep = recent(number) || last.is_none_or(|last| (number - last) as usize >= ANALYSES);
            last = if keep { Some(number) } else { last };
            keep
        });
    }
    let told: Vec<u32> = updates
        .iter()
        .flat_map(|update| update.analyses.iter().chain(&update.inspected))
        .map(|analysis| analysis.decision)
        .collect();
    println!("{} analyses", told.len());
    for outcome in updates.iter_mut().flat_map(|update| &mut update.outcomes).flat_map(|(_, outcomes)| outcomes) {
        if let Ok(plan) = &mut outcome.plan {
            plan.paths.clear();
            plan.values = None;
        }
    }
    let mut first = true;
    for decision in updates.iter_mut().flat_map(|update| &mut update.decisions) {
        if !first && decision.t % WORLDS != 0 {
            decision.snapshot.clear();
        }
        if !told.contains(&decision.number) {
            decision.previous_mean = None;
        }
        first = false;
    }
    updates
}

/// Folders and machines are nobody's business.
fn named(mut updates: Vec<Update>, folder: &str) -> Vec<Update> {
    for update in &mut updates {
        let status = &mut update.status;
        status.folder = status.folder.as_ref().map(|_| "runs/walker-walk/bmpc-seed1".into());
        for notice in &mut update.notices {
            notice.text = notice.text.replace(folder, "runs/walker-walk/bmpc-seed1");
        }
    }
    updates
}

/// The folder that the environment names.
fn run() -> String {
    std::env::var("RECORD_RUN").unwrap()
}

/// Puts a new part into the file.
fn keep(change: impl FnOnce(&mut Session)) {
    let mut session = super::session::packed().unwrap_or_default();
    change(&mut session);
    let bytes = file::write(Path::new(FILE), serde_json::to_value(session).unwrap());
    println!("{bytes} bytes");
}

#[test]
#[ignore = "records a run in training, for many minutes: RECORD_RUN=its folder, RECORD_DECISIONS=how many"]
fn training() {
    let folder = run();
    let count: usize = std::env::var("RECORD_DECISIONS").unwrap().parse().unwrap();
    let mut tape = Tape::new();
    tape.link.send(Command::Resume { folder: folder.clone(), steps: None });
    tape.link.send(Command::Run);
    tape.wait("training", |history| history.decisions.len() >= count && history.newest().is_some_and(|d| d.t > 300));
    tape.pause();
    let newest = tape.history.newest().unwrap().clone();
    let earlier = tape.history.decision(newest.number - 250).unwrap().clone();
    for decision in [earlier, newest] {
        tape.ask(decision);
    }
    let updates = std::mem::take(&mut tape.updates);
    drop(tape);
    keep(|session| session.training = named(thinned(updates), &folder));
}

#[test]
#[ignore = "records an agent at play, for minutes: RECORD_RUN=folder of a run"]
fn watching() {
    let folder = run();
    let mut tape = Tape::new();
    tape.link.send(Command::Watch { agent: Agent::Folder(folder.clone()), seed: 1, planner: true });
    tape.link.send(Command::Run);
    // Beyond what the decoder of imagined states has to see.
    tape.wait("watching", |history| history.decisions.len() >= 760);
    tape.pause();
    let newest = tape.history.newest().unwrap().clone();
    tape.ask(newest);
    let mut updates = named(thinned(std::mem::take(&mut tape.updates)), &folder);
    // They are in the other part.
    for update in &mut updates {
        update.events.retain(|event| matches!(event, Event::Evaluation(_)));
    }
    keep(|session| session.watching = updates);
}
