//! Features of pages only: links to share, files to open and save, and the behaviour of hidden tabs.

use bootstride_session::message::{Level, Notice};
use eframe::egui::{self, Popup, PopupCloseBehavior, RichText, vec2};

use super::bar::drawn_button_ui;
use super::{Hidden, Lab};
use crate::deep_link::DeepLink;
use crate::ui::Palette;
use crate::ui::theme::tall;
use crate::ui::widgets::{Icon, segmented_ui};

impl Lab {
    /// Returns the address of a deep link; `None` if there are no addresses.
    pub(super) fn link_to(&self, deep_link: &DeepLink) -> Option<String> {
        let base = self.place.base_link.as_ref()?;
        let query = deep_link.to_query();
        Some(if query.is_empty() { base.clone() } else { format!("{base}?{query}") })
    }

    /// Copies a link to the current view.
    pub(super) fn share(&mut self, ctx: &egui::Context) {
        let Some(link) = self.link_to(&self.deep_link()) else { return };
        ctx.copy_text(link);
        let text = "Copied a link to the current view to the clipboard.".into();
        self.tell(&[Notice { level: Level::Good, text }]);
    }

    /// Draws the two buttons that the bar has in a page.
    pub(super) fn page_buttons_ui(&mut self, ui: &mut egui::Ui, palette: &Palette) {
        if self.place.is_page {
            let menu = drawn_button_ui(ui, palette, Icon::Menu, "Files and page");
            Popup::menu(&menu)
                .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
                .width(280.0)
                .show(|ui| self.page_items_ui(ui, palette));
        }
        if self.place.base_link.is_some() && drawn_button_ui(ui, palette, Icon::Link, "Copy link").clicked() {
            self.share(ui.ctx());
        }
    }

    /// Draws the page's menu rows; nothing in a window.
    pub(super) fn page_items_ui(&mut self, ui: &mut egui::Ui, palette: &Palette) {
        let item = |ui: &mut egui::Ui, name: &str, hint: &str| {
            let size = vec2(ui.available_width(), tall(ui, 28.0));
            ui.add(egui::Button::new(name).min_size(size)).on_hover_text(hint).clicked()
        };
        if self.is_small && self.place.base_link.is_some() && item(ui, "Copy link", "A link to the current view.") {
            self.share(ui.ctx());
            ui.close();
        }
        if let Some(open) = &mut self.place.open_files
            && item(ui, "Open files\u{2026}", "A run saved to a file, or a custom body (.json).")
        {
            open();
            ui.close();
        }
        let folder = self.history.status.folder.clone();
        if let (Some(save), Some(folder)) = (&mut self.place.save_run, &folder)
            && item(ui, "Save run to file", "The whole run as one .tar file, which the desktop lab can open too.")
        {
            save(folder);
            ui.close();
        }
        if self.place.clear_runs.is_some() {
            let name = if self.clearing { "Clear all? Tap again" } else { "Clear stored runs" };
            if item(ui, name, "Deletes all runs that this browser stores for this page, except the open one.") {
                if self.clearing
                    && let Some(clear) = &mut self.place.clear_runs
                {
                    clear();
                    ui.close();
                }
                self.clearing = !self.clearing;
            }
        }
        if self.place.is_page {
            ui.add_space(4.0);
            ui.label(RichText::new("While this tab is hidden").size(12.0).color(palette.weak));
            let choices = [
                (
                    Hidden::GoOn,
                    "Continue",
                    "Training continues at full speed in a web worker, which browsers do not slow down. Nothing is \
                     drawn in the meantime.",
                ),
                (
                    Hidden::Pause,
                    "Pause",
                    "Stops after the current decision and continues when you return. Saves battery.",
                ),
            ];
            segmented_ui(ui, palette, &choices, &mut self.kept.hidden);
        }
    }
}
