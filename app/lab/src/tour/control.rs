//! The tour's own sliders and buttons; the panes of the lab offer the same.

use bootstride_core::planner::PlannerConfig;
use eframe::egui::{RichText, Ui};

use super::state::{Tour, plays};
use super::step::Control;
use crate::panes::Context;
use crate::ui::number::{grouped, real};
use crate::ui::widgets::{SliderRow, button_ui};
use crate::view::Cursor;

/// Draws a control of the open step and handles its input.
pub fn control_ui(control: Control, ui: &mut Ui, tour: &mut Tour, cx: &mut Context<'_>) {
    match control {
        Control::Iteration => iteration_ui(ui, tour, cx),
        Control::Decision => decision_ui(ui, tour, cx),
        Control::Replan => {
            if button_ui(ui, cx.palette, "Replan").clicked()
                && let Some(scene) = &mut tour.scene
            {
                scene.replan = true;
            }
        }
        Control::Samples | Control::Guides | Control::Temperature | Control::Horizon => {
            settings_ui(control, ui, tour, cx);
        }
    }
}

/// Draws a slider for a planner setting.
fn settings_ui(control: Control, ui: &mut Ui, tour: &mut Tour, cx: &mut Context<'_>) {
    let Some(scene) = &mut tour.scene else { return };
    let (mut draft, palette) = (scene.draft.clone(), cx.palette);
    let guides = cx.history.status.config.as_ref().map_or(1, |config| config.algorithm.guide.policies().len());
    let response = match control {
        Control::Samples => {
            let row = SliderRow::new("samples N", 8.0..=512.0).logarithmic().term("samples");
            row.show(ui, palette, &mut draft.samples)
        }
        Control::Guides => {
            // At least one sample must be drawn by MPPI.
            let most = draft.samples.saturating_sub(1) / guides.max(1);
            let row =
                SliderRow::new("policy guides P", 0.0..=f64::from(real(most.clamp(1, 64)))).term("policy_samples");
            row.show(ui, palette, &mut draft.policy_samples)
        }
        Control::Temperature => {
            let row = SliderRow::new("temperature \u{3c4}", 0.01..=20.0).real(2).logarithmic().term("temperature");
            row.show(ui, palette, &mut draft.temperature)
        }
        _ => SliderRow::new("horizon H", 1.0..=9.0).term("horizon").show(ui, palette, &mut draft.horizon),
    };
    let draft = fit(draft);
    // Settings are tried only when the slider is released.
    if response.dragged() {
        scene.draft = draft;
    } else if response.drag_stopped() || draft != scene.draft {
        scene.try_out(draft, cx, plays(cx.history));
    }
}

/// Returns valid settings: dependent values are adjusted.
fn fit(mut planner: PlannerConfig) -> PlannerConfig {
    planner.elites = planner.elites.min(planner.samples);
    planner
}

fn iteration_ui(ui: &mut Ui, tour: &Tour, cx: &mut Context<'_>) {
    let Some(scene) = &tour.scene else { return };
    let count = scene.facts(cx.history).map_or(0, |facts| facts.setup.plan.iterations.len());
    if count < 2 {
        ui.label(RichText::new("Measuring\u{2026}").color(cx.palette.weak));
        return;
    }
    let mut shown = cx.view.iteration.map_or(count, |iteration| (iteration + 1).min(count));
    let before = shown;
    SliderRow::new("iteration", 1.0..=f64::from(real(count))).show(ui, cx.palette, &mut shown);
    if shown != before {
        cx.view.iteration = Some(shown.max(1) - 1);
    }
}

/// Draws a slider over the recorded decisions.
fn decision_ui(ui: &mut Ui, tour: &Tour, cx: &mut Context<'_>) {
    let Some(scene) = &tour.scene else { return };
    let (Some(oldest), Some(newest)) = (cx.history.decisions.front(), cx.history.newest()) else { return };
    let mut number = scene.decision;
    let range = f64::from(oldest.number)..=f64::from(newest.number.max(oldest.number + 1));
    SliderRow::new("decision", range).show(ui, cx.palette, &mut number);
    if number != scene.decision {
        cx.view.cursor = Cursor::At(nearest_planned(cx, number));
    }
    if let Some(decision) = cx.history.decision(scene.decision) {
        let text = format!("episode {}, t = {}", grouped(decision.episode as usize), decision.t);
        ui.label(RichText::new(text).color(cx.palette.weak).size(12.0));
    }
}

/// Returns the planned decision nearest to a number: random ones at the start have no expert.
fn nearest_planned(cx: &Context<'_>, number: u32) -> u32 {
    let history = cx.history;
    let planned = |index: &usize| history.decisions.get(*index).is_some_and(|decision| decision.planned.is_some());
    let at = history.decisions.partition_point(|decision| decision.number < number);
    let after = (at..history.decisions.len()).find(planned);
    let found = after.or_else(|| (0..at.min(history.decisions.len())).rev().find(planned));
    found.map_or(number, |index| history.decisions[index].number)
}
