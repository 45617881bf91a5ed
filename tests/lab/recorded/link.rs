//! The recorded session behind a link: it repeats the reports, and answers what was asked when it was recorded.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use bootstride_core::inspect::{Decision, PlanAnalysis};
use bootstride_session::Update;
use bootstride_session::message::{Activity, Agent, Command, SessionLink, Status, WhatIfResult};

use super::session::session;

/// Which part of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A run in training.
    Training,
    /// A trained agent at play.
    Watching,
}

/// An engine that plays the recording. Clones are the same engine.
#[derive(Clone)]
pub struct RecordedLink(Rc<RefCell<State>>);

struct State {
    outbox: VecDeque<Update>,
    status: Status,
    analyses: Vec<PlanAnalysis>,
    outcomes: Vec<(u32, Vec<WhatIfResult>)>,
    /// Decisions that are yet to be reported, if they are reported one by one.
    tape: VecDeque<Decision>,
    /// What was asked, oldest first.
    sent: Vec<Command>,
    /// Why it is gone, where it is.
    failure: Option<String>,
}

impl RecordedLink {
    /// With nothing open.
    pub fn idle() -> Self {
        let (status, outbox) = (Status::default(), VecDeque::new());
        let (analyses, outcomes) = (Vec::new(), Vec::new());
        let (tape, sent, failure) = (VecDeque::new(), Vec::new(), None);
        Self(Rc::new(RefCell::new(State { outbox, status, analyses, outcomes, tape, sent, failure })))
    }

    /// With this part open, reported up to its end and still running.
    pub fn of(part: Part) -> Self {
        let link = Self::idle();
        link.0.borrow_mut().open(part, false);
        link
    }

    /// Says that the run is in this folder, as where exports go to.
    pub fn set_folder(&self, folder: &std::path::Path) {
        let mut state = self.0.borrow_mut();
        state.status.folder = Some(folder.display().to_string());
        state.tell(Update::default());
    }

    /// What was asked since the last call, but for what the panes attend to.
    pub fn sent(&self) -> Vec<Command> {
        let sent = std::mem::take(&mut self.0.borrow_mut().sent);
        sent.into_iter().filter(|command| !matches!(command, Command::Subscribe { .. })).collect()
    }

    /// How often the panes last asked to find out about decisions, s, if they asked since the last call of
    /// [`sent`](Self::sent).
    pub fn attends(&self) -> Option<f32> {
        let every = |command: &Command| match command {
            Command::Subscribe { every_seconds, .. } => Some(*every_seconds),
            _ => None,
        };
        self.0.borrow().sent.iter().rev().find_map(every)
    }

    /// Ends as an engine does that crashed.
    pub fn break_down(&self, why: &str) {
        self.0.borrow_mut().failure = Some(why.to_owned());
    }

    /// Changes what the status says.
    pub fn change(&self, change: impl FnOnce(&mut Status)) {
        let mut state = self.0.borrow_mut();
        change(&mut state.status);
        state.tell(Update::default());
    }

    /// Reports something else, with the newest status.
    pub fn tell(&self, update: Update) {
        self.0.borrow_mut().tell(update);
    }
}

impl State {
    /// Opens a part: reported up to its end, or with its decisions kept back to be reported one by one.
    fn open(&mut self, part: Part, by_steps: bool) {
        let session = session();
        let updates = if part == Part::Training { &session.training } else { &session.watching };
        self.analyses =
            updates.iter().flat_map(|update| update.analyses.iter().chain(&update.inspected)).cloned().collect();
        self.outcomes = updates.iter().flat_map(|update| update.outcomes.clone()).collect();
        self.tape.clear();
        for update in updates {
            self.status = update.status.clone();
            // Reported on request.
            let mut update = Update { inspected: Vec::new(), outcomes: Vec::new(), ..update.clone() };
            if by_steps {
                self.tape.extend(std::mem::take(&mut update.decisions));
                update.analyses.clear();
            }
            self.tell(update);
        }
        self.become_(if by_steps { Activity::Paused } else { Activity::Running });
    }

    fn become_(&mut self, activity: Activity) {
        self.status.activity = activity;
        self.tell(Update::default());
    }

    fn tell(&mut self, update: Update) {
        self.outbox.push_back(Update { status: self.status.clone(), ..update });
    }

    fn close(&mut self) {
        self.status = Status::default();
        self.tell(Update::default());
    }

    fn carry_out(&mut self, command: Command) {
        if let Command::Watch { agent: Agent::Folder(folder), .. } = &command {
            let folder = folder.clone();
            self.open(Part::Watching, true);
            self.status.folder = Some(folder);
            self.tell(Update::default());
            return;
        }
        match command {
            Command::Train { .. } | Command::Resume { .. } => self.open(Part::Training, false),
            Command::Watch { .. } => self.open(Part::Watching, true),
            Command::Run if self.status.config.is_some() => {
                let decisions = self.tape.drain(..).collect();
                self.tell(Update { decisions, ..Update::default() });
                self.become_(Activity::Running);
            }
            Command::Step if self.status.config.is_some() => {
                let decisions = self.tape.pop_front().into_iter().collect();
                self.tell(Update { decisions, ..Update::default() });
                self.become_(Activity::Paused);
            }
            Command::Pause if self.status.config.is_some() => self.become_(Activity::Paused),
            Command::Stop => self.close(),
            Command::SetPlanner(planner) => {
                if let Some(config) = &mut self.status.config {
                    config.planner = *planner;
                }
                self.tell(Update::default());
            }
            Command::Inspect { decision, .. } => {
                let found = self.analyses.iter().rev().find(|analysis| analysis.decision == decision.number).cloned();
                self.tell(Update { inspected: found.into_iter().collect(), ..Update::default() });
            }
            Command::WhatIf { decision, .. } => {
                let found = self.outcomes.iter().find(|(number, _)| *number == decision.number).cloned();
                self.tell(Update { outcomes: found.into_iter().collect(), ..Update::default() });
            }
            Command::Run
            | Command::Pause
            | Command::Step
            | Command::Save
            | Command::Keep
            | Command::SetPace(_)
            | Command::Subscribe { .. } => {}
        }
    }
}

impl SessionLink for RecordedLink {
    fn send(&mut self, command: Command) {
        let mut state = self.0.borrow_mut();
        if state.failure.is_none() {
            state.sent.push(command.clone());
            state.carry_out(command);
        }
    }

    fn failure(&self) -> Option<String> {
        self.0.borrow().failure.clone()
    }

    fn restart(&mut self) {
        let mut state = self.0.borrow_mut();
        state.failure = None;
        state.close();
    }

    fn receive(&mut self) -> Option<Update> {
        self.0.borrow_mut().outbox.pop_front()
    }
}
