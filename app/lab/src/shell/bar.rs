//! The bar at the top: tabs on the left, the session's status on the right.

use bootstride_session::message::{Activity, Stage, Status};
use eframe::egui::{self, Align, Color32, CursorIcon, FontFamily, FontId, Layout, RichText, Sense, TextFormat, vec2};

use super::Lab;
use crate::ui::Palette;
use crate::ui::theme::tall;
use crate::ui::widgets::Icon;
use crate::view::{Cursor, Tab, Theme};

impl Lab {
    /// Draws the bar.
    pub(super) fn bar_ui(&mut self, ui: &mut egui::Ui, palette: &Palette) {
        ui.horizontal(|ui| {
            ui.set_height(tall(ui, 32.0));
            brand_ui(ui, palette);
            ui.add_space(14.0);
            for tab in Tab::ALL {
                if tab_ui(ui, palette, self.kept.view.tab, tab) {
                    self.open_tab(tab);
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if icon_button_ui(ui, palette, "?", "Keyboard shortcuts (?)").clicked() {
                    self.help = !self.help;
                }
                let (other, name) = self.other_theme();
                if theme_button_ui(ui, palette, &format!("{name} (T)")).clicked() {
                    self.kept.view.theme = other;
                }
                self.page_buttons_ui(ui, palette);
                ui.add_space(8.0);
                self.status_ui(ui, palette);
            });
        });
    }

    /// Returns the other theme and its name.
    pub(super) fn other_theme(&self) -> (Theme, &'static str) {
        match self.kept.view.theme {
            Theme::Dark => (Theme::Light, "Light theme"),
            Theme::Light => (Theme::Dark, "Dark theme"),
        }
    }

    /// Describes what the session is doing.
    pub(super) fn doing(&self) -> String {
        if self.link.failure().is_some() { "the session stopped".into() } else { what(&self.history.status) }
    }

    /// Draws the session's status in one line; parts that do not fit are dropped from the left.
    fn status_ui(&self, ui: &mut egui::Ui, palette: &Palette) {
        let status = &self.history.status;
        let mut parts: Vec<(String, String)> = Vec::new();
        if let Cursor::At(number) = self.kept.view.cursor
            && let Some(decision) = self.history.decision(number)
        {
            parts.push(("frozen at episode".into(), format!("{}, t = {}", decision.episode, decision.t)));
        } else {
            parts.push((self.doing(), String::new()));
        }
        let mut device = None;
        if status.config.is_some() {
            let rates = status.rates;
            parts.push(("real time".into(), format!("{:.1}×", rates.real_time_factor)));
            parts.push(("plan".into(), format!("{:.1} ms", rates.plan_ms)));
            parts.push(("decisions/s".into(), format!("{:.0}", rates.decisions_per_second)));
        }
        // Also without a run, if the session has reported a reason.
        if !status.device.is_empty() {
            device = Some(&status.device_reason).filter(|reason| !reason.is_empty());
            parts.push((status.device.clone(), String::new()));
        }
        // Right to left: the last part first.
        for (weak, strong) in parts.iter().rev() {
            let job = status_part(weak, strong, palette);
            let galley = ui.painter().layout_job(job);
            if galley.size().x + 16.0 > ui.available_width() {
                break;
            }
            let label = ui.label(galley);
            if let Some(reason) = device.take() {
                label.on_hover_text(format!("{weak}: {reason}"));
            }
            ui.add_space(10.0);
        }
    }
}

fn status_part(weak: &str, strong: &str, palette: &Palette) -> egui::text::LayoutJob {
    let mut job = egui::text::LayoutJob::default();
    let text = |colour: Color32, family: FontFamily| TextFormat::simple(FontId::new(12.0, family), colour);
    job.append(weak, 0.0, text(palette.weak, FontFamily::Proportional));
    if !strong.is_empty() {
        job.append(strong, 5.0, text(palette.strong, FontFamily::Monospace));
    }
    job
}

/// Describes what the session is doing.
fn what(status: &Status) -> String {
    let Some(config) = &status.config else {
        return match status.activity {
            Activity::Opening => "opening".into(),
            _ => "no run open".into(),
        };
    };
    let doing = match (&status.activity, status.stage) {
        (Activity::Paused, _) => "paused",
        (Activity::Finished, _) => "done",
        (_, Stage::Seed) => "random actions",
        (_, Stage::Pretraining) => "pretraining",
        (_, Stage::Evaluating) => "evaluating",
        (_, Stage::Playing) => "playing",
        (_, Stage::Training) => "training",
    };
    let evaluated = status.evaluated.map(|(done, all)| format!(" {done} of {all}")).unwrap_or_default();
    let name = config.algorithm.name.to_uppercase();
    format!("{} · {name} · {doing}{evaluated}", config.task.name)
}

fn brand_ui(ui: &mut egui::Ui, palette: &Palette) {
    let font = FontId::new(15.0, FontFamily::Name("strong".into()));
    let mut job = egui::text::LayoutJob::default();
    job.append("boot", 0.0, TextFormat::simple(font.clone(), palette.strong));
    job.append("stride", 0.0, TextFormat::simple(font, palette.plan));
    ui.label(job);
}

/// Draws a tab; returns whether it was chosen.
fn tab_ui(ui: &mut egui::Ui, palette: &Palette, open: Tab, tab: Tab) -> bool {
    let chosen = open == tab;
    let colour = if chosen { palette.strong } else { palette.weak };
    let text = RichText::new(tab.title()).color(colour).size(13.0);
    let button = egui::Button::new(text)
        .fill(if chosen { palette.active } else { Color32::TRANSPARENT })
        .stroke(egui::Stroke::NONE)
        .corner_radius(8.0)
        .min_size(vec2(0.0, tall(ui, 28.0)));
    ui.add(button).on_hover_cursor(CursorIcon::PointingHand).clicked()
}

fn icon_button_ui(ui: &mut egui::Ui, palette: &Palette, icon: &str, name: &str) -> egui::Response {
    let button = egui::Button::new(RichText::new(icon).color(palette.weak)).fill(palette.raised).corner_radius(8.0);
    let side = tall(ui, 28.0);
    let response = ui.add(button.min_size(vec2(side, side))).on_hover_text(name);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, name));
    response
}

/// The same with a drawn icon.
pub(super) fn drawn_button_ui(ui: &mut egui::Ui, palette: &Palette, icon: Icon, name: &str) -> egui::Response {
    let side = tall(ui, 28.0);
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::click());
    let lit = response.hovered() || response.has_focus();
    ui.painter().rect_filled(rect, 8.0, if lit { palette.active } else { palette.raised });
    icon.paint(ui.painter(), rect.shrink(0.29 * side), palette.weak);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, name));
    response.on_hover_text(name).on_hover_cursor(CursorIcon::PointingHand)
}

/// Draws a half-filled disc, because sun and moon symbols differ between fonts.
fn theme_button_ui(ui: &mut egui::Ui, palette: &Palette, name: &str) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(vec2(tall(ui, 28.0), tall(ui, 28.0)), Sense::click());
    let painter = ui.painter();
    painter.rect_filled(rect, 8.0, if response.hovered() { palette.active } else { palette.raised });
    let centre = rect.center();
    painter.circle_stroke(centre, 6.0, egui::Stroke::new(1.5, palette.weak));
    let half: Vec<egui::Pos2> = (0..=16_u8)
        .map(|i| {
            let angle = std::f32::consts::FRAC_PI_2 + std::f32::consts::PI * f32::from(i) / 16.0;
            centre + 6.0 * vec2(angle.cos(), angle.sin())
        })
        .collect();
    painter.add(egui::Shape::convex_polygon(half, palette.weak, egui::Stroke::NONE));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, name));
    response.on_hover_text(name).on_hover_cursor(CursorIcon::PointingHand)
}
