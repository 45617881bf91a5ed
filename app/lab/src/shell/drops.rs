//! Dropped files and folders: runs and their archives, checkpoints and body files, and the actions for each.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use eframe::egui::{self, Align2, Color32, FontId, Id, LayerId, Order, vec2};

use bootstride_core::run::{RunError, RunFolder};
use bootstride_core::vfs as fs;
use bootstride_session::archive::{LIMIT_BYTES, WEIGHTS_ALONE, is_archive, unpack};
use bootstride_session::message::{Agent, Command, Level, Notice};

use super::{Lab, PaneKind};
use crate::panes::compare::ComparePane;
use crate::ui::Palette;
use crate::view::Tab;

/// A dropped item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// A run's folder.
    Run(PathBuf),
    /// A checkpoint of a run, or an exported or imported agent.
    Agent(PathBuf),
    /// An archive of a run.
    Archive(PathBuf),
    /// A body file, with its text.
    Body(String, String),
    /// An unusable item, with the reason.
    Unknown(String),
}

/// Identifies a dropped file or folder.
#[must_use]
pub fn recognise(path: &Path) -> Dropped {
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    if fs::is_dir(path) {
        if fs::is_file(path.join("config.toml")) && fs::is_file(path.join("metrics.jsonl")) {
            return run(path.into());
        }
        // A checkpoint is in a run's folder, two levels down; an imported agent is a run without records.
        if fs::is_file(path.join("weights.safetensors")) || fs::is_dir(path.join("checkpoints")) {
            return Dropped::Agent(path.into());
        }
        return Dropped::Unknown(format!(
            "{name} is neither a run's folder (config.toml and metrics.jsonl) nor a checkpoint (weights.safetensors)."
        ));
    }
    let is = |ending: &str| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(ending));
    if is("safetensors") {
        // Weights in a checkpoint's folder stand for that checkpoint.
        let folder =
            path.parent().filter(|folder| fs::is_file(folder.join("checksums.json")) && name == "weights.safetensors");
        return folder.map_or_else(
            || Dropped::Unknown(format!("{name} {WEIGHTS_ALONE}.")),
            |folder| Dropped::Agent(folder.into()),
        );
    }
    if is("json") {
        return match fs::read_text(path) {
            Ok(text) => body(&name, text),
            Err(error) => Dropped::Unknown(format!("{name} cannot be read: {error}")),
        };
    }
    match head(path) {
        Ok(head) if is("tar") || is("tgz") || is_archive(&head) => Dropped::Archive(path.into()),
        Ok(_) => Dropped::Unknown(format!(
            "{name} is not a body's file (.json), a run's folder, an archive of one (.tar, .tar.gz or .tgz) or a checkpoint."
        )),
        Err(error) => Dropped::Unknown(format!("{name} cannot be read: {error}")),
    }
}

/// Reads the first bytes of a file, which identify its format regardless of its name.
fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    fs::File::open(path)?.take(512).read_to_end(&mut head)?;
    Ok(head)
}

/// Classifies a run's folder; without the records for resuming, it is only an agent.
fn run(path: PathBuf) -> Dropped {
    match RunFolder::can_resume(&path) {
        Err(RunError::OnlyPlays { .. }) => Dropped::Agent(path),
        _ => Dropped::Run(path),
    }
}

/// Unpacks a run archive below `runs`. Returns the run's folder, or the error.
///
/// # Errors
/// A message with the file's name.
pub fn unpack_file(path: &Path, runs: &Path) -> Result<PathBuf, String> {
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let length = fs::metadata(path).map_err(|error| told(&error))?.len();
    // Headers and padding add to the size of the files.
    if length > LIMIT_BYTES + LIMIT_BYTES / 16 {
        return Err(told(&format!("it has {length} bytes; the limit for archives is {LIMIT_BYTES}")));
    }
    let bytes = fs::read(path).map_err(|error| told(&error))?;
    unpack(&bytes, runs).map_err(|error| told(&error))
}

/// Validates a body file; returns it or the error.
fn body(name: &str, text: String) -> Dropped {
    match bootstride_core::body::BodyFile::from_json(&text) {
        Ok(file) if file.task.is_none() => {
            Dropped::Unknown(format!("{name} has no `task` section, which defines what the body has to do."))
        }
        Ok(_) => Dropped::Body(name.into(), text),
        Err(error) => Dropped::Unknown(format!("{name}: {error}")),
    }
}

impl Lab {
    /// Handles items dropped in this frame.
    pub(super) fn take_drops(&mut self, ctx: &egui::Context) {
        let files = ctx.input(|input| input.raw.dropped_files.clone());
        if self.kept.view.tab != Tab::Compare {
            let Some(file) = files.into_iter().next() else { return };
            self.take_run(file.path());
            return;
        }
        // It handles folders itself.
        for archive in files.iter().map(|file| recognise(file.path())) {
            if matches!(archive, Dropped::Archive(_)) {
                self.take_dropped(archive);
            }
        }
    }

    /// Passes the text of a body file to the setup pane; errors are shown as notices.
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

    /// Handles a run's folder as if it was dropped on the window: asks what to do with it, or adds it to the comparison
    /// on the Compare tab.
    pub fn take_run(&mut self, folder: impl Into<PathBuf>) {
        let folder = folder.into();
        if self.kept.view.tab == Tab::Compare
            && let Some(compare) = self.pane_mut::<ComparePane>(PaneKind::Compare)
        {
            compare.open(&folder.display().to_string());
            return;
        }
        self.take_dropped(recognise(&folder));
    }

    fn take_dropped(&mut self, dropped: Dropped) {
        match dropped {
            Dropped::Archive(path) => match unpack_file(&path, self.place.runs()) {
                Ok(folder) => {
                    let text = format!("Unpacked to {}.", folder.display());
                    self.tell(&[Notice { level: Level::Good, text }]);
                    self.take_run(folder);
                }
                Err(text) => self.tell(&[Notice { level: Level::Bad, text }]),
            },
            Dropped::Agent(path) => self.watch(&path.display().to_string(), 1, true),
            Dropped::Unknown(text) => self.tell(&[Notice { level: Level::Bad, text }]),
            Dropped::Body(name, text) => self.take_body(&name, &text),
            run @ Dropped::Run(_) => self.dropped = Some(run),
        }
    }

    /// Draws the dialog that asks what to do with a run, and a hint while a file is dragged over the window.
    pub(super) fn drops_ui(&mut self, ctx: &egui::Context, palette: &Palette) {
        if ctx.input(|input| !input.raw.hovered_files.is_empty()) {
            let painter = ctx.layer_painter(LayerId::new(Order::Foreground, Id::unique("dropping")));
            let rect = ctx.content_rect();
            painter.rect_filled(rect, 0.0, Color32::from_black_alpha(160));
            let text = "Drop a run's folder or archive (.tar, .tgz), a checkpoint or a body's file (.json)";
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
