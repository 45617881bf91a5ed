//! A failed session: its error, and a button to restart it.

use bootstride_session::message::{Level, Notice};
use eframe::egui::{self, Frame, Margin, Panel, RichText};

use super::Lab;
use crate::ui::Palette;
use crate::ui::palette::mix;
use crate::ui::widgets::primary_ui;

impl Lab {
    /// Draws a strip across the top while the session is down. All reports stay visible.
    pub(super) fn failure_ui(&mut self, ui: &mut egui::Ui, palette: &Palette) {
        let Some(why) = self.link.failure() else { return };
        let fill = mix(palette.panel, palette.bad, 0.22);
        let frame = Frame::new().fill(fill).inner_margin(Margin::symmetric(14, 8));
        let strip = Panel::top("failure").frame(frame).show_separator_line(false);
        strip.show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                let text = RichText::new(format!("The session stopped: {}", why.trim())).color(palette.strong);
                let label = ui.label(text);
                label.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::Role::Alert, true, format!("The session stopped: {}", why.trim()))
                });
                if primary_ui(ui, palette, "Restart session").clicked() {
                    self.link.restart();
                    // The new session has no subscription yet.
                    self.attended = None;
                    let text =
                        "The session was restarted. Open a run again to continue from its last checkpoint.".into();
                    self.tell(&[Notice { level: Level::Info, text }]);
                }
            });
        });
    }
}
