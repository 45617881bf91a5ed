//! Learning progress: losses, gradients, entropy, scale, and the time per decision.

use bootstride_session::history::History;
use bootstride_session::message::Rates;
use eframe::egui::{Align2, Color32, CornerRadius, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::derive::{Key, series};
use super::{Context, Pane, PaneSpec, Place};
use crate::ui::glossary::{Term, term};
use crate::ui::number::{fixed, short};
use crate::ui::theme::SMALL;
use crate::ui::widgets::{explain, key_figure_ui, tiles_ui};
use crate::ui::{Axis, Mark, Palette, Plot, sans};
use crate::view::Tab;

/// Losses, gradient norms, entropy and spread of the policy, scale S, and the time of a decision by activity.
#[derive(Default)]
pub struct LearningPane {
    key: Option<Key>,
    plots: Vec<Plot>,
}

const DECISIONS: Term = term(
    "decisions",
    "Decisions per second",
    "",
    "",
    "How many times per second the agent observes, plans, acts and learns.",
);
const REAL_TIME: Term = term(
    "real_time",
    "Real-time factor",
    "",
    "",
    "Simulated time divided by real time: at 2× the body moves twice as fast as in reality.",
);
const PLAN_MS: Term = term(
    "plan_ms",
    "Planning time",
    "",
    "",
    "Time to compute one plan. Planning that is faster than a control step could drive a real robot.",
);
const TIME_SPLIT: Term = term(
    "time_split",
    "Time per decision",
    "",
    "",
    "Milliseconds per decision, by activity, averaged over the last second.",
);

impl LearningPane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        places: &[Place::column(Tab::Values, 1, 1.0)],
        own_margins: false,
        terms: &[DECISIONS, REAL_TIME, PLAN_MS, TIME_SPLIT],
        ..PaneSpec::new("learning", "Learning", "Learning")
    };
}

impl Pane for LearningPane {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        let key = Key::of(cx.history, cx.palette);
        if self.key.as_ref() != Some(&key) {
            self.plots = plots(cx.history, cx.palette);
            self.key = Some(key);
        }
        rates_ui(ui, cx.palette, &cx.history.status.rates);
        ui.add_space(4.0);
        let plots: Vec<&Plot> = self.plots.iter().collect();
        tiles_ui(ui, cx.palette, &plots, vec2(210.0, 96.0));
    }
}

/// A curve of a plot: label, metric, colour.
type Curve<'a> = (&'a str, &'a str, Color32);

fn plots(history: &History, palette: &Palette) -> Vec<Plot> {
    let plot = |title: &str, curves: &[Curve<'_>], logarithmic: bool| small(history, title, curves, logarithmic);
    let (model, policy, other) = (palette.text, palette.policy, palette.elite);
    let mut plots = vec![
        plot(
            "World model's losses",
            &[
                ("consistency", "consistency_loss", palette.good),
                ("reward", "reward_loss", other),
                ("value", "value_loss", policy),
                ("termination", "termination_loss", model),
            ],
            true,
        ),
        plot("Policy's loss", &[("imitation", "pi_loss", policy), ("max-Q", "max_q_pi_loss", other)], false),
        plot(
            "Gradient norms",
            &[
                ("model", "grad_norm", model),
                ("policy", "pi_grad_norm", policy),
                ("max-Q", "max_q_pi_grad_norm", other),
            ],
            true,
        ),
        plot(
            "Entropy of the policy",
            &[("imitation", "pi_entropy", policy), ("max-Q", "max_q_pi_entropy", other)],
            false,
        ),
        plot(
            "Spread of the policy σ",
            &[("imitation", "pi_log_std", policy), ("max-Q", "max_q_pi_log_std", other)],
            false,
        ),
        plot("Scale S", &[("imitation", "pi_scale", policy), ("max-Q", "max_q_pi_scale", other)], false),
    ];
    if let (Some(losses), Some(total)) = (plots.first_mut(), series(history, "total_loss").last()) {
        losses.merit = Some((format!("total {}", short(total[1])), None));
    }
    // The networks report the logarithm of their spread.
    if let Some(spread) = plots.get_mut(4) {
        for mark in &mut spread.marks {
            if let Mark::Line { points, .. } = mark {
                for point in points {
                    point[1] = point[1].exp();
                }
            }
        }
        spread.y.at_least = Some([0.0, 0.1]);
        spread.merit = newest(spread);
    }
    plots
}

fn small(history: &History, title: &str, curves: &[Curve<'_>], logarithmic: bool) -> Plot {
    let drawn: Vec<(&Curve<'_>, Vec<[f64; 2]>)> =
        curves.iter().map(|curve| (curve, series(history, curve.1))).filter(|(_, points)| !points.is_empty()).collect();
    let single = drawn.len() == 1;
    let marks = drawn.into_iter().map(|((label, _, colour), points)| Mark::Line {
        // A single line needs no label: the title names it.
        label: if single { String::new() } else { (*label).to_owned() },
        colour: *colour,
        width: 1.6,
        points,
    });
    let mut plot = Plot {
        title: title.into(),
        x: Axis { label: "Environment steps (steps)".into(), at_least: Some([0.0, 1.0]), ..Axis::default() },
        y: Axis { label: title.into(), logarithmic, ..Axis::default() },
        marks: marks.collect(),
        empty: "Appears with the first updates.".into(),
        ..Plot::default()
    };
    if single {
        plot.merit = newest(&plot);
    }
    plot
}

/// Returns the newest number of a plot with one line.
fn newest(plot: &Plot) -> Option<(String, Option<Color32>)> {
    match plot.marks.as_slice() {
        [Mark::Line { points, .. }] => points.last().map(|point| (short(point[1]), None)),
        _ => None,
    }
}

/// Parts of a decision's time: name, ms, colour.
fn parts(rates: &Rates, palette: &Palette) -> [(&'static str, f32, Color32); 5] {
    [
        ("plan", rates.plan_ms, palette.plan),
        ("simulate", rates.simulate_ms, palette.good),
        ("update", rates.update_ms, palette.policy),
        ("reanalyze", rates.reanalyze_ms, palette.elite),
        ("lab", rates.inspect_ms, palette.sample),
    ]
}

fn rates_ui(ui: &mut Ui, palette: &Palette, rates: &Rates) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 22.0;
        let speed = short(f64::from(rates.decisions_per_second));
        explain(key_figure_ui(ui, palette, "decisions/s", &speed, None), &DECISIONS);
        let factor = format!("{}×", fixed(f64::from(rates.real_time_factor), 1));
        explain(key_figure_ui(ui, palette, "real time", &factor, None), &REAL_TIME);
        let plan = format!("{} ms", fixed(f64::from(rates.plan_ms), 1));
        explain(key_figure_ui(ui, palette, "plan", &plan, None), &PLAN_MS);
    });
    time_split_ui(ui, palette, rates);
}

/// Draws a bar of a decision's time, with its labelled parts below.
fn time_split_ui(ui: &mut Ui, palette: &Palette, rates: &Rates) {
    let parts = parts(rates, palette);
    let total: f32 = parts.iter().map(|part| part.1.max(0.0)).sum();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 14.0), Sense::hover());
    let spoken = parts.map(|(name, ms, _)| format!("{name} {} ms", fixed(f64::from(ms), 1))).join(", ");
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Time of a decision: {spoken}")));
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::same(4), palette.raised);
    let mut left = rect.left();
    for (_, ms, colour) in parts {
        let width = if total > 0.0 { rect.width() * ms.max(0.0) / total } else { 0.0 };
        if width >= 1.0 {
            let part = Rect::from_min_max(pos2(left, rect.top()), pos2(left + width - 1.0, rect.bottom()));
            painter.rect_filled(part, CornerRadius::same(3), colour);
        }
        left += width;
    }
    explain(response, &TIME_SPLIT);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 14.0;
        for (name, ms, colour) in parts {
            let text = format!("{name} {} ms", fixed(f64::from(ms), 1));
            let galley = ui.painter().layout_no_wrap(text, sans(SMALL), palette.text);
            let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(13.0, 0.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, galley.text()));
            let sign = Align2::LEFT_CENTER.anchor_size(rect.left_center(), vec2(8.0, 8.0));
            ui.painter().rect_filled(sign, CornerRadius::same(2), colour);
            ui.painter().galley(rect.min + vec2(13.0, 0.0), galley, palette.text);
        }
    });
}
