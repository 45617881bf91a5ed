//! The controls over the picture: the camera by pointer and touch, the kinds of paths, and their source.

use bootstride_render::camera::Camera;
use eframe::egui::{
    self, Align2, CornerRadius, FontId, PointerButton, Rect, Response, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use crate::panes::Context;
use crate::ui::theme::tall;
use crate::view::PathChoice;

/// Margin of the picture, points.
pub(super) const MARGIN: f32 = 16.0;

/// Below this width controls are closer together, points.
const DENSE: f32 = 310.0;

/// Returns the margin of this picture, points.
pub(super) fn margin(rect: Rect) -> f32 {
    if rect.width() < DENSE { 0.5 * MARGIN } else { MARGIN }
}

/// Height of a row of buttons, points.
const ROW: f32 = 24.0;

/// Distance from the top of the picture to the first row, points.
const TOP: f32 = 10.0;

/// Returns the height of a row: larger for touch input.
pub(super) fn row(ui: &Ui) -> f32 {
    tall(ui, ROW)
}

/// Returns the distance from the first row to the second, points.
fn pitch(ui: &Ui) -> f32 {
    row(ui) + 4.0
}

/// Below this width the choices have their own row, points.
const NARROW: f32 = 640.0;

/// Returns the heights at the top and bottom of a picture that are covered by controls and figures, points.
pub(super) fn covered(ui: &Ui, rect: Rect) -> [f32; 2] {
    let rows = if rect.width() < NARROW { pitch(ui) + row(ui) } else { row(ui) };
    [rows + TOP + 2.0, 56.0]
}

/// Moves the camera: one finger or the left button orbits, two fingers pan and zoom. Returns whether a double click or
/// tap asked for the default view.
pub(super) fn steer(ui: &Ui, response: &Response, camera: &mut Camera) -> bool {
    let rect = response.rect;
    let size = [rect.width(), rect.height()];
    if response.double_clicked() {
        camera.reset();
        return true;
    }
    let touch = ui.input(egui::InputState::multi_touch);
    if let Some(touch) = touch.filter(|touch| rect.contains(touch.center_pos)) {
        camera.pan(touch.translation_delta.into(), size);
        camera.zoom_by(touch.zoom_delta);
        return false;
    }
    let shift = ui.input(|input| input.modifiers.shift);
    let drag = response.drag_delta().into();
    if response.dragged_by(PointerButton::Primary) && !shift {
        camera.orbit(drag, size[1]);
    } else if response.dragged() {
        camera.pan(drag, size);
    }
    if response.hovered() {
        let (scroll, zoom) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
        camera.zoom_by(zoom * (0.004 * scroll).exp());
        if response.dragged() {
            ui.ctx().set_cursor_icon(egui::CursorIcon::Grabbing);
        }
    }
    false
}

/// Draws the switches that show or hide the kinds of paths.
pub(super) fn kinds_ui(ui: &mut Ui, rect: Rect, cx: &mut Context<'_>) {
    let palette = *cx.palette;
    let kinds = [
        ("policy", palette.policy, "What the policy alone would do."),
        ("samples", palette.sample, "Action sequences that MPPI draws around its mean."),
        ("elites", palette.elite, "The samples with the highest predicted return; the brighter, the higher."),
        ("plan", palette.plan, "The chosen sequence; its first action is executed."),
    ];
    let (dash_width, space, size) = if rect.width() < DENSE { (10.0, 5.0, 12.0) } else { (14.0, 6.0, 13.0) };
    let mut left = rect.left() + margin(rect);
    for (index, (name, colour, hint)) in kinds.into_iter().enumerate() {
        let on = cx.view.kinds[index];
        let text_colour = if on { palette.text } else { palette.weak.gamma_multiply(0.6) };
        let galley = ui.painter().layout_no_wrap(name.to_owned(), FontId::proportional(size), text_colour);
        let area =
            Rect::from_min_size(pos2(left, rect.top() + TOP), vec2(galley.size().x + dash_width + space, row(ui)));
        if area.right() > rect.right() - margin(rect) {
            return;
        }
        let response = ui.interact(area, ui.scope_id().with(("world kind", index)), Sense::click()).on_hover_text(hint);
        response.widget_info(|| WidgetInfo::selected(egui::Role::CheckBox, true, on, name));
        if response.clicked() {
            cx.view.kinds[index] = !on;
        }
        let line = if on { colour } else { colour.gamma_multiply(0.3) };
        let middle = area.center().y;
        let dash = Rect::from_min_max(pos2(left, middle - 1.5), pos2(left + dash_width, middle + 1.5));
        ui.painter().rect_filled(dash, CornerRadius::same(1), line);
        ui.painter().galley(pos2(left + dash_width + space, middle - 0.5 * galley.size().y), galley, text_colour);
        focus_ring(ui, &response, cx);
        left = area.right() + dash_width.min(space + 4.0);
    }
}

/// Draws the controls for the source of paths and the following camera. Returns the right end of the row below.
pub(super) fn choices_ui(ui: &mut Ui, rect: Rect, cx: &mut Context<'_>) -> egui::Pos2 {
    let choices = [
        (PathChoice::Imagined, "imagined", "Paths as the world model imagines them."),
        (PathChoice::Real, "real", "The same actions executed in a copy of the simulation: dashed, greenish."),
        (PathChoice::Both, "both", "Both: where they diverge, the world model is wrong."),
        (PathChoice::Off, "off", "No paths."),
    ];
    // Below the kinds if the room is narrow.
    let top = if rect.width() < NARROW { TOP + pitch(ui) } else { TOP };
    let mut right = rect.right() - margin(rect);
    let follow = cx.view.follow;
    let hint = "The camera follows the body.";
    if button_ui(ui, rect, pos2(right, rect.top() + top), cx, ("follow", follow, hint), &mut right) {
        cx.view.follow = !follow;
    }
    right -= 0.5 * margin(rect);
    for (choice, name, hint) in choices.into_iter().rev() {
        let on = cx.view.paths == choice;
        if button_ui(ui, rect, pos2(right, rect.top() + top), cx, (name, on, hint), &mut right) {
            cx.view.paths = choice;
        }
    }
    pos2(rect.right() - margin(rect), rect.top() + top + pitch(ui))
}

/// Draws a small button over the picture in `rect`, with its top right corner at `corner`; returns whether it was
/// clicked, and moves `left` to its left end.
pub(super) fn button_ui(
    ui: &mut Ui,
    rect: Rect,
    corner: egui::Pos2,
    cx: &Context<'_>,
    (name, on, hint): (&str, bool, &str),
    left: &mut f32,
) -> bool {
    faint_button_ui(ui, rect, corner, cx, (name, on, hint), 1.0, left)
}

/// The same, with this opacity.
#[allow(clippy::too_many_arguments, reason = "what is drawn, where, and how")]
pub(super) fn faint_button_ui(
    ui: &mut Ui,
    rect: Rect,
    corner: egui::Pos2,
    cx: &Context<'_>,
    (name, on, hint): (&str, bool, &str),
    opacity: f32,
    left: &mut f32,
) -> bool {
    let palette = cx.palette;
    let colour = if on { palette.strong } else { palette.weak }.gamma_multiply(opacity);
    let (size, padding) = if rect.width() < DENSE { (12.0, 12.0) } else { (13.0, 18.0) };
    let galley = ui.painter().layout_no_wrap(name.to_owned(), FontId::proportional(size), colour);
    let size = vec2(galley.size().x + padding, row(ui));
    let area = Align2::RIGHT_TOP.anchor_size(corner, size);
    let response = ui.interact(area, ui.scope_id().with(("world choice", name)), Sense::click()).on_hover_text(hint);
    response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, on, name));
    let fill = if on || response.hovered() { palette.active } else { palette.raised.gamma_multiply(0.85) };
    ui.painter().rect_filled(area, CornerRadius::same(6), fill.gamma_multiply(opacity));
    let at = Align2::CENTER_CENTER.align_size_within_rect(galley.size(), area);
    ui.painter().galley(at.min, galley, colour);
    focus_ring(ui, &response, cx);
    *left = area.left() - 4.0;
    response.clicked()
}

/// Returns the opacity of controls that appear on hover; with touch input they are always visible.
pub(super) fn opacity(ui: &Ui, rect: Rect) -> f32 {
    let near = ui.rect_contains_pointer(rect) || ui.input(egui::InputState::has_touch_screen);
    if near { 1.0 } else { 0.0 }
}

/// Draws a button left of `corner` that saves this view as a PNG in a page, cropped from its rendering.
#[cfg(target_family = "wasm")]
pub(super) fn picture_ui(ui: &mut Ui, mut corner: egui::Pos2, rect: Rect, cx: &Context<'_>) {
    let (at, opacity) = (corner, opacity(ui, rect));
    let hint = "Saves this view as a PNG.";
    if faint_button_ui(ui, rect, at, cx, ("picture", false, hint), opacity, &mut corner.x) {
        crate::ui::Exports::ask_picture(ui.ctx(), "world", rect);
    }
}

fn focus_ring(ui: &Ui, response: &Response, cx: &Context<'_>) {
    if response.has_focus() {
        let stroke = Stroke::new(1.5, cx.palette.policy);
        ui.painter().rect_stroke(response.rect.expand(2.0), CornerRadius::same(6), stroke, egui::StrokeKind::Outside);
    }
}
