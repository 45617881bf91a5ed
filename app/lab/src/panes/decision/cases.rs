//! The settings that "what if" tries on a frozen state, and the commands for it.

use bootstride_core::config::Config;
use bootstride_core::inspect::{Decision, PlanAnalysis};
use bootstride_core::planner::PlannerConfig;
use bootstride_session::message::{Activity, Command, WhatIfCase};

use super::decision_of;
use crate::panes::Context;
use crate::panes::setup::lowest_policy_samples;
use crate::panes::timeline::options;
use crate::view::Cursor;

/// Returns the default cases, the run's own settings first: those that differ from them and are valid.
#[must_use]
pub fn standard_cases(config: &Config) -> Vec<WhatIfCase> {
    let trained = &config.planner;
    let lowest = lowest_policy_samples();
    let guides = match lowest {
        0 => "no policy guides".to_owned(),
        1 => "one policy guide".to_owned(),
        many => format!("{many} policy guides"),
    };
    let fewer = PlannerConfig {
        samples: 32,
        elites: trained.elites.min(8),
        policy_samples: trained.policy_samples.min(8),
        ..trained.clone()
    };
    let horizon = if trained.horizon == 6 { 3 } else { 6 };
    let cases = [
        ("as trained".to_owned(), trained.clone()),
        (guides, PlannerConfig { policy_samples: lowest, ..trained.clone() }),
        ("one iteration".to_owned(), PlannerConfig { iterations: 1, many_actions_iterations: 0, ..trained.clone() }),
        ("N = 32".to_owned(), fewer),
        (format!("horizon {horizon}"), PlannerConfig { horizon, ..trained.clone() }),
    ];
    let differs = |(place, (label, planner)): &(usize, (String, PlannerConfig))| {
        let fewer = label != "N = 32" || trained.samples > 32;
        *place == 0 || (planner != trained && fewer && holds(config, planner))
    };
    let cases = cases.into_iter().enumerate().filter(differs);
    cases.map(|(_, (label, planner))| WhatIfCase { label, planner }).collect()
}

/// Returns whether these settings are valid for the run.
#[must_use]
pub fn holds(config: &Config, planner: &PlannerConfig) -> bool {
    Config { planner: planner.clone(), ..config.clone() }.check().is_ok()
}

/// Pauses the session and stays at the decision of the analysis.
pub fn freeze(cx: &mut Context<'_>, analysis: &PlanAnalysis) {
    if cx.history.status.activity == Activity::Running {
        cx.send(Command::Pause);
    }
    if cx.history.index(analysis.decision).is_some() {
        cx.view.cursor = Cursor::At(analysis.decision);
    }
}

/// Continues from the frozen decision.
pub fn go_on(cx: &mut Context<'_>) {
    cx.view.cursor = Cursor::Live;
    cx.send(Command::Run);
}

/// Returns whether a decision is frozen.
#[must_use]
pub fn is_frozen(cx: &Context<'_>) -> bool {
    cx.view.cursor != Cursor::Live && cx.history.status.activity != Activity::Running
}

/// Requests plans of the same state with other settings.
pub fn ask(cx: &mut Context<'_>, analysis: &PlanAnalysis, cases: Vec<WhatIfCase>) {
    if let Some(decision) = boxed(cx, analysis) {
        freeze(cx, analysis);
        cx.send(Command::WhatIf { decision, cases });
    }
}

/// Requests a plan of the same state and settings with the current networks.
pub fn replan(cx: &mut Context<'_>, analysis: &PlanAnalysis) {
    if let Some(decision) = boxed(cx, analysis) {
        freeze(cx, analysis);
        let options = options(cx.view);
        cx.send(Command::Inspect { decision, options });
    }
}

fn boxed(cx: &Context<'_>, analysis: &PlanAnalysis) -> Option<Box<Decision>> {
    decision_of(cx, analysis).cloned().map(Box::new)
}
