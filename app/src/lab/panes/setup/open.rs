//! The dialog that opens a run: found folders, or a path; to go on training or to watch the agent.

use eframe::egui::{Button, Context as Egui, Id, Modal, RichText, ScrollArea, TextEdit, Ui, vec2};

use crate::lab::look::Palette;
use crate::lab::look::number::grouped;
use crate::lab::look::theme::SMALL;
use crate::lab::look::widgets::{ButtonKind, headline_ui, switch_ui, wide_button_ui};
use crate::lab::message::{Agent, Command};
use crate::lab::runs::{ROOT, RunEntry, Shelf};

/// The dialog's state.
#[derive(Debug)]
pub struct OpenDialog {
    is_open: bool,
    path: String,
    planner: bool,
    shelf: Shelf,
}

impl Default for OpenDialog {
    fn default() -> Self {
        Self { is_open: false, path: String::new(), planner: true, shelf: Shelf::default() }
    }
}

impl OpenDialog {
    /// Opens it and looks for runs.
    pub fn open(&mut self) {
        self.is_open = true;
        self.shelf.refresh();
    }

    /// Opens it with this path, as when a folder was dropped onto the window.
    pub fn open_at(&mut self, path: impl Into<String>) {
        self.open();
        self.path = path.into();
    }

    /// Draws it, if it is open. The command that was chosen.
    pub fn ui(&mut self, ctx: &Egui, palette: &Palette) -> Option<Command> {
        if !self.is_open {
            return None;
        }
        self.shelf.poll(ctx);
        let mut command = None;
        let response = Modal::new(Id::unique("open a run")).show(ctx, |ui| {
            ui.set_width(460.0_f32.min(ctx.content_rect().width() - 60.0));
            command = self.contents_ui(ui, palette);
        });
        if response.should_close() || command.is_some() {
            self.is_open = false;
        }
        command
    }

    fn contents_ui(&mut self, ui: &mut Ui, palette: &Palette) -> Option<Command> {
        headline_ui(ui, palette, "Open a run", &format!("found under {ROOT}/"));
        ui.add_space(4.0);
        if self.shelf.found().is_empty() {
            let text =
                if self.shelf.is_looking() { "Looking…" } else { "No runs there yet: train one, or give a path." };
            ui.label(RichText::new(text).color(palette.weak));
        }
        ScrollArea::vertical().max_height(260.0).auto_shrink([false, true]).show(ui, |ui| {
            for run in self.shelf.found() {
                let selected = self.path == run.folder;
                let text = format!("{} · {} · seed {}", run.task, run.algorithm, run.seed);
                let response = ui.add(Button::selectable(selected, text).min_size(vec2(ui.available_width(), 0.0)));
                ui.label(RichText::new(progress(run)).size(SMALL).color(palette.weak));
                if response.on_hover_text(&run.folder).clicked() {
                    self.path.clone_from(&run.folder);
                }
            }
        });
        ui.add_space(6.0);
        let field =
            TextEdit::singleline(&mut self.path).hint_text("Folder of a run, a checkpoint or an imported agent");
        ui.add(field.desired_width(f32::INFINITY)).accessible_name("Folder");
        ui.add_space(6.0);
        let choices = [
            (true, "planner", "The planner decides, guided by the policy."),
            (false, "policy", "The bare policy decides: its mean action, no planning."),
        ];
        if let Some(planner) = switch_ui(ui, palette, "watch", self.planner, &choices) {
            self.planner = planner;
        }
        self.buttons_ui(ui, palette)
    }

    fn buttons_ui(&mut self, ui: &mut Ui, palette: &Palette) -> Option<Command> {
        let mut command = None;
        let width = (ui.available_width() - 12.0) / 3.0;
        let folder = self.path.trim().to_owned();
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.add_enabled_ui(!folder.is_empty(), |ui| {
                if wide_button_ui(ui, palette, ButtonKind::Primary, "Resume training", width).clicked() {
                    command = Some(Command::Resume { folder: folder.clone(), steps: None });
                }
                if wide_button_ui(ui, palette, ButtonKind::Secondary, "Watch the agent", width).clicked() {
                    let agent = Agent::Folder(folder.clone());
                    command = Some(Command::Watch { agent, seed: 1, planner: self.planner });
                }
            });
            if wide_button_ui(ui, palette, ButtonKind::Secondary, "Cancel", width).clicked() {
                self.is_open = false;
            }
        });
        command
    }
}

fn progress(run: &RunEntry) -> String {
    let steps = run.env_step.map_or_else(|| "no checkpoint yet".to_owned(), |step| format!("{} steps", grouped(step)));
    match run.last_return {
        Some(last) => format!("{steps}, last return {last:.0}"),
        None => steps,
    }
}
