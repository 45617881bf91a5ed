//! The user's position on the tour, and the state of the lab before the tour.

use bootstride_core::config::{Config, Layers};
use bootstride_core::planner::PlannerConfig;
use bootstride_session::history::History;
use bootstride_session::message::{Activity, Agent, Command, Stage};
use serde::{Deserialize, Serialize};

use super::scene::{Scene, planner};
use super::step::Step;
use super::steps::STEPS;
use crate::panes::Context;
use crate::view::{Cursor, Tab};

/// Name of the size preset of an agent that the tour trains.
const FRESH_SIZE: &str = "tiny";

/// Task of an agent that the tour trains.
const FRESH_TASK: &str = "pendulum-swingup";

/// The tour. The user's progress is saved.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Tour {
    /// The open step, from 0; the number of steps is the end.
    step: usize,
    /// Which steps' tasks were done.
    done: [bool; STEPS.len()],
    /// Whether the tour is active: its steps set up the lab.
    #[serde(skip)]
    on: bool,
    /// The state of the lab before the tour.
    #[serde(skip)]
    before: Option<Before>,
    /// The scene of the current step.
    #[serde(skip)]
    pub(super) scene: Option<Scene>,
    /// The result of the step's task, once it was done, and the state of the scene it describes.
    #[serde(skip)]
    revealed: Option<(u64, String)>,
    /// While another agent is opened: folder and newest decision of the previous one.
    #[serde(skip)]
    awaits: Option<(Option<String>, Option<u32>)>,
}

/// The settings changed by the tour, before the tour.
#[derive(Clone, Debug)]
struct Before {
    folder: Option<String>,
    planner: PlannerConfig,
    cursor: Cursor,
    iteration: Option<usize>,
    kinds: [bool; 4],
}

/// The agent of the tour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The open agent.
    Present,
    /// A trained agent in a folder.
    Folder(String),
    /// A new agent, trained during the tour.
    Fresh,
}

impl Tour {
    /// The open step; `None` before the tour and at its end.
    #[must_use]
    pub fn step(&self) -> Option<&'static Step> {
        STEPS.get(self.step).filter(|_| self.on)
    }

    /// Returns the number of the open step, from 0; the number of steps is the end.
    #[must_use]
    pub fn place(&self) -> usize {
        self.step
    }

    /// Returns whether the tour is active.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Which steps' tasks were done.
    #[must_use]
    pub fn done(&self) -> &[bool] {
        &self.done
    }

    /// Starts the tour, or resumes it where the user left, with this agent.
    pub fn begin(&mut self, source: &Source, cx: &mut Context<'_>) {
        if self.step >= STEPS.len() {
            self.step = 0;
        }
        let newest = cx.history.newest().map(|decision| decision.number);
        self.awaits = Some((cx.history.status.folder.clone(), newest)).filter(|_| *source != Source::Present);
        match source {
            Source::Present => {}
            Source::Folder(folder) => {
                cx.send(Command::Watch { agent: Agent::Folder(folder.clone()), seed: 1, planner: true });
                cx.send(Command::Run);
            }
            Source::Fresh => match fresh() {
                Ok(config) => {
                    cx.send(Command::Train { config: Box::new(config), preset: FRESH_SIZE.into(), folder: None });
                    cx.send(Command::Run);
                }
                Err(_) => return,
            },
        }
        self.on = true;
        self.scene = None;
        self.revealed = None;
    }

    /// Starts at a step, as requested by a link: with the open agent or, with `opens`, with the one that is about to be
    /// opened.
    pub fn begin_at(&mut self, step: usize, opens: bool, cx: &Context<'_>) {
        let newest = cx.history.newest().map(|decision| decision.number);
        self.awaits = opens.then(|| (cx.history.status.folder.clone(), newest));
        self.on = true;
        self.go(step);
    }

    /// Opens a step.
    pub fn go(&mut self, step: usize) {
        self.step = step.min(STEPS.len());
        self.scene = None;
        self.revealed = None;
    }

    /// Ends the tour: restores the user's planner settings and view.
    pub fn end(&mut self, cx: &mut Context<'_>) {
        self.on = false;
        self.scene = None;
        self.revealed = None;
        let Some(before) = self.before.take() else { return };
        let status = &cx.history.status;
        if status.folder == before.folder && status.config.is_some() {
            if plays(cx.history) {
                cx.send(Command::SetPace(None));
            }
            // The newest settings requested by the tour may not be in effect yet, so comparing is not enough.
            if plays(cx.history) || planner(cx.history) != Some(&before.planner) {
                cx.send(Command::SetPlanner(Box::new(before.planner)));
            }
        }
        (cx.view.cursor, cx.view.iteration, cx.view.kinds) = (before.cursor, before.iteration, before.kinds);
    }

    /// Tracks the user's actions and the session's answers. Call once per frame on any tab; `now` in seconds.
    pub fn update(&mut self, cx: &mut Context<'_>, now: f64) {
        let Some(step) = self.step() else { return };
        let Some(in_force) = planner(cx.history) else { return };
        let newest = cx.history.newest().map(|decision| decision.number);
        let old =
            |(folder, before): &(_, _)| *folder == cx.history.status.folder && newest.is_some() && newest >= *before;
        if cx.history.status.activity == Activity::Opening || self.awaits.as_ref().is_some_and(old) {
            return;
        }
        self.awaits = None;
        let folder = &cx.history.status.folder;
        if self.before.as_ref().is_none_or(|before| before.folder != *folder) {
            self.before = Some(Before {
                folder: folder.clone(),
                planner: in_force.clone(),
                cursor: cx.view.cursor,
                iteration: cx.view.iteration,
                kinds: cx.view.kinds,
            });
            self.scene = None;
        }
        let Some(before) = &self.before else { return };
        // A decision that is no longer recorded cannot be measured.
        let gone = |scene: &Scene| cx.history.decision(scene.decision).is_none();
        if self.scene.as_ref().is_none_or(gone) {
            let base = before.planner.clone();
            self.scene = Scene::begin(step, &base, cx, plays(cx.history));
        }
        let Some(scene) = &mut self.scene else { return };
        scene.follow(step, cx, now);
        if scene.met(step.done, cx.history) {
            self.done[self.step] = true;
            let version = scene.version();
            if self.revealed.as_ref().is_none_or(|(of, _)| *of != version)
                && let Some(text) = scene.facts(cx.history).and_then(|facts| (step.reveal)(&facts))
            {
                self.revealed = Some((version, text));
            }
        }
    }

    /// Returns whether the open step's task was done since it was opened, here or on another tab.
    #[must_use]
    pub fn met(&self, history: &History) -> bool {
        let met = self.step().zip(self.scene.as_ref()).is_some_and(|(step, scene)| scene.met(step.done, history));
        met || self.revealed.is_some()
    }

    /// Returns the result of the open step's task, once it was done and measured.
    #[must_use]
    pub fn revealed(&self) -> Option<&str> {
        self.revealed.as_ref().map(|(_, text)| text.as_str())
    }

    /// Returns whether the step has a frozen state.
    #[must_use]
    pub fn is_set_up(&self) -> bool {
        self.scene.is_some()
    }

    /// Opens the tab that shows the current step.
    pub fn show(&self, cx: &mut Context<'_>) {
        if let Some(step) = self.step() {
            cx.view.tab = step.tab;
        }
    }

    /// Opens the tour's own tab.
    pub fn back(&self, cx: &mut Context<'_>) {
        cx.view.tab = Tab::Tour;
    }
}

/// Returns whether the agent only plays, so that it does not learn from unusual settings.
#[must_use]
pub fn plays(history: &History) -> bool {
    history.status.stage == Stage::Playing
}

/// Returns the command for the run of an agent that the tour trains.
fn fresh() -> Result<Config, bootstride_core::config::ConfigError> {
    Layers::new().size_preset(FRESH_SIZE)?.set(&format!("task.name={FRESH_TASK}"))?.resolve()
}
