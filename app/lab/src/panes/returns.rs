//! Returns of the planner and the bare policy, and the gap between them.

use bootstride_session::history::History;
use eframe::egui::{Color32, Ui, vec2};

use super::derive::{Key, Mean, mean};
use super::{Context, Pane, PaneSpec, Place};
use crate::ui::number::{count, fixed};
use crate::ui::widgets::tiles_ui;
use crate::ui::{Axis, Mark, Palette, Plot};
use crate::view::Tab;

/// Gaps in percent: up to the first the policy has caught up, from the second it lags behind.
const GAPS: [f64; 2] = [10.0, 30.0];

/// Returns of planner and policy over training, with 95% confidence bands over the evaluation episodes (Student's t),
/// training episodes as dots, and the gap between the two.
#[derive(Default)]
pub struct ReturnsPane {
    key: Option<Key>,
    returns: Plot,
    gap: Plot,
}

impl ReturnsPane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        places: &[Place::column(Tab::Train, 2, 1.0)],
        own_margins: false,
        ..PaneSpec::new("returns", "Policy and planner", "Returns")
    };
}

impl Pane for ReturnsPane {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        let key = Key::of(cx.history, cx.palette);
        if self.key.as_ref() != Some(&key) {
            self.returns = returns(cx.history, cx.palette);
            self.gap = gap(cx.history, cx.palette);
            self.key = Some(key);
        }
        let room = ui.available_height();
        if room < 250.0 || self.gap.marks.is_empty() {
            self.returns.height = None;
            self.returns.show(ui, cx.palette);
            return;
        }
        let wide = ui.available_width() > 2.2 * room;
        if wide {
            tiles_ui(ui, cx.palette, &[&self.returns, &self.gap], vec2(260.0, 100.0));
        } else {
            self.returns.height = Some(0.64 * (room - 14.0));
            self.returns.show(ui, cx.palette);
            ui.add_space(6.0);
            self.gap.height = None;
            self.gap.show(ui, cx.palette);
            self.returns.height = None;
        }
    }
}

/// `[environment steps, planner, policy]` of each evaluation.
fn evaluated(history: &History) -> impl Iterator<Item = (f64, Mean, Mean)> {
    history.evaluations.iter().filter_map(|evaluation| {
        Some((count(evaluation.env_step), mean(&evaluation.planner)?, mean(&evaluation.network)?))
    })
}

fn steps(history: &History) -> Axis {
    let newest = history.evaluations.last().map(|evaluation| evaluation.env_step);
    let last = newest.max(history.episodes.last().map(|episode| episode.0)).unwrap_or(1).max(1);
    Axis { label: "Environment steps (steps)".into(), range: Some([0.0, count(last)]), ..Axis::default() }
}

/// Returns the policy's deficit in percent of the planner's return.
fn gap_percent(planner: f64, policy: f64) -> f64 {
    100.0 * (planner - policy) / planner.abs().max(1e-6)
}

fn returns(history: &History, palette: &Palette) -> Plot {
    let mut marks = Vec::new();
    let dots: Vec<[f64; 2]> = history.episodes.iter().map(|&(step, earned)| [count(step), f64::from(earned)]).collect();
    if !dots.is_empty() {
        let colour = palette.sample.gamma_multiply(0.7);
        marks.push(Mark::Dots { label: "training episodes".into(), colour, radius: 1.6, points: dots });
    }
    // With few episodes the interval is wide: it is not drawn below the lowest observed return, or 0.
    let told = history.evaluations.iter().flat_map(|evaluation| evaluation.planner.iter().chain(&evaluation.network));
    let floor = told.fold(0.0_f32, |lowest, one| lowest.min(*one));
    let series = |label: &str, colour: Color32, of: fn(&(f64, Mean, Mean)) -> Mean| {
        let band = evaluated(history).map(|all| (all.0, of(&all)));
        let band = band.map(|(x, m)| [x, (m.mean - m.half).max(f64::from(floor)), m.mean + m.half]);
        let line = evaluated(history).map(|all| [all.0, of(&all).mean]);
        let label = label.to_owned();
        let faint = colour.gamma_multiply(0.18);
        [
            Mark::Band { label: label.clone(), colour: faint, points: band.collect() },
            Mark::Line { label, colour, width: 2.0, points: line.collect() },
        ]
    };
    if !history.evaluations.is_empty() {
        let [policy_band, policy] = series("policy", palette.policy, |all| all.2);
        let [planner_band, planner] = series("planner", palette.plan, |all| all.1);
        marks.extend([policy_band, planner_band, policy, planner]);
    }
    let merit = evaluated(history).last().map(|(_, planner, policy)| {
        let gap = gap_percent(planner.mean, policy.mean);
        let colour = match gap {
            gap if gap <= GAPS[0] => Some(palette.good),
            gap if gap >= GAPS[1] => Some(palette.bad),
            _ => None,
        };
        (format!("gap {} %", fixed(gap, 1)), colour)
    });
    Plot {
        title: "Return: planner and policy".into(),
        merit,
        x: steps(history),
        y: Axis { label: "Return".into(), at_least: Some([0.0, 1.0]), ..Axis::default() },
        marks,
        empty: "Returns appear when the first episode ends.".into(),
        ..Plot::default()
    }
}

fn gap(history: &History, palette: &Palette) -> Plot {
    let points: Vec<[f64; 2]> = evaluated(history)
        .map(|(x, planner, policy)| [x, gap_percent(planner.mean, policy.mean).clamp(-100.0, 100.0)])
        .collect();
    let marks = if points.len() < 2 {
        Vec::new()
    } else {
        vec![Mark::Line { label: "gap".into(), colour: palette.text, width: 1.6, points }]
    };
    Plot {
        title: "Gap over time".into(),
        merit: Some(("in % of the planner's return".into(), None)),
        x: steps(history),
        y: Axis { label: "Gap (%)".into(), at_least: Some([0.0, 10.0]), ..Axis::default() },
        marks,
        empty: "The gap appears with the second evaluation.".into(),
        ..Plot::default()
    }
}
