//! A bounded record of the session's reports, for panes to read.

use std::collections::VecDeque;
use std::sync::Arc;

use bootstride_core::inspect::{Decision, PlanAnalysis};
use bootstride_core::train::{Evaluation, Event};

use super::message::{Notice, Status, Update, WhatIfResult};

/// Memory limit for recorded decisions, bytes. At about 700 bytes per decision of a walker this is 70 episodes.
pub const DECISION_BYTES: usize = 24 << 20;

/// Number of decisions whose original analysis is kept.
pub const ANALYSES: usize = 300;

/// Decisions between two points of the delta-Q curves.
const DELTA_Q_EVERY: usize = 250;

/// Everything reported about one run or agent.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The newest status.
    pub status: Status,
    /// Decisions, oldest first.
    pub decisions: VecDeque<Decision>,
    decision_bytes: usize,
    /// Analyses of decisions as they were made, oldest first.
    pub analyses: VecDeque<Arc<PlanAnalysis>>,
    /// The newest answer to an inspection.
    pub inspected: Option<Arc<PlanAnalysis>>,
    /// The newest what-if answer: the decision's number, and the outcomes.
    pub outcomes: Option<(u32, Vec<WhatIfResult>)>,
    /// Evaluations, oldest first.
    pub evaluations: Vec<Evaluation>,
    /// Update metrics: environment steps, and named values.
    pub figures: Vec<(usize, Vec<(String, f32)>)>,
    /// Returns of training episodes: environment steps at the end, return.
    pub episodes: Vec<(usize, f32)>,
    /// The distribution of delta-Q over training.
    pub delta_q: Vec<Spread>,
    delta_q_pending: Vec<f32>,
    /// Notices, newest last.
    pub notices: VecDeque<Notice>,
    /// Change counter, for caches of drawn data.
    pub generation: u64,
}

/// Quantiles of a distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Environment steps.
    pub env_step: usize,
    /// 5%, 25%, 50%, 75% and 95% quantiles.
    pub quantiles: [f32; 5],
}

/// An episode among the recorded decisions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episode {
    /// Its number, from 0.
    pub number: u32,
    /// Index of its first recorded decision.
    pub first: usize,
    /// Recorded decisions.
    pub len: usize,
    /// Its return so far.
    pub episode_return: f32,
}

impl History {
    /// Adds a report of the session.
    pub fn take(&mut self, update: Update) {
        self.generation += 1;
        if update.opened {
            let (notices, generation) = (std::mem::take(&mut self.notices), self.generation);
            *self = Self { notices, generation, ..Self::default() };
        }
        self.status = update.status;
        for decision in update.decisions {
            self.record(decision);
        }
        self.analyses.extend(update.analyses.into_iter().map(Arc::new));
        while self.analyses.len() > ANALYSES {
            self.analyses.pop_front();
        }
        if let Some(analysis) = update.inspected.into_iter().next_back() {
            self.inspected = Some(Arc::new(analysis));
        }
        if let Some(outcomes) = update.outcomes.into_iter().next_back() {
            self.outcomes = Some(outcomes);
        }
        for event in update.events {
            match event {
                Event::Evaluation(evaluation) => self.evaluations.push(evaluation),
                Event::Update { env_step, metrics, .. } => self.figures.push((env_step, metrics)),
                Event::EpisodeEnd { env_step, episode_return, .. } => self.episodes.push((env_step, episode_return)),
                _ => {}
            }
        }
        self.note(&update.notices);
    }

    /// Keeps notices for the user for a while.
    pub fn note(&mut self, notices: &[Notice]) {
        self.notices.extend(notices.iter().cloned());
        while self.notices.len() > 50 {
            self.notices.pop_front();
        }
    }

    fn record(&mut self, decision: Decision) {
        if let Some(planned) = &decision.planned {
            self.delta_q_pending.push(planned.delta_q);
            if self.delta_q_pending.len() == DELTA_Q_EVERY {
                self.delta_q.push(Spread::of(decision.env_step, &mut self.delta_q_pending));
                self.delta_q_pending.clear();
            }
        }
        self.decision_bytes += decision.bytes();
        self.decisions.push_back(decision);
        while self.decision_bytes > DECISION_BYTES {
            let Some(oldest) = self.decisions.pop_front() else { break };
            self.decision_bytes -= oldest.bytes();
        }
    }

    /// Returns the newest decision.
    #[must_use]
    pub fn newest(&self) -> Option<&Decision> {
        self.decisions.back()
    }

    /// Returns the recorded decision with this number.
    #[must_use]
    pub fn decision(&self, number: u32) -> Option<&Decision> {
        self.index(number).map(|index| &self.decisions[index])
    }

    /// Returns the index of the recorded decision with this number.
    #[must_use]
    pub fn index(&self, number: u32) -> Option<usize> {
        self.decisions.binary_search_by_key(&number, |decision| decision.number).ok()
    }

    /// Returns the analysis of this decision: the last requested replan, or else the original one; `None` if there is
    /// neither.
    #[must_use]
    pub fn analysis(&self, number: u32) -> Option<&Arc<PlanAnalysis>> {
        let of = |analysis: &&Arc<PlanAnalysis>| analysis.decision == number;
        self.inspected.as_ref().filter(of).or_else(|| self.analyses.iter().rev().find(of))
    }

    /// Returns the recorded episodes, oldest first.
    #[must_use]
    pub fn recorded_episodes(&self) -> Vec<Episode> {
        let mut episodes: Vec<Episode> = Vec::new();
        for (index, decision) in self.decisions.iter().enumerate() {
            match episodes.last_mut().filter(|last| last.number == decision.episode) {
                Some(last) => {
                    last.len += 1;
                    last.episode_return = decision.episode_return;
                }
                None => episodes.push(Episode {
                    number: decision.episode,
                    first: index,
                    len: 1,
                    episode_return: decision.episode_return,
                }),
            }
        }
        episodes
    }

    /// Returns the memory used by recorded decisions, bytes.
    #[must_use]
    pub fn decision_bytes(&self) -> usize {
        self.decision_bytes
    }
}

impl Spread {
    /// Returns the quantiles of these numbers, which must not be empty, and sorts them.
    fn of(env_step: usize, numbers: &mut [f32]) -> Self {
        numbers.sort_by(f32::total_cmp);
        let at = |percent: usize| numbers.get((numbers.len().saturating_sub(1)) * percent / 100).copied();
        Self { env_step, quantiles: [5, 25, 50, 75, 95].map(|percent| at(percent).unwrap_or_default()) }
    }
}
