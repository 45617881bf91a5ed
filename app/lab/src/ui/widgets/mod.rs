//! The widgets of panes. Each has an accessible label, works with the keyboard, and looks the same everywhere.

mod button;
mod field;
mod icon;
mod panel;
mod slider;
mod switch;
mod text;
mod tiles;

pub use button::{ButtonKind, button_ui, icon_button_ui, link_ui, primary_ui, wide_button_ui};
pub use field::{combo_field_ui, field_ui};
pub use icon::Icon;
pub use panel::{card_ui, raised_ui, within_ui};
pub use slider::SliderRow;
pub use switch::{segmented_ui, switch_ui};
pub use text::{
    Paragraph, empty_ui, explain, fitted, heading_ui, headline_ui, hint, key_figure_ui, section_ui, title_ui, weak_ui,
};
pub use tiles::tiles_ui;

use eframe::egui::{CornerRadius, Rect, Response, Stroke, StrokeKind, Ui};

use super::Palette;
use super::theme::RADIUS;

/// Space between the parts of a pane, in points.
pub const GAP: f32 = 14.0;

/// Draws a ring around the widget with the keyboard focus.
fn focus_ring_ui(ui: &Ui, palette: &Palette, response: &Response, rect: Rect) {
    if response.has_focus() {
        let stroke = Stroke::new(1.5, palette.policy);
        ui.painter().rect_stroke(rect, CornerRadius::same(RADIUS), stroke, StrokeKind::Inside);
    }
}
