//! Switches between a few choices.

use eframe::egui::{
    Color32, CornerRadius, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::{fitted, focus_ring_ui};
use crate::ui::number::real;
use crate::ui::palette::mix;
use crate::ui::theme::{BODY, RADIUS, tall};
use crate::ui::{Palette, fonts};

/// Draws a switch between a few choices, side by side over the available width: value, label and explanation. The
/// response reports whether the choice changed.
pub fn segmented_ui<T: Copy + PartialEq>(
    ui: &mut Ui,
    palette: &Palette,
    options: &[(T, &str, &str)],
    chosen: &mut T,
) -> Response {
    let width = ui.available_width();
    let (rect, mut all) = ui.allocate_exact_size(vec2(width, tall(ui, 28.0)), Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::same(RADIUS), palette.raised);
    let font = fonts::sans(BODY - 0.5);
    let layout = |text: &str| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), Color32::PLACEHOLDER);
    let galleys: Vec<_> = options.iter().map(|option| layout(option.1)).collect();
    // Longer labels get more room; the rest is shared equally.
    let words: f32 = galleys.iter().map(|galley| galley.size().x).sum();
    let count = galleys.iter().fold(0.0_f32, |count, _| count + 1.0).max(1.0);
    let inner = rect.shrink(2.0);
    let room = ((inner.width() - words) / count).max(0.0);
    let mut left = inner.left();
    for (&(option, name, meaning), galley) in options.iter().zip(galleys) {
        let right = (left + galley.size().x + room).min(inner.right());
        let part = Rect::from_min_max(pos2(left, inner.top()), pos2(right, inner.bottom()));
        left = right;
        let mut response = ui.interact(part.expand2(vec2(0.0, 2.0)), all.id.with(name), Sense::click());
        if response.clicked() && *chosen != option {
            *chosen = option;
            response.mark_changed();
            all.mark_changed();
        }
        let on = *chosen == option;
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), on, name));
        if on || response.hovered() {
            let shade = if on { palette.active } else { mix(palette.raised, palette.active, 0.45) };
            ui.painter().rect_filled(part, CornerRadius::same(RADIUS - 2), shade);
        }
        let colour = if on { palette.strong } else { palette.weak };
        let colour = if ui.is_enabled() { colour } else { mix(colour, palette.panel, 0.5) };
        let at = part.center() - 0.5 * galley.size();
        ui.painter().with_clip_rect(part).galley_with_override_text_color(at, galley, colour);
        focus_ring_ui(ui, palette, &response, part);
        if !meaning.is_empty() {
            response.on_hover_text(meaning);
        }
    }
    all
}

/// Draws one segment per choice; returns the new choice.
///
/// Segments have the accessible label `name: text`, because several switches may contain the same text.
pub fn switch_ui<T: Copy + PartialEq>(
    ui: &mut Ui,
    palette: &Palette,
    name: &str,
    chosen: T,
    choices: &[(T, &str, &str)],
) -> Option<T> {
    let caption = 48.0;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), tall(ui, 26.0)), Sense::hover());
    let text = palette.weak;
    let galley = fitted(ui, name, fonts::sans(12.5), text, caption - 4.0);
    ui.painter().galley(pos2(rect.left(), rect.center().y - galley.size().y / 2.0), galley, text);
    let ground = rect.with_min_x(rect.left() + caption);
    ui.painter().rect_filled(ground, CornerRadius::same(RADIUS), palette.raised);
    let width = ground.width() / real(choices.len().max(1));
    let mut made = None;
    for (index, (choice, text, hint)) in choices.iter().enumerate() {
        let left = ground.left() + width * real(index);
        let segment = Rect::from_min_size(pos2(left, ground.top()), vec2(width, ground.height())).shrink(2.0);
        let label = format!("{name}: {text}");
        let response = ui.interact(segment.expand(2.0), ui.scope_id().with((name, index)), Sense::click());
        let selected = *choice == chosen;
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), selected, &label));
        let ground = match (selected, response.hovered() && ui.is_enabled()) {
            (true, _) => palette.active,
            (false, true) => palette.active.gamma_multiply(0.5),
            (false, false) => Color32::TRANSPARENT,
        };
        let colour = if selected { palette.strong } else { palette.weak };
        ui.painter().rect_filled(segment, 5.0, ground);
        if response.has_focus() {
            ui.painter().rect_stroke(segment, 5.0, Stroke::new(1.0, palette.policy), StrokeKind::Inside);
        }
        let galley = fitted(ui, text, fonts::sans(12.0), colour, segment.width() - 4.0);
        ui.painter().galley(segment.center() - galley.size() / 2.0, galley, colour);
        if response.on_hover_text(*hint).clicked() {
            made = Some(*choice);
        }
    }
    ui.add_space(3.0);
    made
}
