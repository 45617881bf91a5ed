//! Work for open panes: analyses of decisions, and the decoder that draws imagined states.

use anyhow::Context as _;
use bootstride_core::inspect::{AnalysisOptions, Analyzer, Decision, PlanAnalysis};
use bootstride_core::planner::PlannerSettings;
use bootstride_core::train::StepObserver;

use super::open::{Open, in_words};
use crate::failure::Failure;
use crate::message::{WhatIfCase, WhatIfResult};

/// Minimum time between two analyses of live decisions, s. Users could not follow more.
const ANALYSIS_EVERY_SECONDS: f64 = 0.08;
/// Share of the session's time for analyses while a run goes at full speed. Analyses that take long are made less
/// often.
const ANALYSIS_SHARE: f64 = 0.1;
/// Share of time for the decoder once it is no longer new: for tasks with fast decisions it is trained on fewer of
/// them.
const DECODER_SHARE: f64 = 0.04;
/// Real paths of each kind: the plan, the policy's, the best elites. A simulated step can cost as much as a small plan.
const LIVE_REAL_PATHS: usize = 3;
/// Updates of the decoder per decision while it is new.
const EAGER_UPDATES: usize = 8;
/// Total updates until the decoder is no longer new.
const EAGER_TOTAL: usize = 400;

/// The current subscription of the lab.
#[derive(Default)]
pub struct Subscription {
    /// Analyses to make of each decision; `None` while no pane shows them.
    options: Option<AnalysisOptions>,
    /// Minimum time between two analyses, as requested by the lab, s.
    every_seconds: f64,
    last_analysis: Option<f64>,
    /// Start time of the current step.
    step_began: f64,
    decoder_updates: usize,
    analyses: Allowance,
    decoding: Allowance,
}

/// A time budget: grows with elapsed time and may be overdrawn by one expense.
#[derive(Default)]
struct Allowance {
    seconds: f64,
    at: Option<f64>,
}

impl Allowance {
    /// Returns whether the budget is not overdrawn, given this share of the time.
    fn holds(&mut self, share: f64, now: f64) -> bool {
        let passed = now - self.at.replace(now).unwrap_or(now);
        // Unspent time does not accumulate beyond a moment.
        self.seconds = (self.seconds + share * passed).min(share * ANALYSIS_EVERY_SECONDS);
        self.seconds >= 0.0
    }

    fn spend(&mut self, seconds: f64) {
        self.seconds -= seconds;
    }
}

impl Subscription {
    /// Sets the analyses to make from now on, and the minimum time between two of them, s.
    pub fn attend(&mut self, options: Option<AnalysisOptions>, every_seconds: f32) {
        (self.options, self.every_seconds) = (options, every_seconds.into());
    }

    /// Returns whether to trace the next decision. In single-step or slow mode every decision is traced.
    pub fn wants_trace(&mut self, now: f64, leisure: bool) -> bool {
        self.step_began = now;
        let holds = self.analyses.holds(ANALYSIS_SHARE, now);
        let every = self.every_seconds.max(ANALYSIS_EVERY_SECONDS);
        let due = self.last_analysis.is_none_or(|last| now - last >= every);
        self.options.is_some() && (leisure || (holds && due))
    }

    /// Resets the state after a run was closed.
    pub fn restart(&mut self) {
        *self = Self { options: self.options, every_seconds: self.every_seconds, ..Self::default() };
    }

    /// Processes a decision: trains the decoder, and analyzes the decision if it was traced.
    pub async fn observe(
        &mut self,
        open: &mut Open,
        watch: &StepObserver,
        clock: fn() -> f64,
        leisure: bool,
    ) -> Result<Option<PlanAnalysis>, Failure> {
        let Some(decision) = &watch.decision else { return Ok(None) };
        // Always, so that training data exist as soon as a pane needs the decoder.
        open.note();
        let Some(mut options) = self.options else { return Ok(None) };
        let begin = clock();
        let is_new = self.decoder_updates < EAGER_TOTAL;
        let may_learn = self.decoding.holds(DECODER_SHARE, begin) || is_new || leisure;
        if options.imagined && may_learn {
            let updates = if is_new { EAGER_UPDATES } else { 1 };
            let model = open.model();
            open.decoder.learn(&model, updates).await?;
            if open.decoder.loss().is_some() {
                // The decoder waits for enough data.
                self.decoder_updates += updates;
            }
            // Time spent while it is new is not charged: that phase is short, and the user waits for the first paths.
            if !is_new {
                self.decoding.spend(clock() - begin);
            }
        }
        let (Some(model), Some(plan), Some(trace)) = (&watch.model, &watch.plan, &watch.plan_trace) else {
            return Ok(None);
        };
        let begin = clock();
        self.last_analysis = Some(self.step_began);
        if !leisure {
            options.real_paths = options.real_paths.min(LIVE_REAL_PATHS);
        }
        let settings = open.settings().clone();
        let mut analyzer = Analyzer {
            model,
            settings: &settings,
            updates: decision.updates,
            options,
            decoder: Some(&open.decoder),
            environment: &mut open.spare,
        };
        let analysis = analyzer.analyze(decision, plan, trace).await?;
        self.analyses.spend(clock() - begin);
        Ok(Some(analysis))
    }

    /// Takes a recorded decision apart, with the current networks.
    pub async fn inspect(
        open: &mut Open,
        decision: &Decision,
        options: AnalysisOptions,
    ) -> Result<PlanAnalysis, Failure> {
        let settings = open.settings().clone();
        Self::replanned(open, decision, &settings, options).await
    }

    /// Replans a recorded decision with these settings.
    pub async fn what_if(
        open: &mut Open,
        decision: &Decision,
        cases: Vec<WhatIfCase>,
        clock: fn() -> f64,
    ) -> Result<Vec<WhatIfResult>, Failure> {
        let mut outcomes = Vec::with_capacity(cases.len());
        let bare = AnalysisOptions { imagined: false, real: false, values: false, ..AnalysisOptions::default() };
        for case in cases {
            let settings = PlannerSettings { config: case.planner.clone(), ..open.settings().clone() };
            // Once for timing only: the analysis is not part of planning time.
            let begin = clock();
            let timed = Self::replanned(open, decision, &settings, bare).await;
            #[allow(clippy::cast_possible_truncation, reason = "a displayed figure")]
            let plan_ms = (1e3 * (clock() - begin)) as f32;
            let plan = match timed {
                Ok(_) => Self::replanned(open, decision, &settings, AnalysisOptions::default()).await,
                Err(error) => Err(error),
            };
            let plan = plan.map(Box::new).map_err(|failure| in_words(&failure));
            outcomes.push(WhatIfResult { case, plan, plan_ms });
        }
        Ok(outcomes)
    }

    async fn replanned(
        open: &mut Open,
        decision: &Decision,
        settings: &PlannerSettings,
        options: AnalysisOptions,
    ) -> Result<PlanAnalysis, Failure> {
        let model = open.model();
        let mut analyzer = Analyzer {
            model: &model,
            settings,
            updates: open.updates(),
            options,
            decoder: Some(&open.decoder),
            environment: &mut open.spare,
        };
        let analysis = analyzer.replan(&mut open.planner, decision).await;
        Ok(analysis.with_context(|| format!("decision {} cannot be replanned", decision.number))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a decision every 0.03 s of simulated time for 10 s with analyses of this cost; returns the number of
    /// analyses and the share of the time that they take.
    fn attended(cost: f64, leisure: bool, every_seconds: f32) -> (usize, f64) {
        let mut attention = Subscription::default();
        attention.attend(Some(AnalysisOptions::default()), every_seconds);
        let (mut now, mut count) = (0.0, 0_u16);
        while now < 10.0 {
            let traced = attention.wants_trace(now, leisure);
            now += 0.03;
            if traced {
                attention.last_analysis = Some(attention.step_began);
                now += cost;
                attention.analyses.spend(cost);
                count += 1;
            }
        }
        (count.into(), f64::from(count) * cost / now)
    }

    #[test]
    fn cheap_anatomies_come_as_often_as_one_can_follow() {
        let (count, _) = attended(0.001, false, 0.0);
        assert!((80..=125).contains(&count), "{count}");
    }

    #[test]
    fn dear_anatomies_come_less_often_and_keep_to_their_share() {
        for cost in [0.02, 0.06, 0.3] {
            let (count, share) = attended(cost, false, 0.0);
            assert!(count > 2 && share < ANALYSIS_SHARE + cost / 10.0, "{cost} s: {count}, {share}");
        }
    }

    #[test]
    fn at_leisure_every_decision_is_taken_apart() {
        let (count, _) = attended(0.07, true, 1.0);
        assert_eq!(count, 100);
    }

    #[test]
    fn where_frames_are_rare_so_are_anatomies() {
        let (count, _) = attended(0.001, false, 1.0);
        assert!((9..=11).contains(&count), "{count}");
    }
}
