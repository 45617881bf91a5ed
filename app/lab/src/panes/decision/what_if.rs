//! "What if": the same state with other settings, with cost and gain of each.

use bootstride_core::inspect::PlanAnalysis;
use bootstride_core::planner::PlannerConfig;
use bootstride_session::message::{WhatIfCase, WhatIfResult};
use eframe::egui::{
    Align2, Color32, Rect, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::cases::{ask, freeze, go_on, holds, is_frozen, standard_cases};
use super::{nothing_ui, room_ui};
use crate::panes::setup::sliders_ui;
use crate::panes::{Context, Needs, Pane, PaneSpec, Place};
use crate::ui::number::{fixed, signed};
use crate::ui::widgets::{ButtonKind, fitted, headline_ui, link_ui, wide_button_ui};
use crate::ui::{Palette, mono, sans};
use crate::view::Tab;

/// Label of the custom case.
const OWN: &str = "custom";

/// Below this width times are shown only in tooltips.
const NARROW: f32 = 240.0;

/// "What if".
#[derive(Debug, Default)]
pub struct WhatIfPane {
    /// The settings of the custom case; `None` until a slider is moved.
    own: Option<PlannerConfig>,
    own_is_open: bool,
    /// The last request: its decision, and the number of cases.
    asked: Option<(u32, usize)>,
}

/// A row of the table.
struct Row<'a> {
    label: &'a str,
    /// G minus the policies' mean G as trained, or an error; `None` if not tried.
    gain: Option<Result<f32, &'a str>>,
    plan_ms: f32,
}

impl WhatIfPane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        places: &[Place::column(Tab::Decision, 2, 0.38)],
        needs: |_| Needs::PLAN,
        ..PaneSpec::new("what-if", "What if", "What if")
    };
}

impl Pane for WhatIfPane {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        room_ui(ui, |ui| match (cx.analysis(), cx.history.status.config.clone()) {
            (Some(analysis), Some(config)) => {
                headline_ui(ui, cx.palette, "What if", "same state, other settings");
                let mut cases = standard_cases(&config);
                if let Some(own) = &self.own {
                    cases.push(WhatIfCase { label: OWN.into(), planner: own.clone() });
                }
                ScrollArea::vertical().auto_shrink([false, true]).show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 2.0;
                    table_ui(ui, cx, analysis, &cases);
                    ui.add_space(3.0);
                    self.buttons_ui(ui, cx, analysis, cases);
                    self.own_ui(ui, cx, &config);
                });
            }
            _ => nothing_ui(ui, cx, "What if"),
        });
    }
}

impl WhatIfPane {
    fn buttons_ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>, analysis: &PlanAnalysis, cases: Vec<WhatIfCase>) {
        let palette = cx.palette;
        let answered = cx
            .history
            .outcomes
            .as_ref()
            .is_some_and(|(number, outcomes)| *number == analysis.decision && outcomes.len() == cases.len());
        if answered {
            self.asked = None;
        }
        let waits = self.asked == Some((analysis.decision, cases.len()));
        let recorded = cx.history.index(analysis.decision).is_some();
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let width = (ui.available_width() - 6.0) / 2.0;
            if is_frozen(cx) {
                let hint = "Follows the newest decision again";
                if wide_button_ui(ui, palette, ButtonKind::Secondary, "Continue", width).on_hover_text(hint).clicked() {
                    go_on(cx);
                }
            } else {
                let hint = "Pauses and stays at this decision";
                if wide_button_ui(ui, palette, ButtonKind::Secondary, "Freeze", width).on_hover_text(hint).clicked() {
                    freeze(cx, analysis);
                }
            }
            ui.add_enabled_ui(recorded && !waits, |ui| {
                let text = if waits { "Planning…" } else { "Try these" };
                let hint = "Replans this state with each of these settings and the current networks";
                if wide_button_ui(ui, palette, ButtonKind::Primary, text, width)
                    .accessible_name("Try these")
                    .on_hover_text(hint)
                    .clicked()
                {
                    self.asked = Some((analysis.decision, cases.len()));
                    ask(cx, analysis, cases);
                }
            });
        });
    }

    /// Draws the sliders of the custom case.
    fn own_ui(&mut self, ui: &mut Ui, cx: &Context<'_>, config: &bootstride_core::config::Config) {
        let palette = cx.palette;
        let text = if self.own_is_open { "Remove custom settings" } else { "Add custom settings…" };
        if link_ui(ui, palette, text).clicked() {
            self.own_is_open = !self.own_is_open;
            self.own = self.own_is_open.then(|| config.planner.clone());
        }
        let Some(own) = self.own.as_mut().filter(|_| self.own_is_open) else { return };
        sliders_ui(ui, palette, own, config.algorithm.guide);
        if !holds(config, own) {
            let text = "These settings are not compatible.";
            ui.label(RichText::new(text).size(12.0).color(palette.bad));
        }
    }
}

/// Draws the cases, each with its gain.
fn table_ui(ui: &mut Ui, cx: &mut Context<'_>, analysis: &PlanAnalysis, cases: &[WhatIfCase]) {
    let palette = cx.palette;
    let outcomes = cx.history.outcomes.as_ref().filter(|(number, _)| *number == analysis.decision);
    let outcomes = outcomes.map(|(_, outcomes)| outcomes.as_slice());
    let rows = rows(analysis, cases, outcomes);
    let gains = rows.iter().filter_map(|row| row.gain?.ok()).filter(|gain| gain.is_finite());
    let [low, high] = gains.fold([0.0_f32, 1e-6], |[low, high], one| [low.min(one), high.max(one)]);
    let label = rows.iter().map(|row| width_of(ui, row.label)).fold(60.0, f32::max) + 10.0;
    // Before any trial there are no bars to leave room for.
    let share = match (outcomes.is_some(), ui.available_width() < NARROW) {
        (false, _) => 0.8,
        (true, true) => 0.62,
        (true, false) => 0.38,
    };
    let label = label.min(ui.available_width() * share);
    for (place, row) in rows.iter().enumerate() {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 21.0), Sense::click());
        let chosen = cx.view.beside == Some(place) && outcomes.is_some();
        response.widget_info(|| WidgetInfo {
            current_text_value: Some(figure(row)),
            ..WidgetInfo::selected(Role::RadioButton, outcomes.is_some(), chosen, row.label)
        });
        row_ui(ui, palette, row, rect, label, [low, high], chosen || response.hovered());
        if response.has_focus() {
            ui.painter().rect_stroke(rect, 6.0, Stroke::new(1.0, palette.policy), StrokeKind::Inside);
        }
        let hint = match row.gain {
            None => format!("{}: not tried yet.", row.label),
            Some(Err(why)) => why.to_owned(),
            Some(Ok(gain)) => format!(
                "G minus the mean G of the policy's proposals as trained: {}, after {} ms of planning. All rows share \
                 the same zero. Click to outline this plan over the original.",
                signed(f64::from(gain), 3),
                fixed(f64::from(row.plan_ms), 1)
            ),
        };
        if response.on_hover_text(hint).clicked() && outcomes.is_some() {
            cx.view.beside = if chosen { None } else { Some(place) };
        }
    }
}

fn rows<'a>(analysis: &PlanAnalysis, cases: &'a [WhatIfCase], outcomes: Option<&'a [WhatIfResult]>) -> Vec<Row<'a>> {
    let Some(outcomes) = outcomes else {
        let row = |case: &'a WhatIfCase| Row { label: &case.label, gain: None, plan_ms: 0.0 };
        return cases.iter().map(row).collect();
    };
    // One zero for all: the policies' mean as trained, because other settings may have no proposals.
    let first = outcomes.first().and_then(|outcome| outcome.plan.as_deref().ok()).unwrap_or(analysis);
    let zero = first.value - first.delta_q;
    let row = |outcome: &'a WhatIfResult| Row {
        label: &outcome.case.label,
        gain: Some(outcome.plan.as_ref().map(|plan| plan.value - zero).map_err(String::as_str)),
        plan_ms: outcome.plan_ms,
    };
    let untried = cases.iter().skip(outcomes.len());
    let untried = untried.map(|case| Row { label: &case.label, gain: None, plan_ms: 0.0 });
    outcomes.iter().map(row).chain(untried).collect()
}

/// Returns the text of a row.
fn figure(row: &Row<'_>) -> String {
    match row.gain {
        Some(Ok(gain)) => signed(f64::from(gain), 2),
        Some(Err(_)) => "no plan".into(),
        None => "–".into(),
    }
}

fn width_of(ui: &Ui, text: &str) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), sans(12.5), Color32::WHITE).size().x
}

fn row_ui(ui: &Ui, palette: &Palette, row: &Row<'_>, rect: Rect, label: f32, [low, high]: [f32; 2], raised: bool) {
    let painter = ui.painter();
    if raised {
        painter.rect_filled(rect.expand2(vec2(6.0, 0.0)), 6.0, palette.active.gamma_multiply(0.55));
    }
    let galley = fitted(ui, row.label, sans(12.5), palette.text, label - 8.0);
    let at = pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
    painter.galley(at, galley, palette.text);
    let (gain, time) = if rect.width() < NARROW { (50.0, 0.0) } else { (54.0, 58.0) };
    let bar = Rect::from_min_max(
        pos2(rect.left() + label, rect.center().y - 5.0),
        pos2(rect.right() - gain - time, rect.center().y + 5.0),
    );
    let x = |gain: f32| bar.left() + bar.width() * (gain - low) / (high - low);
    let right = pos2(rect.right() - time, rect.center().y);
    match row.gain {
        Some(Ok(gain)) => {
            painter.vline(x(0.0), bar.y_range().expand(3.0), Stroke::new(1.0, palette.line));
            let reach = Rect::from_two_pos(pos2(x(0.0), bar.top()), pos2(x(gain.clamp(low, high)), bar.bottom()));
            let strong = if row.label == "as trained" { 0.95 } else { 0.6 };
            painter.rect_filled(
                reach,
                3.0,
                (if gain < 0.0 { palette.bad } else { palette.plan }).gamma_multiply(strong),
            );
            let colour = match gain {
                gain if gain > 0.005 => palette.good,
                gain if gain < -0.005 => palette.bad,
                _ => palette.weak,
            };
            painter.text(right, Align2::RIGHT_CENTER, figure(row), mono(12.0), colour);
            if time > 0.0 {
                let text = format!("{} ms", fixed(f64::from(row.plan_ms), 1));
                let end = pos2(rect.right(), rect.center().y);
                painter.text(end, Align2::RIGHT_CENTER, text, mono(11.0), palette.weak);
            }
        }
        Some(Err(_)) => {
            painter.text(right, Align2::RIGHT_CENTER, figure(row), sans(12.0), palette.bad);
        }
        None => {
            painter.text(right, Align2::RIGHT_CENTER, figure(row), mono(12.0), palette.weak);
        }
    }
}
