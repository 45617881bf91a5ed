//! "The search narrows": mean and spread of every action over the horizon, iteration by iteration.

use bootstride_core::inspect::PlanAnalysis;
use eframe::egui::{Align2, Color32, Mesh, Painter, Rect, ScrollArea, Sense, Stroke, Ui, pos2, vec2};

use super::export::{menu_ui, narrowing_csv};
use super::{ActuatorNames, action_name, beside, decision_of, nothing_ui, room_ui};
use crate::panes::{Context, Needs, Pane, PaneSpec, Place};
use crate::ui::number::real;
use crate::ui::theme::SMALL;
use crate::ui::widgets::{fitted, headline_ui};
use crate::ui::{Palette, sans};
use crate::view::Tab;

/// "The search narrows".
#[derive(Debug, Default)]
pub struct NarrowingPane {
    names: ActuatorNames,
}

/// The distribution before the first iteration, or after an iteration.
struct Column<'a> {
    title: String,
    /// `[horizon, action]`, flat.
    mean: &'a [f32],
    /// The same, or one number for all.
    std: &'a [f32],
    chosen: bool,
}

/// Half the height of a cell in units of actions: a little more than the actions' own -1 to 1.
const REACH: f32 = 1.15;
const LEAST_ROW: f32 = 26.0;
const MOST_ROW: f32 = 52.0;

impl NarrowingPane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        places: &[Place::column(Tab::Decision, 1, 0.47)],
        needs: |_| Needs::PLAN,
        ..PaneSpec::new("narrowing", "The search narrows", "Narrowing")
    };
}

impl Pane for NarrowingPane {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        room_ui(ui, |ui| match cx.analysis() {
            Some(analysis) if !analysis.iterations.is_empty() && analysis.action_dim > 0 => {
                let names = self.names.of(cx.history.status.config.as_deref());
                let previous = decision_of(cx, analysis).and_then(|decision| decision.previous_mean.as_deref());
                let prior = prior(analysis, previous);
                let other = beside(cx, analysis).map(|(_, other)| other);
                narrowing_ui(ui, cx, analysis, &prior, names, other);
            }
            _ => nothing_ui(ui, cx, "The search narrows"),
        });
    }
}

/// Returns the mean of the first iteration: the previous plan shifted by one step, followed by zeros.
fn prior(analysis: &PlanAnalysis, previous: Option<&[f32]>) -> Vec<f32> {
    let mut mean = vec![0.0; analysis.horizon * analysis.action_dim];
    if let Some(previous) = previous.and_then(|previous| previous.get(analysis.action_dim..)) {
        for (to, from) in mean.iter_mut().zip(previous) {
            *to = *from;
        }
    }
    mean
}

fn narrowing_ui(
    ui: &mut Ui,
    cx: &Context<'_>,
    analysis: &PlanAnalysis,
    prior: &[f32],
    names: &[String],
    other: Option<&PlanAnalysis>,
) {
    let palette = cx.palette;
    let title = "The search narrows";
    let heading = headline_ui(ui, palette, title, "mean μ and standard deviation σ of each action over the horizon");
    menu_ui(ui, title, &heading, || narrowing_csv(analysis, names));
    let iterations = analysis.iterations.len();
    let at = cx.view.iteration.unwrap_or(iterations - 1).min(iterations - 1);
    let widest = [analysis.settings.max_std];
    let mut columns = vec![Column { title: "before".into(), mean: prior, std: &widest, chosen: false }];
    columns.extend(analysis.iterations.iter().enumerate().map(|(index, one)| Column {
        title: format!("iteration {}", index + 1),
        mean: &one.mean,
        std: &one.std,
        chosen: index == at,
    }));
    let foot = 18.0;
    let dims = analysis.action_dim;
    let name = |dim: usize| action_name(names, dim);
    let longest = (0..dims).map(|dim| width_of(ui, &name(dim))).fold(0.0, f32::max);
    let label = (longest + 12.0).min(ui.available_width() * 0.25);
    let room = ui.available_height() - foot;
    let row = (room / real(dims)).clamp(LEAST_ROW, MOST_ROW);
    let width = (ui.available_width() - label) / real(columns.len());
    let left = ui.cursor().left() + label;
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().max_height(room).auto_shrink([false, true]).show_rows(ui, row, dims, |ui, visible| {
        for dim in visible {
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), row), Sense::hover());
            let galley = fitted(ui, &name(dim), sans(12.0), palette.text, label - 8.0);
            ui.painter().galley(pos2(rect.left(), rect.center().y - galley.size().y / 2.0), galley, palette.text);
            for (index, column) in columns.iter().enumerate() {
                let cell = Rect::from_min_size(pos2(left + width * real(index), rect.top()), vec2(width, row));
                let cell = cell.shrink2(vec2((width * 0.08).min(7.0), 3.0));
                let painter = ui.painter().with_clip_rect(cell.intersect(ui.clip_rect()));
                cell_ui(&painter, cell, column, dim, dims, palette);
                let line = index.checked_sub(1).and_then(|iteration| other?.iterations.get(iteration));
                if let Some(line) = line {
                    let points = curve(cell, &line.mean, dim, dims);
                    painter.line(points, Stroke::new(1.2, palette.strong));
                }
            }
            response.on_hover_ui_at_pointer(|ui| words_ui(ui, analysis, &name(dim), dim));
        }
    });
    let y = ui.min_rect().bottom().min(ui.max_rect().bottom() - foot) + 4.0;
    for (index, column) in columns.iter().enumerate() {
        let colour = if column.chosen { palette.strong } else { palette.weak };
        let text = match width {
            // There is none before the first iteration.
            ..38.0 if index == 0 => "0".into(),
            ..66.0 => column.title.replace("iteration ", ""),
            _ => column.title.clone(),
        };
        let at = pos2(left + width * real(index) + (width * 0.08).min(7.0), y);
        ui.painter().text(at, Align2::LEFT_TOP, text, sans(SMALL - 0.5), colour);
    }
}

fn width_of(ui: &Ui, text: &str) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), sans(12.0), Color32::WHITE).size().x
}

fn y(cell: Rect, action: f32) -> f32 {
    cell.center().y - cell.height() / 2.0 * (action / REACH).clamp(-1.5, 1.5)
}

/// Returns the mean of an action dimension over the horizon.
fn curve(cell: Rect, mean: &[f32], dim: usize, dims: usize) -> Vec<eframe::egui::Pos2> {
    let steps: Vec<f32> = mean.iter().skip(dim).step_by(dims.max(1)).copied().collect();
    let place = |step: usize| cell.left() + cell.width() * real(step) / real((steps.len().max(2)) - 1);
    let mut points: Vec<_> = steps.iter().enumerate().map(|(step, mean)| pos2(place(step), y(cell, *mean))).collect();
    if let [only] = points[..] {
        points.push(pos2(cell.right(), only.y));
    }
    points
}

fn cell_ui(painter: &Painter, cell: Rect, column: &Column<'_>, dim: usize, dims: usize, palette: &Palette) {
    let ground = if column.chosen { palette.active.gamma_multiply(0.7) } else { palette.raised.gamma_multiply(0.6) };
    painter.rect_filled(cell, 3.0, ground);
    painter.hline(cell.x_range(), cell.center().y, Stroke::new(1.0, palette.line.gamma_multiply(0.9)));
    let line = curve(cell, column.mean, dim, dims);
    let std = |step: usize| {
        let place = if column.std.len() == 1 { 0 } else { step * dims + dim };
        column.std.get(place).copied().unwrap_or_default() / REACH * cell.height() / 2.0
    };
    let mut mesh = Mesh::default();
    let steps = (column.mean.len() / dims.max(1)).max(1);
    let colour = palette.plan.gamma_multiply(if palette.dark { 0.22 } else { 0.18 });
    for (step, point) in line.iter().enumerate() {
        let reach = std(step.min(steps - 1));
        mesh.colored_vertex(pos2(point.x, (point.y - reach).max(cell.top())), colour);
        mesh.colored_vertex(pos2(point.x, (point.y + reach).min(cell.bottom())), colour);
        if let Some(before) = u32::try_from(2 * step).ok().and_then(|next| next.checked_sub(2)) {
            mesh.add_triangle(before, before + 1, before + 2);
            mesh.add_triangle(before + 1, before + 2, before + 3);
        }
    }
    painter.add(mesh);
    let weight = if column.chosen { 2.0 } else { 1.5 };
    painter.line(line, Stroke::new(weight, palette.plan));
}

fn words_ui(ui: &mut Ui, analysis: &PlanAnalysis, name: &str, dim: usize) {
    ui.set_max_width(300.0);
    let last = analysis.iterations.last();
    let of = |list: Option<&Vec<f32>>| list.and_then(|list| list.get(dim)).copied().unwrap_or_default();
    ui.label(format!(
        "{name}: a mean of {:.2} and a standard deviation of {:.2} for the first step after {} iterations. The search \
         started with {:.2}.",
        of(last.map(|one| &one.mean)),
        of(last.map(|one| &one.std)),
        analysis.iterations.len(),
        analysis.settings.max_std
    ));
    ui.label("Line: mean μ. Band: μ ± σ. Each cell shows t to t + H and actions from −1 to 1.");
}
