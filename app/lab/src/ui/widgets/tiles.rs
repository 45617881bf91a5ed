//! Plots side by side in the available room.

use eframe::egui::{Rect, ScrollArea, Sense, Ui, UiBuilder, Vec2, vec2};

use super::GAP;
use crate::ui::number::real;
use crate::ui::{Palette, Plot, PlotResponse};

/// Draws plots in as many columns as fit, each at least as large as `least`; the rest is scrolled.
pub fn tiles_ui(ui: &mut Ui, palette: &Palette, plots: &[&Plot], least: Vec2) -> Vec<PlotResponse> {
    let room = ui.available_size();
    let (columns, size) = tile(room, plots.len(), least);
    let show = |ui: &mut Ui, width: f32| {
        let (all, _) =
            ui.allocate_exact_size(vec2(width, total(plots.len().div_ceil(columns), size.y)), Sense::hover());
        let place = |index: usize| {
            let (row, column) = (index / columns, index % columns);
            let step = size + vec2(GAP * 1.6, GAP);
            all.min + vec2(real(column) * step.x, real(row) * step.y)
        };
        let draw = |(index, plot): (usize, &&Plot)| {
            let rect = Rect::from_min_size(place(index), size);
            let mut child = ui.new_child(UiBuilder::new().id_salt(("tile", index)).max_rect(rect));
            plot.show(&mut child, palette)
        };
        plots.iter().enumerate().map(draw).collect()
    };
    if total(plots.len().div_ceil(columns), size.y) > room.y + 0.5 {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| show(ui, room.x)).inner
    } else {
        show(ui, room.x)
    }
}

fn total(rows: usize, height: f32) -> f32 {
    real(rows) * (height + GAP) - GAP
}

/// Returns the number of columns and the size of each tile.
fn tile(room: Vec2, tiles: usize, least: Vec2) -> (usize, Vec2) {
    let gap = GAP * 1.6;
    let width = |columns: usize| (room.x - gap * real(columns - 1)) / real(columns);
    let height = |columns: usize| {
        let rows = real(tiles.div_ceil(columns).max(1));
        (room.y - GAP * (rows - 1.0)) / rows
    };
    let fits = |columns: &usize| width(*columns) >= least.x;
    // As few columns as show everything; otherwise as many as fit.
    let most = (1..=tiles.max(1)).rev().find(fits).unwrap_or(1);
    let columns = (1..=most).find(|&columns| height(columns) >= least.y).unwrap_or(most);
    (columns, vec2(width(columns).max(40.0), height(columns).max(least.y)))
}
