//! Conversion of marks to shapes, with no more points than the screen can show.

use eframe::egui::{Color32, Painter, Pos2, Rect, Stroke, pos2, vec2};

use super::axis::Scale;
use super::item::Item;
use super::{Bar, Mark};
use crate::ui::Palette;

/// Maximum number of dots drawn per mark.
const DOTS: usize = 600;

/// Adds the shapes of a mark inside `area`.
pub(super) fn shapes(mark: &Mark, x: &Scale, y: &Scale, area: Rect, items: &mut Vec<Item>) {
    match mark {
        Mark::Line { points, colour, width, .. } => {
            for points in polylines(points, x, y) {
                items.push(Item::Line { points, colour: *colour, width: *width });
            }
        }
        Mark::Band { points, colour, .. } => {
            for points in bands(points, x, y) {
                items.push(Item::Band { points, colour: *colour });
            }
        }
        Mark::Bars { bars, colour, .. } => {
            for bar in bars {
                items.extend(bar_shape(bar, *colour, x, y, area));
            }
        }
        Mark::Rug { xs, colour, .. } => {
            for &at in xs.iter().filter(|at| inside(x, **at)) {
                let foot = pos2(x.at(at), area.bottom());
                let stroke =
                    Rect::from_min_max(foot - vec2(1.0, 13.0_f32.min(0.3 * area.height())), foot + vec2(1.0, 0.0));
                items.push(Item::Block { rect: stroke, colour: *colour, radius: 0.0 });
            }
        }
        Mark::Vertical { x: at, colour, dashed, .. } => {
            if inside(x, *at) {
                let place = x.at(*at);
                let points = vec![pos2(place, area.bottom()), pos2(place, area.top())];
                let width = if *dashed { 1.2 } else { 2.0 };
                items.push(if *dashed {
                    Item::Dashed { points, colour: *colour, width }
                } else {
                    Item::Line { points, colour: *colour, width }
                });
            }
        }
        Mark::Dots { points, colour, radius, .. } => {
            let every = points.len().div_ceil(DOTS).max(1);
            for &[at, height] in points.iter().rev().step_by(every) {
                if inside(x, at) && y.takes(height) {
                    let centre = pos2(x.at(at), y.at(height));
                    if area.expand(1.0).contains(centre) {
                        items.push(Item::Dot { centre, colour: *colour, radius: *radius });
                    }
                }
            }
        }
    }
}

fn inside(scale: &Scale, number: f64) -> bool {
    scale.takes(number) && (-1e-6..=1.0 + 1e-6).contains(&scale.share(number))
}

fn bar_shape(bar: &Bar, colour: Color32, x: &Scale, y: &Scale, area: Rect) -> Option<Item> {
    let Bar { x: [left, right], y: [foot, top] } = *bar;
    if !(foot.is_finite() && top.is_finite()) || right < x.low || left > x.high {
        return None;
    }
    // On a logarithmic axis bars start at the bottom.
    let place = |number: f64| if y.takes(number) { y.at(number) } else { area.bottom() };
    let (left, right) = (x.at(left), x.at(right));
    // A gap separates neighbours if there is room for one.
    let gap = if right - left > 3.0 { 0.6 } else { 0.0 };
    let rect = Rect::from_two_pos(pos2(left + gap, place(foot)), pos2(right - gap, place(top))).intersect(area);
    // Very small bars stay visible.
    let rect = if rect.height() < 1.0 && (top - foot).abs() > 0.0 {
        Rect::from_center_size(rect.center(), vec2(rect.width(), 1.0))
    } else {
        rect
    };
    let radius = if rect.width() > 5.0 && rect.height() > 4.0 { 1.5 } else { 0.0 };
    rect.is_positive().then_some(Item::Block { rect, colour, radius })
}

/// Splits a line into pieces without gaps. Points in the same pixel column are reduced to the first, lowest, highest
/// and last.
fn polylines(points: &[[f64; 2]], x: &Scale, y: &Scale) -> Vec<Vec<Pos2>> {
    let mut pieces = Vec::new();
    let mut piece = Column::default();
    for &[at, height] in points {
        if x.takes(at) && y.takes(height) {
            piece.add(pos2(x.at(at), y.at(height)));
        } else {
            piece.finish(&mut pieces);
        }
    }
    piece.finish(&mut pieces);
    pieces
}

/// Points collected so far, with those of the newest pixel kept separately.
#[derive(Default)]
struct Column {
    done: Vec<Pos2>,
    /// First, lowest, highest and last of the newest pixel.
    newest: Option<[Pos2; 4]>,
}

impl Column {
    fn add(&mut self, point: Pos2) {
        match &mut self.newest {
            Some([first, low, high, last]) if (point.x - first.x).abs() < 1.0 => {
                if point.y < low.y {
                    *low = point;
                }
                if point.y > high.y {
                    *high = point;
                }
                *last = point;
            }
            _ => {
                self.flush();
                self.newest = Some([point; 4]);
            }
        }
    }

    fn flush(&mut self) {
        let Some([first, low, high, last]) = self.newest.take() else { return };
        self.done.push(first);
        if high.y - low.y > 0.5 {
            let (one, other) = if low.x <= high.x { (low, high) } else { (high, low) };
            for point in [one, other] {
                if self.done.last() != Some(&point) {
                    self.done.push(point);
                }
            }
        }
        if self.done.last() != Some(&last) && (last.x - first.x > 0.25 || (last.y - first.y).abs() > 0.25) {
            self.done.push(last);
        }
    }

    fn finish(&mut self, pieces: &mut Vec<Vec<Pos2>>) {
        self.flush();
        let mut points = std::mem::take(&mut self.done);
        // A lone point is drawn as a short dash.
        if let &[only] = points.as_slice() {
            points = vec![only - vec2(2.0, 0.0), only + vec2(2.0, 0.0)];
        }
        if !points.is_empty() {
            pieces.push(points);
        }
    }
}

/// Splits a band into pieces without gaps: x, upper and lower position. Points in the same pixel column are joined.
fn bands(points: &[[f64; 3]], x: &Scale, y: &Scale) -> Vec<Vec<[f32; 3]>> {
    let mut pieces: Vec<Vec<[f32; 3]>> = vec![Vec::new()];
    for &[at, low, high] in points {
        if !(x.takes(at) && y.takes(high) && low.is_finite()) {
            pieces.push(Vec::new());
            continue;
        }
        let bottom = if y.takes(low) { y.at(low) } else { y.from };
        let (place, top) = (x.at(at), y.at(high));
        let Some(piece) = pieces.last_mut() else { continue };
        match piece.last_mut() {
            Some([before, upper, lower]) if (place - *before).abs() < 1.0 && !points.is_empty() => {
                *upper = upper.min(top);
                *lower = lower.max(bottom);
            }
            _ => piece.push([place, top, bottom]),
        }
    }
    pieces.retain(|piece| piece.len() > 1);
    pieces
}

/// Draws a dot on a line under the crosshair.
pub(super) fn dot(painter: &Painter, at: Pos2, colour: Color32, palette: &Palette) {
    painter.circle(at, 3.5, colour, Stroke::new(1.5, palette.panel));
}
