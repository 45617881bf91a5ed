//! The text of a plot: title, axis numbers, a key, and labels next to their marks.

use eframe::egui::{Align2, Color32, Rect, pos2, vec2};

use super::axis::{self, Scale, Ticks};
use super::item::{Face, Item, LABEL, Pen};
use super::{Mark, Plot};
use crate::ui::number;
use crate::ui::theme::BODY;
use crate::ui::{Palette, palette::mix};

/// Size of titles, in points.
const TITLE: f32 = BODY;

/// Size of the merit at the right of titles, in points.
const MERIT: f32 = BODY - 1.0;

/// Draws title and merit; returns where the rest starts, and where the merit starts.
pub(super) fn heading(plot: &Plot, rect: Rect, palette: &Palette, pen: &mut Pen<'_>) -> (f32, f32) {
    if plot.title.is_empty() && plot.merit.is_none() {
        return (rect.top() + 6.0, rect.right());
    }
    let middle = rect.top() + 9.0;
    let style = (Face::Strong, TITLE, palette.strong);
    let title = pen.write(&plot.title, style, pos2(rect.left(), middle), Align2::LEFT_CENTER, rect.width());
    let mut left = rect.right();
    if let Some((merit, colour)) = &plot.merit {
        let room = rect.right() - title.map_or(rect.left(), |title| title.right() + 12.0);
        let face = if colour.is_some() { Face::Strong } else { Face::Text };
        let style = (face, MERIT, colour.unwrap_or(palette.weak));
        if room > 30.0 {
            let taken = pen.write(merit, style, pos2(rect.right(), middle), Align2::RIGHT_CENTER, room);
            left = taken.map_or(left, |taken| taken.left());
        }
    }
    (rect.top() + 28.0, left)
}

/// Returns the marks that are explained in a row above the area because they have no end to label; with `lines`, also
/// lines.
fn keyed(plot: &Plot, lines: bool) -> impl Iterator<Item = &Mark> {
    let line = |label: &str| plot.marks.iter().any(|mark| matches!(mark, Mark::Line { .. }) && mark.label() == label);
    plot.marks.iter().filter(|mark| !mark.label().is_empty()).filter(move |mark| match mark {
        Mark::Vertical { .. } => false,
        Mark::Line { .. } => lines,
        _ => !line(mark.label()),
    })
}

/// Returns the room for the key and for labels of vertical lines.
pub(super) fn rows_above(plot: &Plot, lines: bool) -> f32 {
    let key = if keyed(plot, lines).next().is_some() { 20.0 } else { 0.0 };
    key + if labelled(plot) { 15.0 } else { 0.0 }
}

/// Returns whether a vertical line has a label.
fn labelled(plot: &Plot) -> bool {
    plot.marks.iter().any(|mark| matches!(mark, Mark::Vertical { .. }) && !mark.label().is_empty())
}

pub(super) fn tick_texts(ticks: &Ticks, logarithmic: bool) -> Vec<String> {
    let text = |number: &f64| if logarithmic { number::short(*number) } else { number::tick(*number, ticks.step) };
    ticks.numbers.iter().map(text).collect()
}

pub(super) fn grid(ticks: &Ticks, y: &Scale, area: Rect, hidden: bool, palette: &Palette) -> Vec<Item> {
    let at = |number: f64| {
        let place = y.at(number);
        vec![pos2(area.left(), place), pos2(area.right(), place)]
    };
    if hidden {
        let points = vec![area.left_bottom(), area.right_bottom()];
        return vec![Item::Line { points, colour: palette.line, width: 1.0 }];
    }
    ticks.numbers.iter().map(|&number| Item::Line { points: at(number), colour: palette.line, width: 1.0 }).collect()
}

/// Draws the numbers under the area: its ends, and one between them if there is room.
pub(super) fn below_numbers(plot: &Plot, x: &Scale, area: Rect, rect: Rect, palette: &Palette, pen: &mut Pen<'_>) {
    let style = (Face::Text, LABEL, palette.weak);
    let middle = area.bottom() + 11.0;
    let step = (x.high - x.low) / 20.0;
    let round = |number: f64| {
        if plot.x.logarithmic || (x.high - x.low) < 20.0 {
            number::short(number)
        } else {
            number::short(nearest(number, step))
        }
    };
    let low = pen.write(&round(x.low), style, pos2(area.left(), middle), Align2::LEFT_CENTER, area.width() / 2.0);
    let unit = plot.x.unit();
    let high = if unit.is_empty() { round(x.high) } else { format!("{} {unit}", round(x.high)) };
    let right = if area.right() > rect.right() - 20.0 { rect.right() } else { area.right() };
    let high = pen.write(&high, style, pos2(right, middle), Align2::RIGHT_CENTER, area.width() / 2.0);
    let (Some(low), Some(high), Some((number, step))) = (low, high, axis::middle(x)) else { return };
    let text = if plot.x.logarithmic { number::short(number) } else { number::tick(number, step) };
    let width = pen.width(&text);
    let place = x.at(number);
    if place - 0.5 * width > low.right() + 24.0 && place + 0.5 * width < high.left() - 24.0 {
        pen.write(&text, style, pos2(place, middle), Align2::CENTER_CENTER, f32::INFINITY);
    }
}

/// Rounds a number to the precision of its position on the screen.
fn nearest(number: f64, step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor() - 1.0).max(1e-12);
    (number / power).round() * power
}

/// Draws the row above the area that explains bars, strokes and dots.
pub(super) fn key(
    (plot, lines): (&Plot, bool),
    rect: Rect,
    area: Rect,
    palette: &Palette,
    pen: &mut Pen<'_>,
    shapes: &mut Vec<Item>,
) {
    let middle = area.top() - if labelled(plot) { 26.0 } else { 12.0 };
    let mut left = if lines { rect.left() } else { area.left() };
    for mark in keyed(plot, lines) {
        let style = (Face::Text, LABEL, palette.weak);
        if left + 14.0 + pen.width(mark.label()) > rect.right() {
            break;
        }
        let at = pos2(left + 13.0, middle);
        let Some(taken) = pen.write(mark.label(), style, at, Align2::LEFT_CENTER, rect.width()) else { continue };
        let sign = Rect::from_center_size(pos2(left + 4.0, middle), vec2(8.0, 8.0));
        let colour = opaque(mark.colour(), palette);
        shapes.push(match mark {
            Mark::Dots { .. } => Item::Dot { centre: sign.center(), colour, radius: 2.5 },
            Mark::Rug { .. } => Item::Block { rect: sign.shrink2(vec2(3.0, -1.0)), colour, radius: 0.0 },
            Mark::Line { .. } => Item::Block { rect: sign.shrink2(vec2(-0.5, 2.8)), colour, radius: 1.0 },
            // Areas have an outline in their full colour.
            Mark::Band { .. } => Item::Block { rect: sign, colour: full(mark.colour()), radius: 2.0 },
            _ => Item::Block { rect: sign, colour, radius: 2.0 },
        });
        left = taken.right() + 14.0;
    }
}

fn full(colour: Color32) -> Color32 {
    let [r, g, b, _] = colour.to_srgba_unmultiplied();
    Color32::from_rgb(r, g, b)
}

/// Returns a colour on the panel with at least a quarter of its strength, so that symbols of faint marks are visible.
fn opaque(colour: Color32, palette: &Palette) -> Color32 {
    let alpha = f32::from(colour.a()) / 255.0;
    mix(palette.panel, full(colour), alpha.max(0.25))
}

/// Returns the room for the labels of lines at the right of an area of about this size; `None` if they would take more
/// than a third of it, or do not fit below each other.
pub(super) fn room_beside(plot: &Plot, area: Rect, pen: &Pen<'_>) -> f32 {
    let widest = named_lines(plot).map(|mark| pen.width(mark.label())).fold(0.0, f32::max);
    let height = named_lines(plot).map(|_| pen.height()).sum::<f32>();
    if widest > 0.0 && widest < 0.34 * area.width() && height < area.height() + 8.0 { widest + 8.0 } else { 0.0 }
}

/// Returns the lines that have a label.
pub(super) fn named_lines(plot: &Plot) -> impl Iterator<Item = &Mark> {
    let named =
        |mark: &&Mark| matches!(mark, Mark::Line { points, .. } if !points.is_empty()) && !mark.label().is_empty();
    plot.marks.iter().filter(named)
}

/// Draws the placeholder text in the middle of the area, in as many lines as needed.
pub(super) fn notice(text: &str, area: Rect, palette: &Palette, pen: &mut Pen<'_>) {
    let size = BODY - 0.5;
    let room = area.width() - 8.0;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer.filter(|longer| (pen.measure)(longer, Face::Text, size).x <= room) {
            Some(longer) => {
                lines.pop();
                lines.push(longer);
            }
            None => lines.push(word.to_owned()),
        }
    }
    let step = 1.35 * size;
    let all = lines.iter().map(|_| step).sum::<f32>();
    let mut middle = area.center().y - 0.5 * all + 0.5 * step;
    for line in lines {
        if middle > area.bottom() - 0.4 * step {
            break;
        }
        let at = pos2(area.center().x, middle.max(area.top()));
        pen.write(&line, (Face::Text, size, palette.weak), at, Align2::CENTER_CENTER, room);
        middle += step;
    }
}

/// Draws the labels of lines next to their ends, moved apart if they would overlap.
pub(super) fn label_ends(
    plot: &Plot,
    x: &Scale,
    y: &Scale,
    area: Rect,
    rect: Rect,
    palette: &Palette,
    pen: &mut Pen<'_>,
) {
    let mut ends: Vec<(f32, &str, Color32)> = Vec::new();
    for mark in &plot.marks {
        let Mark::Line { label, colour, points, .. } = mark else { continue };
        let Some([_, height]) = points.iter().rev().find(|[at, height]| x.takes(*at) && y.takes(*height)) else {
            continue;
        };
        if !label.is_empty() {
            ends.push((y.at(*height).clamp(area.top(), area.bottom()), label, *colour));
        }
    }
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let height = pen.height();
    let mut places: Vec<f32> = ends.iter().map(|end| end.0).collect();
    spread(&mut places, height, area.top(), area.bottom().max(area.top() + height));
    for (place, (_, label, colour)) in places.into_iter().zip(ends) {
        let at = pos2(area.right() + 7.0, place);
        let style = (Face::Text, LABEL, opaque(colour, palette));
        pen.write(label, style, at, Align2::LEFT_CENTER, rect.right() - at.x + 0.5);
    }
}

/// Moves ascending positions apart so that neighbours are at least `gap` apart, within the bounds if possible.
fn spread(places: &mut [f32], gap: f32, low: f32, high: f32) {
    let mut least = low;
    for place in places.iter_mut() {
        *place = place.max(least);
        least = *place + gap;
    }
    let mut most = high;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - gap;
    }
}

/// Draws the labels of vertical lines above the area: each above its line, or next to its neighbour in the lines'
/// order. If there is not enough room, the last ones appear only in the readout.
pub(super) fn label_verticals(plot: &Plot, x: &Scale, area: Rect, palette: &Palette, pen: &mut Pen<'_>) {
    const GAP: f32 = 7.0;
    let inside = |at: f64| x.takes(at) && (-1e-6..=1.0 + 1e-6).contains(&x.share(at));
    let mut labels: Vec<(f32, f32, &str, Color32)> = Vec::new();
    let mut room = area.width() + GAP;
    for mark in &plot.marks {
        let Mark::Vertical { label, colour, x: at, .. } = mark else { continue };
        let width = pen.width(label) + GAP;
        if !label.is_empty() && inside(*at) && width <= room {
            room -= width;
            labels.push((x.at(*at), 0.5 * width, label, *colour));
        }
    }
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut least = area.left() - 0.5 * GAP;
    for (centre, half, ..) in &mut labels {
        *centre = centre.max(least + *half);
        least = *centre + *half;
    }
    let mut most = area.right() + 0.5 * GAP;
    for (centre, half, ..) in labels.iter_mut().rev() {
        *centre = centre.min(most - *half);
        most = *centre - *half;
    }
    for (centre, _, label, colour) in labels {
        let style = (Face::Text, LABEL, opaque(colour, palette));
        pen.write(label, style, pos2(centre, area.top() - 8.0), Align2::CENTER_CENTER, f32::INFINITY);
    }
}
