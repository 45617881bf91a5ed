//! The crosshair under the pointer, with the values of all series.

use eframe::egui::{Color32, Rect, Response, RichText, Stroke, Tooltip, Ui, pos2, vec2};

use super::axis::Scale;
use super::marks::dot;
use super::{Mark, Plot};
use crate::ui::theme::SMALL;
use crate::ui::{Palette, fonts, number};

/// A line of the readout.
pub(super) struct Entry {
    pub(super) label: String,
    pub(super) colour: Color32,
    pub(super) text: String,
    /// The position of the series, to mark it.
    pub(super) at: Option<[f64; 2]>,
}

/// Returns the value of every series at `x`; `reach` is the maximum distance of single points.
pub(super) fn entries(plot: &Plot, x: f64, reach: f64) -> Vec<Entry> {
    plot.marks.iter().filter_map(|mark| entry(mark, x, reach)).collect()
}

fn entry(mark: &Mark, x: f64, reach: f64) -> Option<Entry> {
    let (text, at) = match mark {
        Mark::Line { points, .. } => {
            let &[at, height] = nearest(points, x, |point| point[0])?;
            let ends = points.first().zip(points.last());
            let within = ends.is_some_and(|(first, last)| x >= first[0] - reach && x <= last[0] + reach);
            if !height.is_finite() || !within {
                return None;
            }
            (number::short(height), Some([at, height]))
        }
        Mark::Band { points, .. } => {
            let &[at, low, high] = nearest(points, x, |point| point[0])?;
            if !low.is_finite() || (at - x).abs() > reach.max(0.51 * spacing(points, |point| point[0])) {
                return None;
            }
            (span(low, high), None)
        }
        Mark::Bars { bars, .. } => {
            let bar = bars.iter().find(|bar| bar.x[0] <= x && x < bar.x[1])?;
            (span(bar.y[0], bar.y[1]), None)
        }
        Mark::Rug { xs, .. } => {
            let near = xs
                .iter()
                .copied()
                .filter(|at| (at - x).abs() <= reach)
                .min_by(|a, b| (a - x).abs().total_cmp(&(b - x).abs()))?;
            (number::short(near), None)
        }
        Mark::Vertical { x: at, .. } => {
            if (at - x).abs() > reach {
                return None;
            }
            (number::short(*at), None)
        }
        Mark::Dots { points, .. } => {
            let close = |a: &&[f64; 2], b: &&[f64; 2]| (a[0] - x).abs().total_cmp(&(b[0] - x).abs());
            let &[at, height] = points.iter().min_by(close)?;
            if (at - x).abs() > 2.0 * reach {
                return None;
            }
            (number::short(height), Some([at, height]))
        }
    };
    (!mark.label().is_empty()).then(|| Entry { label: mark.label().to_owned(), colour: mark.colour(), text, at })
}

/// Formats an interval; one that starts at 0 is described only by its end.
fn span(low: f64, high: f64) -> String {
    if low == 0.0 { number::short(high) } else { format!("{} to {}", number::short(low), number::short(high)) }
}

/// Returns the element nearest to `x` among elements sorted by `place`.
fn nearest<T>(list: &[T], x: f64, place: impl Fn(&T) -> f64) -> Option<&T> {
    let after = list.partition_point(|element| place(element) < x);
    let before = after.checked_sub(1).and_then(|index| list.get(index));
    match (before, list.get(after)) {
        (Some(a), Some(b)) => Some(if x - place(a) < place(b) - x { a } else { b }),
        (a, b) => a.or(b),
    }
}

fn spacing<T>(elements: &[T], place: impl Fn(&T) -> f64) -> f64 {
    match elements {
        [first, .., last] => (place(last) - place(first)) / number::count(elements.len() - 1),
        _ => 0.0,
    }
}

/// Draws the crosshair and, next to the pointer, the readout.
pub(super) fn show_ui(
    plot: &Plot,
    ui: &Ui,
    palette: &Palette,
    response: &Response,
    (x, y): (&Scale, &Scale),
    area: Rect,
    at: f64,
) {
    let painter = ui.painter_at(area.expand(4.0));
    let place = x.at(at);
    painter.line_segment([pos2(place, area.top()), pos2(place, area.bottom())], Stroke::new(1.0, palette.weak));
    let reach = (x.of(place + 5.0) - x.of(place - 5.0)).abs() / 2.0;
    let entries = entries(plot, at, reach);
    for entry in &entries {
        if let Some([at, height]) = entry.at.filter(|at| y.takes(at[1])) {
            dot(&painter, pos2(x.at(at), y.at(height)), solid(entry.colour), palette);
        }
    }
    let name = if plot.x.name().is_empty() { "x" } else { plot.x.name() };
    // If the x axis has no numbers, x is not shown here either.
    let here = (!plot.x.hidden || entries.is_empty()).then(|| number::short(at));
    Tooltip::for_widget(response).at_pointer().gap(14.0).show(|ui| {
        ui.spacing_mut().item_spacing = vec2(10.0, 3.0);
        ui.spacing_mut().interact_size.y = 14.0;
        let label = |text: &str| RichText::new(text).size(SMALL).color(palette.weak);
        let figure = |text: &str, colour| RichText::new(text).font(fonts::mono_strong(SMALL)).color(colour);
        eframe::egui::Grid::new(response.id.with("readout")).num_columns(2).spacing(vec2(12.0, 3.0)).show(ui, |ui| {
            if let Some(here) = here {
                ui.label(label(name));
                ui.label(figure(&here, palette.strong));
                ui.end_row();
            }
            for entry in &entries {
                ui.label(label(&entry.label));
                ui.label(figure(&entry.text, readable(solid(entry.colour), palette)));
                ui.end_row();
            }
        });
    });
}

fn solid(colour: Color32) -> Color32 {
    let [r, g, b, _] = colour.to_srgba_unmultiplied();
    Color32::from_rgb(r, g, b)
}

/// Returns a mark's colour for text: the samples' grey is too faint for it.
fn readable(colour: Color32, palette: &Palette) -> Color32 {
    if colour == palette.sample { palette.text } else { colour }
}
