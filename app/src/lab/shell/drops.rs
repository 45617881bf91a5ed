//! Dropped files and folders: run folders, checkpoints and body files, each with what can be done with it.

use std::path::{Path, PathBuf};

use bootstride_core::disk as fs;
use eframe::egui::{self, Align2, Color32, FontId, Id, LayerId, Order, vec2};

use super::{Lab, PaneKind};
use crate::lab::look::Palette;
use crate::lab::message::{Agent, Command, Level, Notice};
use crate::lab::panes::compare::ComparePane;
use crate::lab::view::Tab;

/// What was dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// A run's folder.
    Run(PathBuf),
    /// One of its checkpoints, or an imported agent.
    Agent(PathBuf),
    /// A body's file, with its text.
    Body(String, String),
    /// Something else, and why it cannot be used.
    Unknown(String),
}

/// What a dropped file or folder is.
pub fn recognise(path: &Path) -> Dropped {
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    if fs::is_dir(path) {
        if fs::is_file(path.join("config.toml")) && fs::is_file(path.join("metrics.jsonl")) {
            return Dropped::Run(path.into());
        }
        // A checkpoint lies in a run's folder, two levels down; an imported agent is a run without records.
        if fs::is_file(path.join("weights.safetensors")) || fs::is_dir(path.join("checkpoints")) {
            return Dropped::Agent(path.into());
        }
        return Dropped::Unknown(format!(
            "{name} is neither a run's folder (config.toml and metrics.jsonl) nor a checkpoint (weights.safetensors)."
        ));
    }
    if path.file_name().is_some_and(|name| name == "weights.safetensors") {
        return path.parent().map_or_else(|| Dropped::Unknown(name), |folder| Dropped::Agent(folder.into()));
    }
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
        return match fs::read_to_string(path) {
            Ok(text) => body(&name, text),
            Err(error) => Dropped::Unknown(format!("{name} cannot be read: {error}")),
        };
    }
    Dropped::Unknown(format!("{name} is not a body's file (.json), a run's folder or a checkpoint."))
}

/// A body's file that holds what it should, or what is wrong with it.
fn body(name: &str, text: String) -> Dropped {
    match bootstride_core::body::BodyFile::from_json(&text) {
        Ok(file) if file.task.is_none() => {
            Dropped::Unknown(format!("{name} has no section `task`, which says what the body is to do."))
        }
        Ok(_) => Dropped::Body(name.into(), text),
        Err(error) => Dropped::Unknown(format!("{name}: {error}")),
    }
}

impl Lab {
    /// Looks at what was dropped in this frame.
    pub(super) fn take_drops(&mut self, ctx: &egui::Context) {
        if self.kept.view.tab == Tab::Compare {
            // It takes them itself.
            return;
        }
        let files = ctx.input(|input| input.raw.dropped_files.clone());
        let Some(file) = files.into_iter().next() else { return };
        self.take_run(file.path());
    }

    /// Hands a body's file, of which this is the text, to the pane that sets runs up; what is wrong with it is told.
    pub fn take_body(&mut self, name: &str, text: &str) {
        if let Dropped::Unknown(text) = body(name, text.to_owned()) {
            self.tell(&[Notice { level: Level::Bad, text }]);
            return;
        }
        self.open_tab(Tab::Train);
        self.choose_pane(Tab::Train, PaneKind::Setup);
        if let Some(setup) = self.setup() {
            setup.take_body(name, text);
        }
    }

    /// Takes a run's folder, as when it was dropped on the window: asks what to do with it; on the Compare tab it is
    /// compared.
    pub fn take_run(&mut self, folder: impl Into<PathBuf>) {
        let folder = folder.into();
        if self.kept.view.tab == Tab::Compare
            && let Some(compare) = self.pane_mut::<ComparePane>(PaneKind::Compare)
        {
            compare.open(&folder.display().to_string());
            return;
        }
        match recognise(&folder) {
            Dropped::Agent(path) => self.watch(&path.display().to_string(), 1, true),
            Dropped::Run(path) => self.dropped = Some(Dropped::Run(path)),
            Dropped::Unknown(text) => self.tell(&[Notice { level: Level::Bad, text }]),
            Dropped::Body(name, text) => self.take_body(&name, &text),
        }
    }

    /// The question what to do with a run, and a hint while something is held over the window.
    pub(super) fn drops_ui(&mut self, ctx: &egui::Context, palette: &Palette) {
        if ctx.input(|input| !input.raw.hovered_files.is_empty()) {
            let painter = ctx.layer_painter(LayerId::new(Order::Foreground, Id::unique("dropping")));
            let rect = ctx.content_rect();
            painter.rect_filled(rect, 0.0, Color32::from_black_alpha(160));
            let text = "Drop a run's folder, a checkpoint or a body's file (.json)";
            painter.text(rect.center(), Align2::CENTER_CENTER, text, FontId::proportional(20.0), palette.strong);
        }
        let Some(Dropped::Run(path)) = self.dropped.clone() else { return };
        let folder = path.display().to_string();
        let mut command = None;
        let window = egui::Window::new("Open this run?").collapsible(false).resizable(false);
        window.anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0)).show(ctx, |ui| {
            ui.label(&folder);
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                if ui.button("Watch the agent").clicked() {
                    command =
                        Some(Some(Command::Watch { agent: Agent::Folder(folder.clone()), seed: 1, planner: true }));
                }
                if ui.button("Resume training").clicked() {
                    command = Some(Some(Command::Resume { folder: folder.clone(), steps: None }));
                }
                if ui.button("Cancel").clicked() {
                    command = Some(None);
                }
            });
        });
        if let Some(command) = command {
            self.dropped = None;
            if let Some(command) = command {
                self.send(command);
                self.send(Command::Run);
            }
        }
    }
}
