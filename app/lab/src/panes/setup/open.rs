//! The dialog that opens a run from the found folders or a path, to resume training or watch the agent.

use bootstride_session::message::{Agent, Command};
use eframe::egui::{Align, Button, Context as Egui, Id, Layout, Modal, RichText, ScrollArea, TextEdit, Ui, vec2};

use crate::host::Host;
use crate::runs::{RunEntry, RunIndex};
use crate::ui::Palette;
use crate::ui::number::grouped;
use crate::ui::theme::{SMALL, tall};
use crate::ui::widgets::{ButtonKind, button_ui, headline_ui, switch_ui, wide_button_ui};

/// In narrower dialogs buttons are stacked, points.
const NARROW: f32 = 360.0;

/// The dialog's state.
#[derive(Debug)]
pub struct OpenDialog {
    is_open: bool,
    path: String,
    planner: bool,
    run_index: RunIndex,
}

impl Default for OpenDialog {
    fn default() -> Self {
        Self { is_open: false, path: String::new(), planner: true, run_index: RunIndex::default() }
    }
}

impl OpenDialog {
    /// Opens the dialog and searches for runs.
    pub fn open(&mut self) {
        self.is_open = true;
        self.run_index.refresh();
    }

    /// Opens the dialog with this path, as when a folder was dropped on the window.
    pub fn open_at(&mut self, path: impl Into<String>) {
        self.open();
        self.path = path.into();
    }

    /// Draws the dialog if it is open; returns the chosen command.
    pub fn ui(&mut self, ctx: &Egui, palette: &Palette, place: &mut Host) -> Option<Command> {
        if !self.is_open {
            return None;
        }
        self.run_index.set_root(place.runs());
        self.run_index.poll(ctx);
        let mut command = None;
        let response = Modal::new(Id::unique("open a run")).show(ctx, |ui| {
            ui.set_width(460.0_f32.min(ctx.content_rect().width() - 60.0));
            command = self.contents_ui(ui, palette, place);
        });
        if response.should_close() || command.is_some() {
            self.is_open = false;
        }
        command
    }

    fn contents_ui(&mut self, ui: &mut Ui, palette: &Palette, place: &mut Host) -> Option<Command> {
        let found =
            if place.is_page { "stored by this browser".to_owned() } else { format!("in {}/", place.runs().display()) };
        headline_ui(ui, palette, "Open a run", &found);
        ui.add_space(4.0);
        if self.run_index.found().is_empty() && place.agents.is_empty() {
            let text = match (self.run_index.is_looking(), place.is_page) {
                (true, _) => "Looking…",
                (false, true) => "No runs yet: train one, or open a file.",
                (false, false) => "No runs there yet: train one, or enter a path.",
            };
            ui.label(RichText::new(text).color(palette.weak));
        }
        let height = (ui.ctx().content_rect().height() - 300.0).clamp(80.0, 260.0);
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            for name in &place.agents {
                let folder = Host::agent_folder(name);
                let button = Button::selectable(self.path == folder, name).min_size(vec2(ui.available_width(), 0.0));
                if ui.add(button).clicked() {
                    self.path = folder;
                }
                ui.label(RichText::new("trained, included with this page").size(SMALL).color(palette.weak));
            }
            let came = |folder: &str| Host::agent_in(folder).is_some_and(|name| place.agents.iter().any(|n| n == name));
            for run in self.run_index.found().iter().filter(|run| !came(&run.folder)) {
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
        if let Some(open) = &mut place.open_files {
            let hint = "A run saved to a file, or a custom body (.json)";
            if button_ui(ui, palette, "Open files\u{2026}").on_hover_text(hint).clicked() {
                open();
            }
            ui.add_space(6.0);
        }
        if !place.is_page {
            let field =
                TextEdit::singleline(&mut self.path).hint_text("Folder of a run, a checkpoint or an imported agent");
            ui.add(field.desired_width(f32::INFINITY)).accessible_name("Folder");
            ui.add_space(6.0);
        }
        let choices = [
            (true, "planner", "The planner decides, guided by the policy."),
            (false, "policy", "The bare policy decides: its mean action, without planning."),
        ];
        if let Some(planner) = switch_ui(ui, palette, "watch", self.planner, &choices) {
            self.planner = planner;
        }
        self.buttons_ui(ui, palette)
    }

    fn buttons_ui(&mut self, ui: &mut Ui, palette: &Palette) -> Option<Command> {
        let mut command = None;
        let room = ui.available_width();
        // Stacked if their labels would not fit next to each other.
        let (width, layout) = if room < NARROW {
            (room, Layout::top_down(Align::Min))
        } else {
            ((room - 12.0) / 3.0, Layout::left_to_right(Align::Center))
        };
        let folder = self.path.trim().to_owned();
        // Agents included with the page have no records to resume from.
        let resumes = !folder.is_empty() && Host::agent_in(&folder).is_none();
        let size = vec2(room, tall(ui, 30.0));
        ui.allocate_ui_with_layout(size, layout, |ui| {
            ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
            ui.add_enabled_ui(resumes, |ui| {
                if wide_button_ui(ui, palette, ButtonKind::Primary, "Resume training", width).clicked() {
                    command = Some(Command::Resume { folder: folder.clone(), steps: None });
                }
            });
            ui.add_enabled_ui(!folder.is_empty(), |ui| {
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
