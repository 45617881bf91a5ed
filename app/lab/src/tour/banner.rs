//! The narrow banner on other tabs during the tour.

use eframe::egui::{Align, Frame, Label, Layout, Margin, RichText, Sense, Ui, vec2};

use super::pane::{TourPane, check_ui};
use super::rich::rich;
use super::step::Step;
use super::steps::STEPS;
use crate::panes::Context;
use crate::ui::widgets::{button_ui, primary_ui};
use crate::view::Tab;

/// In narrower banners buttons are below the text, points.
const NARROW: f32 = 660.0;

impl TourPane {
    /// Draws the banner if the tour is active and another tab is open. Call once per frame, like the tour's tab.
    /// Returns whether it was drawn.
    pub fn strip_ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) -> bool {
        if cx.view.tab == Tab::Tour || !self.tour.is_on() {
            return false;
        }
        let now = ui.input(|input| input.time);
        self.tour.update(cx, now);
        let Some(step) = self.tour.step() else { return false };
        let palette = cx.palette;
        let frame = Frame::new().fill(palette.active).inner_margin(Margin::symmetric(14, 6));
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            if ui.available_width() < NARROW {
                self.narrow_ui(ui, cx, step);
                return;
            }
            ui.horizontal(|ui| {
                let place = format!("Tour {} of {}", self.tour.place() + 1, STEPS.len());
                ui.label(RichText::new(place).color(palette.weak).size(12.5));
                let met = self.tour.met(cx.history);
                if met {
                    let (rect, response) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::hover());
                    check_ui(ui, rect.center(), palette.good);
                    response.on_hover_text("Done");
                }
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    self.buttons_ui(ui, cx, met);
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let text = if met { "{good|Done: read the result}" } else { step.task };
                        ui.add(Label::new(rich(text, palette, 13.5)).truncate());
                    });
                });
            });
        });
        true
    }

    /// The text above the buttons.
    fn narrow_ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>, step: &Step) {
        let (palette, met) = (cx.palette, self.tour.met(cx.history));
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        ui.spacing_mut().button_padding.x = 8.0;
        let text = if met { "{good|Done: read the result}" } else { step.task };
        ui.label(rich(text, palette, 13.0));
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
            self.buttons_ui(ui, cx, met);
        });
    }

    /// Draws, from the right: end, skip, back.
    fn buttons_ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>, met: bool) {
        let palette = cx.palette;
        if button_ui(ui, palette, "End tour").on_hover_text("Restores your planner settings").clicked() {
            self.tour.end(cx);
        }
        if !met && button_ui(ui, palette, "Skip step").clicked() {
            self.tour.go(self.tour.place() + 1);
            self.tour.back(cx);
        }
        let label = "Back to the tour";
        let back = if met { primary_ui(ui, palette, label) } else { button_ui(ui, palette, label) };
        if back.clicked() {
            self.tour.back(cx);
        }
    }
}
