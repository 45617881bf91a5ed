//! The tab "One decision": the analysis of a plan in several panes.

mod against;
mod cases;
mod elites;
mod export;
mod iterations;
mod narrowing;
mod story;
mod what_if;

pub use against::AgainstPane;
pub use cases::standard_cases;
pub use elites::ElitesPane;
pub use iterations::IterationsPane;
pub use narrowing::NarrowingPane;
pub use story::{Piece, StoryPane, Tone, plain_text, story};
pub use what_if::WhatIfPane;

use std::sync::Arc;

use bootstride_core::config::Config;
use bootstride_core::inspect::{Decision, PlanAnalysis};
use bootstride_core::task::{CUSTOM_BODY, configured_body};
use eframe::egui::{Frame, InnerResponse, Margin, Ui};

use super::Context;
use crate::ui::widgets::{headline_ui, weak_ui};

/// Draws into a pane with its margin.
fn room_ui<R>(ui: &mut Ui, draw: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
    Frame::new().inner_margin(Margin::symmetric(14, 10)).show(ui, draw)
}

/// Draws the text for a missing plan.
fn nothing_ui(ui: &mut Ui, cx: &Context<'_>, title: &str) {
    headline_ui(ui, cx.palette, title, "");
    let text = match cx.decision() {
        None => "Start a run or open one: the newest decision appears here.",
        Some(decision) if decision.planned.is_none() => {
            "This action was random: it filled the replay buffer before the networks could plan."
        }
        Some(_) => "The plan of this decision is not available yet.",
    };
    ui.add_space(6.0);
    weak_ui(ui, cx.palette, text);
}

/// Returns the decision of the shown analysis.
fn decision_of<'a>(cx: &Context<'a>, analysis: &PlanAnalysis) -> Option<&'a Decision> {
    cx.history.decision(analysis.decision)
}

/// Returns the what-if outcome shown next to the original plan: its label and its analysis.
fn beside<'a>(cx: &Context<'a>, analysis: &PlanAnalysis) -> Option<(&'a str, &'a PlanAnalysis)> {
    let (number, outcomes) = cx.history.outcomes.as_ref()?;
    let outcome = outcomes.get(cx.view.beside?).filter(|_| *number == analysis.decision)?;
    Some((outcome.case.label.as_str(), outcome.plan.as_deref().ok()?))
}

/// The names of a body's actuators, from its file.
#[derive(Debug, Default)]
struct ActuatorNames {
    task: String,
    names: Vec<String>,
}

impl ActuatorNames {
    /// Returns those of the run's task; looked up once per task.
    fn of(&mut self, config: Option<&Config>) -> &[String] {
        let task = config.map(|config| config.task.name.as_str()).unwrap_or_default();
        if self.task != task || task == CUSTOM_BODY {
            self.names = config.and_then(actuators).unwrap_or_default();
            task.clone_into(&mut self.task);
        }
        &self.names
    }
}

fn actuators(config: &Config) -> Option<Vec<String>> {
    let file = configured_body(&config.task).ok()?;
    Some(file.actuators.iter().map(|actuator| actuator.name.replace('_', " ")).collect())
}

/// Returns the name of an action dimension.
fn action_name(names: &[String], dim: usize) -> String {
    names.get(dim).cloned().unwrap_or_else(|| format!("action {}", dim + 1))
}

/// A value derived from an analysis, cached while that is shown.
#[derive(Debug)]
struct Kept<T> {
    of: Option<Arc<PlanAnalysis>>,
    value: T,
}

impl<T: Default> Default for Kept<T> {
    fn default() -> Self {
        Self { of: None, value: T::default() }
    }
}

impl<T: Default> Kept<T> {
    /// Returns the result of `make` for the analysis, computed once.
    fn get(&mut self, analysis: &Arc<PlanAnalysis>, make: impl FnOnce(&PlanAnalysis) -> T) -> &T {
        if self.of.as_ref().is_none_or(|of| !Arc::ptr_eq(of, analysis)) {
            self.value = make(analysis);
            self.of = Some(analysis.clone());
        }
        &self.value
    }
}

/// Returns a small number as a word.
fn word(number: usize) -> String {
    const WORDS: [&str; 13] =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    WORDS.get(number).map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

/// Returns the same with a capital letter.
fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Returns an ordinal: 1st, 2nd, 32nd.
fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
