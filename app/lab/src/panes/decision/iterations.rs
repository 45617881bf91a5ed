//! "Six iterations of MPPI": the values of all imagined sequences, per iteration.

use bootstride_core::inspect::PlanAnalysis;
use eframe::egui::{
    Align2, Color32, CornerRadius, Painter, Rect, Response, Role, Sense, Shape, Slider, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};

use super::export::{iterations_csv, menu_ui};
use super::{Kept, beside, capital, nothing_ui, room_ui, word};
use crate::panes::histogram::{BINS, Histogram, Histograms};
use crate::panes::{Context, Needs, Pane, PaneSpec, Place};
use crate::ui::number::{narrow, real, whole};
use crate::ui::theme::SMALL;
use crate::ui::widgets::headline_ui;
use crate::ui::{Palette, sans};
use crate::view::Tab;

/// "Iterations of MPPI".
#[derive(Debug, Default)]
pub struct IterationsPane {
    histograms: Kept<Histograms>,
    other: Option<(u32, usize, Histograms)>,
}

impl IterationsPane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        places: &[Place::column(Tab::Decision, 1, 0.53), Place::column(Tab::Tour, 1, 0.4)],
        needs: |_| Needs::PLAN,
        ..PaneSpec::new("iterations", "Iterations of MPPI", "Iterations")
    };
}

impl Pane for IterationsPane {
    #[allow(clippy::float_cmp, reason = "histograms over another range cannot be compared, however near it is")]
    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        room_ui(ui, |ui| match cx.analysis() {
            Some(analysis) if !analysis.iterations.is_empty() => {
                let histograms = self.histograms.get(analysis, Histograms::of).clone();
                let beside = beside(cx, analysis).map(|(label, other)| {
                    let place = (analysis.decision, cx.view.beside.unwrap_or_default());
                    let kept = self.other.take().filter(|(decision, case, kept)| {
                        (*decision, *case) == place
                            && kept.range == histograms.range
                            && kept.iterations.len() == other.iterations.len()
                    });
                    let made = kept.map_or_else(|| Histograms::over(other, histograms.range), |(_, _, kept)| kept);
                    self.other = Some((place.0, place.1, made.clone()));
                    (label, made)
                });
                let parts = Parts { analysis, histograms, beside, palette: cx.palette };
                parts.ui(ui, &mut cx.view.iteration);
            }
            _ => nothing_ui(ui, cx, "Iterations of MPPI"),
        });
    }
}

struct Parts<'a> {
    analysis: &'a PlanAnalysis,
    histograms: Histograms,
    /// The label and the histograms of another plan for the same state.
    beside: Option<(&'a str, Histograms)>,
    palette: &'a Palette,
}

impl Parts<'_> {
    fn ui(&self, ui: &mut Ui, chosen: &mut Option<usize>) {
        let iterations = self.histograms.iterations.len();
        let title = match iterations {
            1 => "One iteration of MPPI".to_owned(),
            many => format!("{} iterations of MPPI", capital(&word(many))),
        };
        let heading = headline_ui(ui, self.palette, &title, "predicted return G of every imagined sequence");
        menu_ui(ui, &title, &heading, || iterations_csv(self.analysis));
        if ui.available_height() > 190.0 {
            self.legend_ui(ui);
        }
        let at = chosen.unwrap_or(iterations - 1).min(iterations - 1);
        let grid = ui.available_size() - vec2(0.0, 28.0);
        let columns = columns(iterations, grid.x);
        let rows = iterations.div_ceil(columns);
        let gap = vec2(18.0, 8.0);
        let cell = vec2(
            (grid.x - gap.x * real(columns - 1)) / real(columns),
            ((grid.y - gap.y * real(rows - 1)) / real(rows)).max(44.0),
        );
        let (rect, _) = ui.allocate_exact_size(vec2(grid.x, (cell.y + gap.y) * real(rows) - gap.y), Sense::hover());
        for iteration in 0..iterations {
            let place = vec2(real(iteration % columns), real(iteration / columns)) * (cell + gap);
            let response =
                ui.interact(Rect::from_min_size(rect.min + place, cell), ui.scope_id().with(iteration), Sense::click());
            let label = format!("iteration {}", iteration + 1);
            response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, iteration == at, &label));
            self.cell_ui(ui.painter(), &response, iteration, iteration == at);
            if response.on_hover_ui_at_pointer(|ui| self.words_ui(ui, iteration)).clicked() {
                *chosen = (iteration + 1 < iterations).then_some(iteration);
            }
        }
        scrubber_ui(ui, self.palette, iterations, at, chosen);
    }

    fn legend_ui(&self, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(5.0, 2.0);
            let dash = |ui: &mut Ui, colour: Color32, text: &str| {
                let (rect, _) = ui.allocate_exact_size(vec2(9.0, 9.0), Sense::hover());
                ui.painter().rect_filled(rect.shrink(1.0), 2.0, colour);
                ui.label(eframe::egui::RichText::new(text).size(SMALL).color(self.palette.weak));
                ui.add_space(8.0);
            };
            dash(ui, self.palette.sample, "samples");
            dash(ui, self.palette.elite, "elites");
            dash(ui, self.palette.policy, "from the policy");
            dash(ui, self.palette.plan, "plan");
            if let Some((label, _)) = &self.beside {
                dash(ui, self.palette.strong, &format!("outline: {label}"));
            }
        });
    }

    fn cell_ui(&self, painter: &Painter, response: &Response, iteration: usize, chosen: bool) {
        let (rect, palette) = (response.rect, self.palette);
        if chosen || response.hovered() {
            let colour = palette.active.gamma_multiply(if chosen { 0.45 } else { 0.25 });
            painter.rect_filled(rect.expand(4.0), 7.0, colour);
        }
        if response.has_focus() {
            painter.rect_stroke(rect.expand(4.0), 7.0, Stroke::new(1.0, palette.policy), StrokeKind::Inside);
        }
        let colour = if chosen { palette.strong } else { palette.weak };
        let text = format!("iteration {}", iteration + 1);
        let title = painter.text(rect.left_top(), Align2::LEFT_TOP, text, sans(SMALL), colour);
        let plot = Rect::from_min_max(pos2(rect.left(), rect.top() + 18.0), pos2(rect.right(), rect.bottom() - 14.0));
        // Each with its own scale: the first is broad and low, the last narrow and high.
        let most = real(self.histograms.iterations[iteration].most().max(1));
        bars(painter, plot, &self.histograms.iterations[iteration], most, palette);
        if let Some(other) = self.beside.as_ref().and_then(|(_, other)| other.iterations.get(iteration)) {
            // As shares, because the other plan may have fewer samples.
            let share = real(other.all.iter().sum::<usize>()) / real(self.analysis.samples.max(1));
            outline(painter, plot, other, most * share, palette.strong);
        }
        let [low, high] = self.histograms.range;
        let x = |value: f32| plot.left() + plot.width() * ((value - low) / (high - low)).clamp(0.0, 1.0);
        let rug = self.histograms.iterations[iteration].policies.iter().filter(|value| value.is_finite());
        let strokes = rug.map(|value| {
            let at = x(*value);
            Shape::line_segment([pos2(at, plot.bottom() - 9.0), pos2(at, plot.bottom())], (1.6, palette.policy))
        });
        painter.extend(strokes.collect::<Vec<_>>());
        painter.hline(plot.x_range(), plot.bottom(), Stroke::new(1.0, palette.line));
        if iteration + 1 == self.histograms.iterations.len() {
            let at = x(self.analysis.value);
            painter.vline(at, plot.y_range(), Stroke::new(1.8, palette.plan));
            // On the line of the title, so that it does not overlap a bar.
            let text = format!("plan {:.2}", self.analysis.value);
            let galley = painter.layout_no_wrap(text, sans(SMALL), palette.plan);
            let left = (at - galley.size().x / 2.0).min(rect.right() - galley.size().x).max(title.right() + 8.0);
            if left + galley.size().x <= rect.right() + 0.5 {
                painter.galley(pos2(left, rect.top()), galley, palette.plan);
            }
        }
        let ends = [(plot.left(), Align2::LEFT_BOTTOM, low), (plot.right(), Align2::RIGHT_BOTTOM, high)];
        for (at, align, end) in ends {
            let place = pos2(at, rect.bottom());
            painter.text(place, align, brief(end, high - low), sans(10.5), palette.weak.gamma_multiply(0.8));
        }
    }

    /// Describes what is under the pointer.
    fn words_ui(&self, ui: &mut Ui, iteration: usize) {
        let histogram = &self.histograms.iterations[iteration];
        let analysis = self.analysis;
        let view = &analysis.iterations[iteration];
        let best = view.elites.first().and_then(|best| view.values.get(usize::try_from(*best).ok()?));
        ui.set_max_width(320.0);
        ui.label(format!(
            "G of all {} sequences of iteration {}: discounted predicted rewards of {} steps plus the value after \
            them.",
            analysis.samples,
            iteration + 1,
            analysis.horizon
        ));
        if let Some(best) = best {
            ui.label(format!("The best reaches {best:.2}, the last of {} elites less.", view.elites.len()));
        }
        if histogram.below > 0 {
            ui.label(format!("{} further to the left are counted in the first bar.", histogram.below));
        }
    }
}

/// Returns the number of cells per row: three, fewer if there is not enough room.
fn columns(iterations: usize, width: f32) -> usize {
    let fits = whole(f64::from((width / 130.0).floor())).clamp(1, 6);
    let wanted = match iterations {
        1..=3 => iterations,
        4 => 2,
        5 | 6 => 3,
        7 | 8 => 4,
        _ => 5,
    };
    wanted.min(fits)
}

fn bars(painter: &Painter, plot: Rect, histogram: &Histogram, most: f32, palette: &Palette) {
    let width = plot.width() / real(BINS);
    let mut shapes = Vec::with_capacity(2 * BINS);
    let mut bar = |bin: usize, number: usize, colour: Color32| {
        let left = plot.left() + width * real(bin);
        let top = plot.bottom() - plot.height() * real(number) / most;
        let rect = Rect::from_min_max(pos2(left + 0.4, top), pos2(left + width - 0.4, plot.bottom()));
        shapes.push(Shape::rect_filled(rect, CornerRadius { nw: 1, ne: 1, sw: 0, se: 0 }, colour));
    };
    let grey = palette.sample.gamma_multiply(0.6);
    for (bin, number) in histogram.all.iter().enumerate().filter(|(_, number)| **number > 0) {
        bar(bin, *number, grey);
    }
    for (bin, number) in histogram.elites.iter().enumerate().filter(|(_, number)| **number > 0) {
        bar(bin, *number, palette.elite);
    }
    painter.extend(shapes);
}

/// Draws the contour of another histogram where it is not empty.
fn outline(painter: &Painter, plot: Rect, histogram: &Histogram, most: f32, colour: Color32) {
    let width = plot.width() / real(BINS);
    let y = |number: usize| plot.bottom() - plot.height() * (real(number) / most).min(1.0);
    let mut bin = 0;
    for run in histogram.all.chunk_by(|a, b| (*a > 0) == (*b > 0)) {
        if run[0] > 0 {
            let left = plot.left() + width * real(bin);
            let mut points = vec![pos2(left, plot.bottom())];
            for (place, number) in run.iter().enumerate() {
                let left = left + width * real(place);
                points.extend([pos2(left, y(*number)), pos2(left + width, y(*number))]);
            }
            points.push(pos2(left + width * real(run.len()), plot.bottom()));
            painter.line(points, Stroke::new(1.2, colour));
        }
        bin += run.len();
    }
}

/// Draws the slider over the iterations.
fn scrubber_ui(ui: &mut Ui, palette: &Palette, iterations: usize, at: usize, chosen: &mut Option<usize>) {
    if iterations < 2 {
        return;
    }
    ui.horizontal(|ui| {
        ui.label(eframe::egui::RichText::new("iteration").size(SMALL).color(palette.weak));
        let mut shown = at + 1;
        ui.spacing_mut().interact_size.y = 15.0;
        let widgets = &mut ui.visuals_mut().widgets;
        for state in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
            state.bg_fill = palette.active;
            state.fg_stroke = Stroke::new(2.0, palette.strong);
        }
        ui.visuals_mut().selection.bg_fill = palette.policy;
        ui.spacing_mut().slider_width = (ui.available_width() - 70.0).clamp(40.0, 420.0);
        let slider = Slider::new(&mut shown, 1..=iterations).show_value(false);
        let hint = "Step through the search iteration by iteration; the other panes follow.";
        if ui.name_inputs("Iteration of MPPI", |ui| ui.add(slider)).on_hover_text(hint).changed() {
            *chosen = (shown < iterations).then_some(shown - 1);
        }
        ui.label(eframe::egui::RichText::new(format!("{shown} of {iterations}")).size(SMALL).color(palette.text));
    });
}

/// Formats a number with the decimals that suit its range.
fn brief(number: f32, range: f32) -> String {
    let decimals = whole(f64::from((2.0 - range.abs().max(1e-6).log10()).floor().clamp(0.0, 3.0)));
    let rounded = (f64::from(number) * 1000.0).round() / 1000.0;
    format!("{:.decimals$}", narrow(rounded)).replace('-', "−")
}
