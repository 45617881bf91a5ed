//! The pane "Task and agent": what to train, with which algorithm, planner and length; the buttons that run it.

mod axes;
mod draft;
mod fields;
mod folder;
mod open;
mod planner;
mod run;
mod task;

pub use draft::{Axes, CustomBody, Draft, OWN};
pub use planner::{Moved, lowest_policy_samples, settle, sliders_ui};
pub use task::matching;

use std::path::PathBuf;

use bootstride_core::config::Config;
use bootstride_core::task::configured_task;
use bootstride_session::message::{Activity, Command};
use bootstride_session::recorded::free_folder;
use eframe::egui::{Frame, Margin, ScrollArea, Ui};

use self::fields::Pace;
use self::open::OpenDialog;
use self::planner::Live;
use super::{Context, Pane, PaneSpec, Place};
use crate::host::Host;
use crate::ui::widgets::{headline_ui, section_ui, weak_ui};
use crate::view::Tab;

/// Opacity of the settings of an open run, which are read-only.
const QUIET: f32 = 0.8;

/// The pane "Task and agent".
#[derive(Debug, Default)]
pub struct SetupPane {
    draft: Draft,
    resolved: Option<Resolved>,
    search: String,
    more_is_open: bool,
    live: Live,
    pace: Pace,
    dialog: OpenDialog,
    /// Height of the buttons in the last frame, in points.
    foot: f32,
}

/// The resolved draft; cached until the draft changes.
#[derive(Debug)]
struct Resolved {
    draft: Draft,
    config: Result<Config, Vec<String>>,
    /// The name of the task or custom body; empty if the configuration is invalid.
    task: String,
    is_preset: bool,
}

impl SetupPane {
    /// Creates the pane with a saved draft.
    #[must_use]
    pub fn new(draft: Draft) -> Self {
        Self { draft: draft.repaired(), ..Self::default() }
    }

    /// Returns the draft, to save it.
    #[must_use]
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Returns the draft for changes, as when a body file was dropped on the window.
    pub fn draft_mut(&mut self) -> &mut Draft {
        &mut self.draft
    }

    /// Sets the text of a body file; `name` is the file name.
    pub fn take_body(&mut self, name: &str, text: &str) {
        self.draft.choose_body(name, text);
    }

    /// Starts a run of the draft if it is valid; returns whether it is.
    pub fn start(&mut self, cx: &mut Context<'_>) -> bool {
        let Ok(command) = self.command(cx.place) else { return false };
        cx.send(command);
        cx.send(Command::Run);
        true
    }

    /// Returns the command that starts a run of the draft, or the errors as sentences.
    fn command(&mut self, place: &mut Host) -> Result<Command, Vec<String>> {
        let folder = self.next_folder(place).map(|folder| folder.display().to_string());
        let resolved = self.resolved();
        let config = Box::new(resolved.config.clone()?);
        Ok(Command::Train { config, preset: resolved.draft.size.clone(), folder })
    }

    /// Returns the folder of a run of the draft; `None` in a page, where it cannot be chosen, or without a valid
    /// configuration.
    fn next_folder(&mut self, place: &mut Host) -> Option<PathBuf> {
        place.chosen_runs = folder::written(&self.draft.runs);
        let Resolved { config, task, .. } = self.resolved();
        let config = config.as_ref().ok().filter(|_| !place.is_page)?;
        Some(free_folder(place.runs(), config, task))
    }

    /// Opens the dialog with this folder, as when one was dropped on the window.
    pub fn open_folder(&mut self, folder: impl Into<String>) {
        self.dialog.open_at(folder);
    }

    fn resolved(&mut self) -> &Resolved {
        let kept = self.resolved.take().filter(|resolved| resolved.draft == self.draft);
        self.resolved.insert(kept.unwrap_or_else(|| {
            let config = self.draft.config();
            let task = config.as_ref().ok().and_then(|config| configured_task(&config.task).ok());
            let task = task.map(|task| task.name.to_string()).unwrap_or_default();
            Resolved { config, task, is_preset: self.draft.is_preset(), draft: self.draft.clone() }
        }))
    }

    fn contents_ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        let palette = cx.palette;
        let running = cx.history.status.config.clone();
        headline_ui(ui, palette, "Task and agent", "");
        ui.add_space(2.0);
        if let Some(config) = &running {
            let hint = "These are the settings of the open run. Stop it to set up another one.";
            let mut shown = self.draft.showing(config);
            let is_preset = shown.algorithm == config.algorithm.name;
            let response = ui.add_enabled_ui(false, |ui| {
                ui.set_opacity(QUIET);
                fields::agent_ui(ui, palette, &mut shown, &mut String::new(), is_preset, Some(config));
            });
            response.response.on_hover_text(hint);
        } else {
            let is_preset = self.resolved().is_preset;
            fields::agent_ui(ui, palette, &mut self.draft, &mut self.search, is_preset, None);
        }
        self.planner_ui(ui, cx, running.as_deref());
        section_ui(ui, palette, "Reanalyze");
        let mut shown = running.as_ref().map(|config| self.draft.showing(config));
        let draft = shown.as_mut().unwrap_or(&mut self.draft);
        let quiet = |ui: &mut Ui| {
            if !ui.is_enabled() {
                ui.set_opacity(QUIET);
            }
        };
        ui.add_enabled_ui(running.is_none(), |ui| {
            quiet(ui);
            fields::reanalyze_ui(ui, palette, draft);
        });
        fields::experts_ui(ui, palette, &cx.history.status.experts);
        section_ui(ui, palette, "Run");
        if let Some(config) = &running
            && let Some(command) = fields::pace_ui(ui, palette, &mut self.pace, config)
        {
            cx.send(command);
        }
        ui.add_enabled_ui(running.is_none(), |ui| {
            quiet(ui);
            fields::run_ui(ui, palette, draft, &cx.history.status.device);
            fields::training_ui(ui, palette, draft);
            if running.is_none() {
                fields::more_ui(ui, palette, draft, &mut self.more_is_open);
            }
        });
        if running.is_none() && !cx.place.is_page {
            folder::folder_ui(ui, palette, cx.place, &mut self.draft.runs);
        }
        let status = &cx.history.status;
        if !status.device_reason.is_empty() {
            let device = if status.device.is_empty() { "Device" } else { &status.device };
            weak_ui(ui, palette, format!("{device}: {}", status.device_reason));
        }
    }

    /// Draws the planner's sliders, for the running planner or the draft.
    fn planner_ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>, running: Option<&Config>) {
        let palette = cx.palette;
        let title = if running.is_some() { "Planner, live" } else { "Planner" };
        let reset = fields::planner_heading_ui(ui, palette, title);
        let Some(config) = running else {
            if reset {
                self.draft.planner = self.draft.preset_planner();
            }
            planner::sliders_ui(ui, palette, &mut self.draft.planner, self.draft.axes.guide);
            return;
        };
        let mut settings = self.live.shown(&config.planner, ui.input(|input| input.time));
        if reset {
            self.live.want(self.draft.preset_planner_of(config));
        } else if planner::sliders_ui(ui, palette, &mut settings, config.algorithm.guide).is_some() {
            self.live.want(settings);
        }
        self.live.send(ui, cx);
    }
}

impl SetupPane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        key: "Task and agent",
        places: &[Place::column(Tab::Train, 0, 1.0)],
        least_width: 236.0,
        ..PaneSpec::new("setup", "Task and agent", "Setup")
    };
}

impl Pane for SetupPane {
    fn keep(&self) -> Option<String> {
        serde_json::to_string(&self.draft).ok()
    }

    fn restore(&mut self, kept: &str) {
        if let Ok(draft) = serde_json::from_str::<Draft>(kept) {
            *self = Self::new(draft);
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        Frame::new().inner_margin(Margin::symmetric(12, 10)).show(ui, |ui| {
            let gap = 8.0 + 2.0 * ui.spacing().item_spacing.y;
            let room = (ui.available_height() - self.foot - gap).max(80.0);
            ScrollArea::vertical().max_height(room).auto_shrink([false, true]).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                self.contents_ui(ui, cx);
            });
            ui.add_space(8.0);
            let top = ui.cursor().top();
            let start = self.command(cx.place);
            if run::buttons_ui(ui, cx, &start) {
                self.dialog.open();
            }
            self.foot = ui.min_rect().bottom() - top;
        });
        if let Some(command) = self.dialog.ui(ui.ctx(), cx.palette, cx.place) {
            let begins = cx.history.status.activity != Activity::Opening;
            cx.send(command);
            if begins {
                cx.link.send(Command::Run);
            }
        }
    }
}
