//! The layout of a plot in a rectangle: shapes and text with positions, independent of the output.

use eframe::egui::{Align2, Rect, pos2, vec2};

use super::axis::{self, Scale};
use super::item::{Face, Item, LABEL, Measure, Pen, Words};
use super::labels::{self, grid, heading, rows_above, tick_texts};
use super::{Plot, marks};
use crate::ui::Palette;

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
