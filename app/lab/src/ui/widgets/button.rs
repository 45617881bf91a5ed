//! Buttons.

use eframe::egui::{Button, CornerRadius, Response, RichText, Role, Sense, Ui, WidgetInfo, vec2};

use super::{Icon, focus_ring_ui};
use crate::ui::theme::{BODY, RADIUS, SMALL, tall};
use crate::ui::{Palette, fonts};

/// The prominence of a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ButtonKind {
    /// The main action.
    Primary,
    /// Any other action.
    Secondary,
}

/// Draws the button of the main action, as wide as its label.
pub fn primary_ui(ui: &mut Ui, palette: &Palette, text: &str) -> Response {
    words_ui(ui, palette, ButtonKind::Primary, text, None)
}

/// Draws any other button, as wide as its label.
pub fn button_ui(ui: &mut Ui, palette: &Palette, text: &str) -> Response {
    words_ui(ui, palette, ButtonKind::Secondary, text, None)
}

/// Draws a button of this width, for example in a row of equal ones.
pub fn wide_button_ui(ui: &mut Ui, palette: &Palette, kind: ButtonKind, text: &str, width: f32) -> Response {
    words_ui(ui, palette, kind, text, Some(width))
}

fn words_ui(ui: &mut Ui, palette: &Palette, kind: ButtonKind, text: &str, width: Option<f32>) -> Response {
    let primary = kind == ButtonKind::Primary;
    let colour = match (primary, palette.dark) {
        (true, true) => palette.background,
        (true, false) => palette.panel,
        (false, _) => palette.strong,
    };
    let text = RichText::new(text).font(fonts::strong(BODY)).color(colour);
    let height = tall(ui, 30.0);
    let mut button = Button::new(text).min_size(vec2(width.unwrap_or(0.0), height)).truncate();
    if primary {
        button = button.fill(palette.policy);
    }
    let response = match width {
        Some(width) => ui.add_sized([width, height], button),
        None => ui.add(button),
    };
    focus_ring_ui(ui, palette, &response, response.rect.expand(2.0));
    response
}

/// Draws a small button without a background, for rare actions.
pub fn link_ui(ui: &mut Ui, palette: &Palette, text: &str) -> Response {
    ui.add(Button::new(RichText::new(text).size(SMALL).color(palette.policy)).frame(false))
}

/// Draws a small square button with an icon; `name` is its tooltip and accessible label.
pub fn icon_button_ui(ui: &mut Ui, palette: &Palette, icon: Icon, name: &str) -> Response {
    let side = tall(ui, 26.0);
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    if ui.is_rect_visible(rect) {
        if response.hovered() || response.has_focus() {
            ui.painter().rect_filled(rect, CornerRadius::same(RADIUS), palette.active);
        }
        let colour = match (ui.is_enabled(), response.hovered()) {
            (false, _) => palette.line,
            (true, true) => palette.strong,
            (true, false) => palette.text,
        };
        icon.paint(ui.painter(), rect.shrink(side * 7.0 / 26.0), colour);
        focus_ring_ui(ui, palette, &response, rect);
    }
    response.on_hover_text(name)
}
