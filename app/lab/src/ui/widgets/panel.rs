//! Panel backgrounds, and drawing into parts of the available room.

use eframe::egui::{Align, Color32, CornerRadius, Frame, Layout, Margin, Rect, Ui, UiBuilder};

use crate::ui::Palette;

/// Draws a rounded panel over the available width.
pub fn card_ui<R>(ui: &mut Ui, palette: &Palette, add: impl FnOnce(&mut Ui) -> R) -> R {
    ground_ui(ui, palette.panel, 10, 16, add)
}

/// Draws a panel that stands out from a card.
pub fn raised_ui<R>(ui: &mut Ui, palette: &Palette, add: impl FnOnce(&mut Ui) -> R) -> R {
    ground_ui(ui, palette.raised, 8, 12, add)
}

fn ground_ui<R>(ui: &mut Ui, fill: Color32, corners: u8, margin: i8, add: impl FnOnce(&mut Ui) -> R) -> R {
    let ground = Frame::new().fill(fill).corner_radius(CornerRadius::same(corners)).inner_margin(Margin::same(margin));
    let whole_width = |ui: &mut Ui| {
        ui.set_width(ui.available_width());
        add(ui)
    };
    ground.show(ui, whole_width).inner
}

/// Draws into a rectangle, from the top.
pub fn within_ui<R>(ui: &mut Ui, rect: Rect, add: impl FnOnce(&mut Ui) -> R) -> R {
    let layout = Layout::top_down(Align::Min);
    ui.scope_builder(UiBuilder::new().max_rect(rect).layout(layout), add).inner
}
