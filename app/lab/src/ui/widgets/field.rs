//! Rows with a name on the left and a control or value on the right.

use eframe::egui::{
    Align, Align2, Color32, CornerRadius, Layout, Popup, PopupCloseBehavior, Response, Role, Sense, Stroke, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use super::{Icon, fitted, focus_ring_ui};
use crate::ui::theme::{BODY, RADIUS, is_for_fingers, tall};
use crate::ui::{Palette, fonts};

/// Draws a row: a name on the left, the contents of `value` on the right.
pub fn field_ui<R>(ui: &mut Ui, palette: &Palette, name: &str, hint: &str, value: impl FnOnce(&mut Ui) -> R) -> R {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), tall(ui, 28.0)), Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::same(RADIUS), palette.raised);
    response.on_hover_text(hint);
    let inside = rect.shrink2(vec2(9.0, 2.0));
    let mut row = ui.new_child(UiBuilder::new().max_rect(inside).layout(Layout::right_to_left(Align::Center)));
    plain_visuals(&mut row);
    row.visuals_mut().override_text_color = Some(palette.strong);
    row.spacing_mut().button_padding = vec2(2.0, 2.0);
    if is_for_fingers(ui.ctx()) {
        row.spacing_mut().interact_size.y = inside.height();
    }
    let result = row.name_inputs(name, value);
    let room = inside.width() - row.min_rect().width() - 6.0;
    let galley = fitted(ui, name, fonts::sans(12.5), palette.weak, room);
    ui.painter().galley(pos2(inside.left(), inside.center().y - galley.size().y / 2.0), galley, palette.weak);
    ui.add_space(3.0);
    result
}

/// Draws widgets without their own background.
fn plain_visuals(ui: &mut Ui) {
    let widgets = &mut ui.visuals_mut().widgets;
    for state in [&mut widgets.noninteractive, &mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
        (state.bg_fill, state.weak_bg_fill) = (Color32::TRANSPARENT, Color32::TRANSPARENT);
        state.bg_stroke = Stroke::NONE;
        state.expansion = 0.0;
    }
}

/// Draws a row that opens a list: `chosen` is the text on the right, `list` draws the choices. A click closes the list.
/// The accessible label is the name.
pub fn combo_field_ui<R>(
    ui: &mut Ui,
    palette: &Palette,
    name: &str,
    chosen: &str,
    list: impl FnOnce(&mut Ui) -> R,
) -> (Response, Option<R>) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), tall(ui, 30.0)), Sense::click());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, ui.is_enabled(), name);
        info.current_text_value = Some(chosen.to_owned());
        info
    });
    if ui.is_rect_visible(rect) {
        let open = Popup::is_id_open(ui.ctx(), Popup::default_response_id(&response));
        let shade = if response.hovered() || open { palette.active } else { palette.raised };
        let painter = ui.painter();
        painter.rect_filled(rect, CornerRadius::same(RADIUS), shade);
        let middle = rect.center().y;
        let (weak, strong) =
            if ui.is_enabled() { (palette.weak, palette.strong) } else { (palette.weak, palette.weak) };
        let left = pos2(rect.left() + 10.0, middle);
        let label = painter.text(left, Align2::LEFT_CENTER, name, fonts::sans(BODY - 0.5), weak);
        let right = pos2(rect.right() - 26.0, middle);
        let room = painter.with_clip_rect(rect.with_min_x(label.right() + 8.0).intersect(ui.clip_rect()));
        room.text(right, Align2::RIGHT_CENTER, chosen, fonts::strong(BODY - 0.5), strong);
        let arrow = Align2::RIGHT_CENTER.anchor_size(pos2(rect.right() - 10.0, middle), vec2(9.0, 9.0));
        Icon::Down.paint(painter, arrow, weak);
        focus_ring_ui(ui, palette, &response, rect);
    }
    let shown = Popup::menu(&response)
        .width(rect.width())
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .show(|ui| eframe::egui::ScrollArea::vertical().max_height(320.0).show(ui, list).inner);
    (response, shown.map(|shown| shown.inner))
}
