//! "Elites and their weights": how much each elite contributes to the next distribution.

use bootstride_core::inspect::PlanAnalysis;
use eframe::egui::{Align2, Rect, Sense, Shape, Stroke, Ui, pos2};

use super::export::{elites_csv, menu_ui};
use super::{nothing_ui, ordinal, room_ui};
use crate::panes::{Context, Needs, Pane, PaneSpec, Place};
use crate::ui::number::{real, whole};
use crate::ui::sans;
use crate::ui::theme::SMALL;
use crate::ui::widgets::headline_ui;
use crate::view::Tab;

/// "Elites and their weights".
#[derive(Debug, Default)]
pub struct ElitesPane;

impl ElitesPane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        places: &[Place::column(Tab::Decision, 2, 0.32)],
        needs: |_| Needs::PLAN,
        ..PaneSpec::new("elites", "Elites and their weights", "Elites")
    };
}

impl Pane for ElitesPane {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        room_ui(ui, |ui| match cx.analysis() {
            Some(analysis) if !analysis.iterations.is_empty() => elites_ui(ui, cx, analysis),
            _ => nothing_ui(ui, cx, "Elites and their weights"),
        });
    }
}

fn elites_ui(ui: &mut Ui, cx: &Context<'_>, analysis: &PlanAnalysis) {
    let palette = cx.palette;
    let last = analysis.iterations.len() - 1;
    let at = cx.view.iteration.unwrap_or(last).min(last);
    let iteration = &analysis.iterations[at];
    let beside = format!("temperature {:.2}", analysis.settings.temperature);
    let heading = headline_ui(ui, palette, "Elites and their weights", &beside);
    menu_ui(ui, "Elites and their weights", &heading, || elites_csv(analysis, at));
    if at < last {
        let text = format!("iteration {} of {}; one is chosen only in the last", at + 1, last + 1);
        ui.label(eframe::egui::RichText::new(text).size(SMALL).color(palette.weak));
    }
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let plot = Rect::from_min_max(pos2(rect.left(), rect.top() + 20.0), pos2(rect.right(), rect.bottom() - 18.0));
    let weights = &iteration.weights;
    let most = weights.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let width = (plot.width() / real(weights.len().max(1))).min(40.0);
    let chosen = (at == last).then_some(analysis.chosen);
    let hovered = response.hover_pos().map(|pointer| whole(f64::from((pointer.x - plot.left()) / width - 0.5)));
    let mut shapes = Vec::with_capacity(weights.len());
    for (rank, weight) in weights.iter().enumerate() {
        let left = plot.left() + width * real(rank);
        let top = plot.bottom() - (plot.height() * weight / most).max(1.0);
        let bar = Rect::from_min_max(pos2(left, top), pos2(left + (width - 1.5).max(width * 0.7), plot.bottom()));
        let share = if hovered == Some(rank) { 1.0 } else { 0.72 };
        let colour = if chosen == Some(rank) { palette.plan } else { palette.elite.gamma_multiply(share) };
        shapes.push(Shape::rect_filled(bar, 1.5, colour));
    }
    let painter = ui.painter();
    painter.extend(shapes);
    painter.hline(plot.x_range(), plot.bottom(), Stroke::new(1.0, palette.line));
    if let Some((rank, weight)) = chosen.and_then(|rank| Some((rank, weights.get(rank)?))) {
        let left = plot.left() + width * real(rank);
        let top = plot.bottom() - plot.height() * weight / most;
        // Above its bar, to the right where the bars are lower, and always inside.
        let galley = painter.layout_no_wrap("chosen".into(), sans(SMALL), palette.plan);
        let x = left.min(plot.right() - galley.size().x).max(plot.left());
        painter.galley(pos2(x, top - galley.size().y - 2.0), galley, palette.plan);
    }
    let y = plot.bottom() + 4.0;
    let best = painter.text(pos2(plot.left(), y), Align2::LEFT_TOP, "best", sans(SMALL), palette.weak);
    let end = (plot.left() + width * real(weights.len())).max(best.right() + 40.0).min(rect.right());
    if weights.len() > 1 {
        painter.text(pos2(end, y), Align2::RIGHT_TOP, ordinal(weights.len()), sans(SMALL), palette.weak);
    }
    let Some(rank) = hovered.filter(|rank| *rank < weights.len()) else { return };
    let sample = iteration.elites.get(rank).and_then(|sample| usize::try_from(*sample).ok());
    let value = sample.and_then(|sample| iteration.values.get(sample)).copied().unwrap_or_default();
    let from = match sample {
        Some(sample) if sample < analysis.policy_samples => "proposed by the policy",
        _ => "drawn by MPPI",
    };
    response.on_hover_text_at_pointer(format!(
        "{} elite: G {value:.2}, weight {:.1} %, {from}.\nThe weight is exp(τ (G − best G)), divided by the sum of all.",
        ordinal(rank + 1),
        weights[rank] * 100.0
    ));
}
