//! The layout of a plot in a rectangle: shapes and text with positions, independent of the output.

use eframe::egui::{Align2, Color32, Pos2, Rect, Vec2, pos2, vec2};

use super::axis::{self, Scale};
use super::labels::{self, grid, heading, rows_above, tick_texts};
use super::{Plot, marks};
use crate::lab::ui::Palette;
use crate::lab::ui::theme::SMALL;

/// Size of axis numbers and labels, in points.
pub(super) const LABEL: f32 = SMALL - 0.5;

/// The font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    Text,
    Strong,
}

/// A shape to paint.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Line {
        points: Vec<Pos2>,
        colour: Color32,
        width: f32,
    },
    Dashed {
        points: Vec<Pos2>,
        colour: Color32,
        width: f32,
    },
    /// x, upper and lower position.
    Band {
        points: Vec<[f32; 3]>,
        colour: Color32,
    },
    Block {
        rect: Rect,
        colour: Color32,
        radius: f32,
    },
    Dot {
        centre: Pos2,
        colour: Color32,
        radius: f32,
    },
}

/// A text to draw.
#[derive(Clone, Debug)]
pub(super) struct Words {
    pub(super) text: String,
    pub(super) rect: Rect,
    pub(super) face: Face,
    pub(super) size: f32,
    pub(super) colour: Color32,
}

/// The layout of a plot.
pub(super) struct Scene {
    /// Inside the axes.
    pub(super) area: Rect,
    /// Left end of the merit at the right of the title.
    pub(super) merit: f32,
    /// `None` if there is nothing to draw.
    pub(super) scales: Option<(Scale, Scale)>,
    /// Shapes behind the marks.
    pub(super) grid: Vec<Item>,
    /// Shapes clipped to the area.
    pub(super) marks: Vec<Item>,
    pub(super) words: Vec<Words>,
}

/// Measures the size of text.
pub(super) type Measure<'a> = dyn Fn(&str, Face, f32) -> Vec2 + 'a;

/// The builder of a layout.
pub(super) struct Pen<'a> {
    words: Vec<Words>,
    pub(super) measure: &'a Measure<'a>,
}

impl Pen<'_> {
    /// Draws text at a position, with an ellipsis if it is wider than `room`. Returns its rectangle.
    pub(super) fn write(
        &mut self,
        text: &str,
        style: (Face, f32, Color32),
        at: Pos2,
        anchor: Align2,
        room: f32,
    ) -> Option<Rect> {
        let (face, size, colour) = style;
        let mut text = text.to_owned();
        let mut taken = (self.measure)(&text, face, size);
        while taken.x > room {
            let kept: String =
                text.chars().take(text.trim_end_matches('…').chars().count().saturating_sub(1)).collect();
            if kept.trim().is_empty() {
                return None;
            }
            text = format!("{}…", kept.trim_end());
            taken = (self.measure)(&text, face, size);
        }
        if text.is_empty() {
            return None;
        }
        let rect = anchor.anchor_size(at, taken);
        self.words.push(Words { text, rect, face, size, colour });
        Some(rect)
    }

    pub(super) fn height(&self) -> f32 {
        (self.measure)("Ag", Face::Text, LABEL).y
    }

    pub(super) fn width(&self, text: &str) -> f32 {
        (self.measure)(text, Face::Text, LABEL).x
    }
}

impl Scene {
    /// Lays out `plot` in `rect`.
    pub(super) fn new(plot: &Plot, rect: Rect, palette: &Palette, measure: &Measure<'_>) -> Self {
        let mut pen = Pen { words: Vec::new(), measure };
        let (top, merit) = heading(plot, rect, palette, &mut pen);
        let extents = axis::extents(plot);
        let mut area = Rect::from_min_max(pos2(rect.left(), top), rect.max);
        let Some((x_extent, y_extent)) = extents else {
            labels::notice(&plot.empty, area, palette, &mut pen);
            return Self { area, merit, scales: None, grid: Vec::new(), marks: Vec::new(), words: pen.words };
        };
        // Text around the area is dropped if it would leave too little room for the area.
        let below = if plot.x.hidden || area.height() < 34.0 { 4.0 } else { 18.0 };
        area.max.y -= below;
        // Lines are labelled at their ends, or in the row above if there is no room.
        let gutter = if plot.y.hidden { 0.0 } else { 36.0 };
        let least = rows_above(plot, false);
        let inner = Rect::from_min_max(area.min + vec2(gutter, least), area.max);
        let mut beside = labels::room_beside(plot, inner, &pen);
        let lines = beside == 0.0 && labels::named_lines(plot).count() > 1;
        let above = rows_above(plot, lines);
        let explained = area.height() - above >= 30.0;
        if explained {
            area.min.y += above;
        }
        let intervals = f64::from((area.height() / 34.0).floor().clamp(1.0, 4.0));
        let (y, ticks) = axis::upward(&plot.y, y_extent, intervals, area.bottom(), area.top());
        let numbers =
            if plot.y.hidden || area.height() < 14.0 { Vec::new() } else { tick_texts(&ticks, plot.y.logarithmic) };
        let gutter = numbers.iter().map(|text| pen.width(text)).fold(0.0, f32::max);
        area.min.x += if plot.y.hidden { 0.0 } else { gutter + 10.0 };
        beside = beside.min(0.4 * area.width());
        area.max.x -= beside;
        let x = axis::across(&plot.x, x_extent, area.left(), area.right());

        let grid = grid(&ticks, &y, area, plot.y.hidden, palette);
        let mut taken = f32::INFINITY;
        for (text, number) in numbers.iter().zip(&ticks.numbers) {
            let at = pos2(area.left() - 10.0, y.at(*number));
            let at = at.clamp(rect.min + vec2(0.0, 7.0), rect.max);
            if (at.y - taken).abs() >= 13.0 {
                pen.write(text, (Face::Text, LABEL, palette.weak), at, Align2::RIGHT_CENTER, f32::INFINITY);
                taken = at.y;
            }
        }
        if below > 4.0 {
            labels::below_numbers(plot, &x, area, rect, palette, &mut pen);
        }
        let mut shapes = Vec::new();
        for mark in &plot.marks {
            marks::shapes(mark, &x, &y, area, &mut shapes);
        }
        if explained {
            labels::key((plot, lines), rect, area, palette, &mut pen, &mut shapes);
            labels::label_verticals(plot, &x, area, palette, &mut pen);
        }
        if beside > 0.0 {
            labels::label_ends(plot, &x, &y, area, rect, palette, &mut pen);
        }
        Self { area, merit, scales: Some((x, y)), grid, marks: shapes, words: pen.words }
    }
}
