//! A slider with its name and value above it.

use std::ops::RangeInclusive;

use eframe::egui::emath::Numeric;
use eframe::egui::{
    Align, Color32, CornerRadius, DragValue, Layout, Rangef, Rect, Response, Slider, Stroke, TextStyle, Ui, lerp, pos2,
    vec2,
};

use super::text::{hint, painted_ui};
use crate::ui::palette::mix;
use crate::ui::theme::{BODY, is_for_fingers};
use crate::ui::{Palette, fonts};

/// A slider over the available width: its name on the left, its editable value on the right.
#[derive(Clone, Debug)]
pub struct SliderRow<'a> {
    name: &'a str,
    term: Option<&'a str>,
    range: RangeInclusive<f64>,
    decimals: usize,
    step: Option<f64>,
    logarithmic: bool,
    suffix: &'a str,
}

impl<'a> SliderRow<'a> {
    /// Creates a slider for whole numbers in this range. The name is also the accessible label.
    #[must_use]
    pub fn new(name: &'a str, range: RangeInclusive<f64>) -> Self {
        Self { name, term: None, range, decimals: 0, step: Some(1.0), logarithmic: false, suffix: "" }
    }

    /// Adds the explanation of this glossary term.
    #[must_use]
    pub fn term(self, term: &'a str) -> Self {
        Self { term: Some(term), ..self }
    }

    /// Allows real numbers, with this many decimals.
    #[must_use]
    pub fn real(self, decimals: usize) -> Self {
        Self { decimals, step: None, ..self }
    }

    /// Sets the step.
    #[must_use]
    pub fn step(self, step: f64) -> Self {
        Self { step: Some(step), ..self }
    }

    /// Makes the slider logarithmic. The range has to be positive.
    #[must_use]
    pub fn logarithmic(self) -> Self {
        Self { logarithmic: true, ..self }
    }

    /// Sets the unit, drawn after the value.
    #[must_use]
    pub fn suffix(self, suffix: &'a str) -> Self {
        Self { suffix, ..self }
    }

    /// Draws the slider. The response reports whether the value changed.
    pub fn show<Num: Numeric>(self, ui: &mut Ui, palette: &Palette, value: &mut Num) -> Response {
        let mut number = value.to_f64();
        let before = number;
        let response = ui
            .scope(|ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                // The rail is high enough for touch, but leaves room to scroll the list between two sliders.
                ui.spacing_mut().interact_size.y = if is_for_fingers(ui.ctx()) { 22.0 } else { 18.0 };
                let typed = self.heading_ui(ui, palette, &mut number);
                self.rail_ui(ui, palette, &mut number).union(typed)
            })
            .inner;
        #[allow(clippy::float_cmp, reason = "any change counts")]
        if number != before {
            *value = Num::from_f64(number);
        }
        response
    }

    fn heading_ui(&self, ui: &mut Ui, palette: &Palette, number: &mut f64) -> Response {
        ui.horizontal(|ui| {
            let name = painted_ui(ui, self.name, fonts::sans(BODY - 0.5), palette.text);
            if let Some(term) = self.term {
                hint(name, term);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.style_mut().text_styles.insert(TextStyle::Monospace, fonts::mono_strong(BODY - 0.5));
                ui.spacing_mut().button_padding = vec2(2.0, 1.0);
                ui.spacing_mut().interact_size.x = 8.0;
                let visuals = ui.visuals_mut();
                visuals.widgets.inactive.weak_bg_fill = Color32::TRANSPARENT;
                visuals.widgets.inactive.fg_stroke = Stroke::new(1.0, palette.strong);
                let edit = DragValue::new(number)
                    .range(self.range.clone())
                    .speed((self.range.end() - self.range.start()) / 300.0)
                    .fixed_decimals(self.decimals)
                    .suffix(self.suffix);
                ui.add(edit).accessible_name(format!("{}, value", self.name))
            })
            .inner
        })
        .inner
    }

    fn rail_ui(&self, ui: &mut Ui, palette: &Palette, number: &mut f64) -> Response {
        let response = ui
            .scope(|ui| {
                ui.spacing_mut().slider_width = ui.available_width();
                ui.spacing_mut().interact_size.y = if is_for_fingers(ui.ctx()) { 28.0 } else { 16.0 };
                // egui's slider handles the input; its own painting is invisible and replaced by ours.
                let visuals = ui.visuals_mut();
                visuals.selection.bg_fill = Color32::TRANSPARENT;
                let widgets = &mut visuals.widgets;
                for state in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
                    state.bg_fill = Color32::TRANSPARENT;
                    state.fg_stroke = Stroke::NONE;
                }
                let mut slider = Slider::new(number, self.range.clone()).show_value(false);
                slider = slider.fixed_decimals(self.decimals).logarithmic(self.logarithmic);
                if let Some(step) = self.step {
                    slider = slider.step_by(step);
                }
                ui.add(slider).accessible_name(self.name)
            })
            .inner;
        if ui.is_rect_visible(response.rect) {
            self.paint(ui, palette, *number, &response);
        }
        match self.term {
            Some(term) => hint(response, term),
            None => response,
        }
    }

    fn paint(&self, ui: &Ui, palette: &Palette, number: f64, response: &Response) {
        let rect = response.rect;
        // egui keeps the centre of the handle this far from the ends.
        let ends = rect.x_range().shrink(rect.height() / 2.5);
        let x = lerp(ends.min..=ends.max, self.share(number));
        let rail = Rect::from_x_y_ranges(rect.x_range(), Rangef::point(rect.center().y).expand(2.0));
        let (fill, faded) = if ui.is_enabled() { (palette.policy, 0.0) } else { (palette.weak, 0.6) };
        let painter = ui.painter();
        painter.rect_filled(rail, CornerRadius::same(2), palette.active);
        painter.rect_filled(rail.with_max_x(x), CornerRadius::same(2), mix(fill, palette.panel, faded));
        let busy = response.hovered() || response.dragged() || response.has_focus();
        let (radius, ring) = match (busy, palette.dark) {
            (true, _) => (6.5, Stroke::new(2.0, palette.policy)),
            (false, true) => (5.5, Stroke::NONE),
            (false, false) => (5.5, Stroke::new(1.2, palette.policy)),
        };
        let knob = if palette.dark { palette.strong } else { Color32::WHITE };
        painter.circle(pos2(x, rect.center().y), radius, mix(knob, palette.panel, faded), ring);
    }

    /// Returns the relative position of the value on the rail, 0 to 1.
    fn share(&self, number: f64) -> f32 {
        let (low, high) = (*self.range.start(), *self.range.end());
        let share =
            if self.logarithmic { (number / low).ln() / (high / low).ln() } else { (number - low) / (high - low) };
        #[allow(clippy::cast_possible_truncation, reason = "a place on the screen")]
        let share = share.clamp(0.0, 1.0) as f32;
        share
    }
}
