//! Dropped files and folders: run folders, checkpoints and body files, each with what can be done with it.

use std::path::{Path, PathBuf};

use eframe::egui::{self, Align2, Color32, FontId, Id, LayerId, Order, vec2};

use super::{Lab, PaneKind};
use crate::lab::look::Palette;
use crate::lab::message::{Agent, Command, Level, Notice};
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
    if path.is_dir() {
        if path.join("config.toml").is_file() && path.join("metrics.jsonl").is_file() {
            return Dropped::Run(path.into());
        }
        // A checkpoint lies in a run's folder, two levels down; an imported agent is a run without records.
        if path.join("weights.safetensors").is_file() || path.join("checkpoints").is_dir() {
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
        return match std::fs::read_to_string(path) {
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
        match recognise(file.path()) {
            Dropped::Unknown(text) => self.toasts.take(&[Notice { level: Level::Bad, text }]),
            Dropped::Body(name, text) => self.take_body(&name, &text),
            Dropped::Agent(path) => {
                let agent = Agent::Folder(path.display().to_string());
                self.send(Command::Watch { agent, seed: 1, planner: true });
                self.send(Command::Run);
            }
            run @ Dropped::Run(_) => self.dropped = Some(run),
        }
    }

    /// Hands a body's file to the pane that sets runs up.
    fn take_body(&mut self, name: &str, text: &str) {
        self.kept.view.tab = Tab::Train;
        if let Some(setup) = self.panes.get_mut(&PaneKind::Setup) {
            setup.take_body(name, text);
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
