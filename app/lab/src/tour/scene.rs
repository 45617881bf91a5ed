//! The frozen state of a step, and the trials on it.

use std::collections::BTreeSet;
use std::sync::Arc;

use bootstride_core::inspect::Decision;
use bootstride_core::planner::PlannerConfig;
use bootstride_session::history::History;
use bootstride_session::message::{Command, WhatIfCase};

use super::measure::{Facts, Trial, quantiles, recorded_delta_q};
use super::step::{Action, Condition, Moment, Step};
use crate::panes::Context;
use crate::view::Cursor;

/// Seconds that the cursor must rest before its decision is measured: a drag passes over hundreds.
const REST_S: f64 = 0.3;

/// Maximum number of trials, so that long play with a slider does not fill the memory.
const TRIALS: usize = 24;

/// The frozen state of a step.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The user's own settings.
    base: PlannerConfig,
    /// The settings at the start of the step.
    setup: PlannerConfig,
    /// The settings on the tour's sliders.
    pub draft: PlannerConfig,
    /// The settings in effect as set by the tour; any others were set by the user. `None` until they are in effect.
    known: Option<PlannerConfig>,
    /// The frozen decision.
    pub decision: u32,
    /// The decision at the start of the step.
    pub first: u32,
    /// The settings that the user tried last.
    pub tried: Option<PlannerConfig>,
    /// Measurements on the frozen decision, oldest first.
    trials: Vec<Trial>,
    /// Iterations that were viewed.
    iterations: BTreeSet<usize>,
    /// Upper quarter of the recorded delta-Q when the step began.
    top_delta_q: f32,
    /// Whether the user asked for a new plan of the frozen decision.
    pub replan: bool,
    /// When the cursor reached the frozen decision; `None` before the first frame.
    since_s: Option<f64>,
    /// The newest request.
    requested: Option<(u32, Vec<PlannerConfig>)>,
    /// The last answer that was processed.
    read: Option<(u32, usize, u64)>,
    /// Change counter of the facts.
    version: u64,
}

impl Scene {
    /// Sets up the lab for a step; `None` if nothing was planned yet.
    pub fn begin(step: &Step, base: &PlannerConfig, cx: &mut Context<'_>, plays: bool) -> Option<Self> {
        let moment = step.setup.iter().find_map(|action| match action {
            Action::Freeze(moment) => Some(*moment),
            _ => None,
        });
        let decision = find(cx, moment.unwrap_or(Moment::Present))?;
        let mut setup = base.clone();
        for action in step.setup {
            match action {
                Action::Freeze(_) => cx.view.cursor = Cursor::At(decision),
                Action::Planner(make) => setup = make(base),
                Action::Iteration(iteration) => cx.view.iteration = *iteration,
                Action::Kinds(kinds) => cx.view.kinds = *kinds,
                Action::Play(pace) if plays => {
                    cx.send(Command::SetPace(Some(*pace)));
                    cx.send(Command::Run);
                }
                Action::Play(_) => {}
            }
        }
        let in_force = planner(cx.history).cloned();
        let known = if plays && in_force.as_ref() != Some(&setup) {
            cx.send(Command::SetPlanner(Box::new(setup.clone())));
            None
        } else {
            in_force
        };
        let [top_delta_q] = quantiles(recorded_delta_q(cx.history), [75]);
        Some(Self {
            base: base.clone(),
            draft: setup.clone(),
            setup,
            known,
            decision,
            first: decision,
            tried: None,
            trials: Vec::new(),
            iterations: BTreeSet::new(),
            top_delta_q,
            replan: false,
            since_s: None,
            requested: None,
            read: cx.history.outcomes.as_ref().map(signature),
            version: 0,
        })
    }

    /// Change counter of the facts.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Returns the settings at the start of the step.
    #[must_use]
    pub fn setup(&self) -> &PlannerConfig {
        &self.setup
    }

    /// Tries settings on the frozen state and, if the agent only plays, from its next decision on.
    pub fn try_out(&mut self, settings: PlannerConfig, cx: &mut Context<'_>, plays: bool) {
        self.draft = settings.clone();
        self.tried = Some(settings.clone());
        self.version += 1;
        if plays {
            self.known = None;
            cx.send(Command::SetPlanner(Box::new(settings)));
        }
    }

    /// Tracks the user's actions and the session's answers; `now` in seconds.
    pub fn follow(&mut self, step: &Step, cx: &mut Context<'_>, now: f64) {
        if let Some(iteration) = cx.view.iteration {
            self.iterations.insert(iteration);
        }
        self.follow_cursor(cx, now);
        self.follow_settings(cx.history, step.done);
        self.read_outcomes(cx.history, step.done);
        let asked_for = step.done != Condition::Replanned || self.replan;
        if asked_for && now >= self.since_s.unwrap_or(now) {
            self.measure(cx);
        }
    }

    fn follow_cursor(&mut self, cx: &Context<'_>, now: f64) {
        let since = *self.since_s.get_or_insert(now);
        let Cursor::At(number) = cx.view.cursor else { return };
        let planned = cx.history.decision(number).is_some_and(|decision| decision.planned.is_some());
        if number != self.decision && planned {
            self.decision = number;
            self.version += 1;
            self.trials.clear();
            self.requested = None;
            self.replan = false;
            self.since_s = Some(since.max(now + REST_S));
        }
    }

    /// Settings changed elsewhere, such as on the Train tab, are trials too.
    fn follow_settings(&mut self, history: &History, done: Condition) {
        let Some(in_force) = planner(history) else { return };
        match &self.known {
            Some(known) if known != in_force => {
                self.known = Some(in_force.clone());
                if done.met_by(in_force, &self.setup) {
                    self.draft = in_force.clone();
                    self.tried = Some(in_force.clone());
                }
            }
            None if *in_force == self.draft => self.known = Some(in_force.clone()),
            _ => {}
        }
    }

    fn read_outcomes(&mut self, history: &History, done: Condition) {
        let Some(answer) = history.outcomes.as_ref().filter(|answer| answer.0 == self.decision) else { return };
        if self.read == Some(signature(answer)) {
            return;
        }
        self.read = Some(signature(answer));
        self.version += 1;
        for outcome in &answer.1 {
            let planner = &outcome.case.planner;
            let Ok(plan) = &outcome.plan else { continue };
            let ours = [&self.base, &self.setup, &self.draft].contains(&planner);
            if !ours && done.met_by(planner, &self.setup) {
                self.tried = Some(planner.clone());
            }
            self.trials.retain(|trial| trial.planner != *planner);
            let plan = Arc::new((**plan).clone());
            self.trials.push(Trial { planner: planner.clone(), plan, plan_ms: outcome.plan_ms });
        }
        let surplus = self.trials.len().saturating_sub(TRIALS);
        let keep = [self.base.clone(), self.setup.clone()];
        let mut dropped = 0;
        self.trials.retain(|trial| {
            let drop = dropped < surplus && !keep.contains(&trial.planner);
            dropped += usize::from(drop);
            !drop
        });
    }

    /// Requests missing measurements once: the user's settings, the step's, the tried ones. A single request ensures
    /// that the same networks answer.
    fn measure(&mut self, cx: &mut Context<'_>) {
        let mut wanted: Vec<(&str, &PlannerConfig)> = vec![("original", &self.base)];
        for (label, planner) in [("this step", Some(&self.setup)), ("tried", self.tried.as_ref())] {
            if let Some(planner) = planner.filter(|planner| wanted.iter().all(|(_, other)| other != planner)) {
                wanted.push((label, planner));
            }
        }
        let settings: Vec<PlannerConfig> = wanted.iter().map(|(_, planner)| (*planner).clone()).collect();
        let request = Some((self.decision, settings));
        let measured = wanted.iter().all(|(_, planner)| self.trial(planner).is_some());
        let Some(decision) = cx.history.decision(self.decision).filter(|_| !measured && self.requested != request)
        else {
            return;
        };
        let case = |(label, planner): &(&str, &PlannerConfig)| WhatIfCase {
            label: (*label).into(),
            planner: (*planner).clone(),
        };
        let cases = wanted.iter().map(case).collect();
        let decision = Box::new(decision.clone());
        self.requested = request;
        cx.send(Command::WhatIf { decision, cases });
    }

    fn trial(&self, planner: &PlannerConfig) -> Option<&Trial> {
        self.trials.iter().rev().find(|trial| trial.planner == *planner)
    }

    /// Returns whether this is the user's own planner.
    #[must_use]
    pub fn is_own(&self, trial: &Trial) -> bool {
        trial.planner == self.base
    }

    /// Measurements on the frozen decision, oldest first.
    #[must_use]
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// Returns the facts about the frozen state; `None` until it is measured.
    #[must_use]
    pub fn facts<'a>(&'a self, history: &'a History) -> Option<Facts<'a>> {
        let setup = self.trial(&self.setup)?;
        let tried = match &self.tried {
            Some(tried) => self.trial(tried)?,
            None => setup,
        };
        Some(Facts {
            decision: history.decision(self.decision)?,
            first: history.decision(self.first),
            reference: self.trial(&self.base)?,
            setup,
            tried,
            history,
        })
    }

    /// Returns whether the user has done the step's task.
    #[must_use]
    pub fn met(&self, condition: Condition, history: &History) -> bool {
        let earlier = || self.decision + needed(history, self.first) <= self.first;
        match condition {
            Condition::Scrubbed => self.trial(&self.setup).is_some_and(|trial| {
                let count = trial.plan.iterations.len();
                let ends = [0, count.saturating_sub(1)].iter().all(|end| self.iterations.contains(end));
                ends && self.iterations.range(..count).count() >= count.min(3)
            }),
            Condition::Earlier => earlier(),
            Condition::LargeDeltaQ => {
                let planned = history.decision(self.decision).and_then(|decision| decision.planned.as_ref());
                self.decision != self.first && planned.is_some_and(|planned| planned.delta_q >= self.top_delta_q)
            }
            Condition::Replanned => earlier() && self.replan && self.trial(&self.base).is_some(),
            settings => self.tried.as_ref().is_some_and(|tried| settings.met_by(tried, &self.setup)),
        }
    }
}

/// Returns how many decisions back count as earlier: 20, or half of the record if fewer are available.
fn needed(history: &History, from: u32) -> u32 {
    let oldest = history.decisions.iter().find(|decision| decision.planned.is_some());
    oldest.map_or(1, |oldest| ((from.saturating_sub(oldest.number)) / 2).clamp(1, 20))
}

/// Returns the planner settings in effect.
#[must_use]
pub fn planner(history: &History) -> Option<&PlannerConfig> {
    history.status.config.as_ref().map(|config| &config.planner)
}

/// Returns an identifier of an answer.
fn signature(answer: &(u32, Vec<bootstride_session::message::WhatIfResult>)) -> (u32, usize, u64) {
    let times = answer.1.iter().fold(0_u64, |sum, outcome| sum.rotate_left(7) ^ u64::from(outcome.plan_ms.to_bits()));
    (answer.0, answer.1.as_ptr().addr(), times)
}

/// Returns the number of a planned decision.
fn find(cx: &Context<'_>, moment: Moment) -> Option<u32> {
    let planned = |decision: &&Decision| decision.planned.is_some();
    let newest = || cx.history.decisions.iter().rev().find(planned).map(|decision| decision.number);
    match moment {
        Moment::Present => {
            let present = match cx.view.cursor {
                Cursor::At(number) => cx.history.decision(number).filter(planned).map(|decision| decision.number),
                Cursor::Live => None,
            };
            present.or_else(newest)
        }
        Moment::Newest => newest(),
        Moment::Typical => {
            let [median] = quantiles(recorded_delta_q(cx.history), [50]);
            let distance = |decision: &&Decision| {
                decision.planned.as_ref().map_or(f32::INFINITY, |planned| (planned.delta_q - median).abs())
            };
            let nearest = |a: &&Decision, b: &&Decision| distance(a).total_cmp(&distance(b));
            cx.history.decisions.iter().filter(planned).min_by(nearest).map(|decision| decision.number)
        }
    }
}
