//! The planner's sliders. Before a run they edit the draft; while one is open they act on the running planner.

use std::ops::RangeInclusive;

use bootstride_core::config::limit;
use bootstride_core::planner::{Guide, PlannerConfig};
use bootstride_core::settings::Limit;
use bootstride_session::message::Command;
use eframe::egui::Ui;

use crate::panes::Context;
use crate::ui::Palette;
use crate::ui::number::{count, narrow};
use crate::ui::widgets::{SliderRow, link_ui};

/// Seconds between changes sent while a slider is dragged.
const EVERY: f64 = 0.1;
/// Seconds after which a change that the session did not apply is dropped.
const PATIENCE: f64 = 3.0;

/// The requested settings that the running planner has not applied yet.
#[derive(Debug, Default)]
pub struct Live {
    wanted: Option<PlannerConfig>,
    sent: Option<PlannerConfig>,
    sent_at: f64,
}

impl Live {
    /// Returns the settings to show: the requested ones, or those of the session.
    pub fn shown(&mut self, engine: &PlannerConfig, now: f64) -> PlannerConfig {
        let arrived = self.wanted.as_ref() == Some(engine);
        let refused = self.sent == self.wanted && now - self.sent_at > PATIENCE;
        if arrived || refused {
            (self.wanted, self.sent) = (None, None);
        }
        self.wanted.clone().unwrap_or_else(|| engine.clone())
    }

    /// Requests settings.
    pub fn want(&mut self, planner: PlannerConfig) {
        self.wanted = Some(planner);
    }

    /// Sends the requested settings at a limited rate.
    pub fn send(&mut self, ui: &Ui, cx: &mut Context<'_>) {
        let now = ui.input(|input| input.time);
        let Some(wanted) = self.wanted.clone().filter(|wanted| self.sent.as_ref() != Some(wanted)) else { return };
        if self.sent.is_some() && now - self.sent_at < EVERY {
            ui.ctx().request_repaint_after_secs(narrow(EVERY));
            return;
        }
        cx.send(Command::SetPlanner(Box::new(wanted.clone())));
        (self.sent, self.sent_at) = (Some(wanted), now);
    }
}

/// The setting that was moved; the others are adjusted to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// N.
    Samples,
    /// K.
    Elites,
    /// P.
    PolicySamples,
    /// Iterations.
    Iterations,
    /// H.
    Horizon,
    /// Temperature.
    Temperature,
    /// Lower bound of the standard deviation.
    MinStd,
    /// Upper bound of the standard deviation.
    MaxStd,
}

/// Makes settings consistent after one was moved: at most as many elites as samples, more samples than the guides
/// propose, ordered bounds of the standard deviation.
pub fn settle(planner: &mut PlannerConfig, moved: Moved, guide: Guide) {
    let guides = guide.policies().len().max(1);
    let lowest = lowest_policy_samples();
    planner.samples = planner.samples.max(guides * lowest + 1);
    planner.elites = planner.elites.clamp(1, planner.samples);
    planner.policy_samples = planner.policy_samples.clamp(lowest, ((planner.samples - 1) / guides).max(lowest));
    if planner.min_std > planner.max_std {
        if moved == Moved::MaxStd {
            planner.min_std = planner.max_std;
        } else {
            planner.max_std = planner.min_std;
        }
    }
}

/// Returns the minimum number of policy sequences that a configuration allows.
#[must_use]
pub fn lowest_policy_samples() -> usize {
    match limit("planner.policy_samples") {
        Some(Limit::Whole(low, _)) => usize::try_from(low).unwrap_or_default(),
        _ => 1,
    }
}

/// Draws the sliders; returns the setting that was moved, if any.
pub fn sliders_ui(ui: &mut Ui, palette: &Palette, planner: &mut PlannerConfig, guide: Guide) -> Option<Moved> {
    let mut moved = None;
    let top = |ordinary: f64, value: usize| ordinary.max(count(value));
    let lowest = count(lowest_policy_samples());
    let counts = [
        (Moved::Samples, "samples N", "samples", 8.0..=top(1024.0, planner.samples), true),
        (Moved::Elites, "elites K", "elites", 1.0..=top(128.0, planner.elites), true),
        (Moved::PolicySamples, "policy guides P", "policy_samples", lowest..=top(64.0, planner.policy_samples), false),
        (Moved::Iterations, "iterations", "iterations", 1.0..=top(12.0, planner.iterations), false),
        (Moved::Horizon, "horizon H", "horizon", 1.0..=top(12.0, planner.horizon), false),
    ];
    for (which, name, term, range, logarithmic) in counts {
        let place = match which {
            Moved::Samples => &mut planner.samples,
            Moved::Elites => &mut planner.elites,
            Moved::PolicySamples => &mut planner.policy_samples,
            Moved::Iterations => &mut planner.iterations,
            _ => &mut planner.horizon,
        };
        let before = *place;
        slider(name, term, range, logarithmic).show(ui, palette, place);
        if *place != before {
            moved = Some(which);
        }
    }
    let reals = [
        (Moved::Temperature, "temperature τ", "temperature", 0.05..=20.0, true),
        (Moved::MinStd, "min std σ", "std_min", 0.01..=2.0, true),
        (Moved::MaxStd, "max std σ", "std_max", 0.01..=4.0, true),
    ];
    for (which, name, term, range, logarithmic) in reals {
        let place = match which {
            Moved::Temperature => &mut planner.temperature,
            Moved::MinStd => &mut planner.min_std,
            _ => &mut planner.max_std,
        };
        // Rounded so that 0.05 is exactly 0.05.
        let before = (f64::from(*place) * 1e6).round() / 1e6;
        let mut value = before;
        slider(name, term, range, logarithmic).real(2).show(ui, palette, &mut value);
        if (value - before).abs() > f64::EPSILON {
            *place = narrow((value * 100.0).round() / 100.0).max(0.01);
            moved = Some(which);
        }
    }
    if let Some(moved) = moved {
        settle(planner, moved, guide);
    }
    moved
}

fn slider<'a>(name: &'a str, term: &'a str, range: RangeInclusive<f64>, logarithmic: bool) -> SliderRow<'a> {
    let row = SliderRow::new(name, range).term(term);
    if logarithmic { row.logarithmic() } else { row }
}

/// Draws the button that restores the presets' settings; returns whether it was clicked.
pub fn reset_ui(ui: &mut Ui, palette: &Palette) -> bool {
    link_ui(ui, palette, "Reset to preset")
        .on_hover_text("Resets the planner's settings to those of size and algorithm")
        .clicked()
}
