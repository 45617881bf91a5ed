//! The lab itself: tabs, the bar above them, shortcuts, notices and dropped files around the panes.

mod bar;
mod drops;
mod keys;
mod layout;
#[cfg(not(target_family = "wasm"))]
mod native;
mod notices;
mod profile;
mod registry;

use std::collections::BTreeMap;

use bootstride_core::insight::AnatomyOptions;
use eframe::egui::{self, CentralPanel, Frame, Panel};
use serde::{Deserialize, Serialize};

pub use drops::unpack_file;
pub use layout::Layout;
#[cfg(not(target_family = "wasm"))]
pub use native::run;
pub use profile::Profile;

use self::layout::Tiling;
use super::history::History;
use super::look::{Exports, Palette, theme};
use super::message::{Activity, Command, EngineLink, Stage};
use super::panes::compare::LinkFactory;
use super::panes::{Context, Pane};
use super::place::Place;
pub use super::view::PaneKind;
use super::view::{Cursor, PathChoice, Theme, View};

/// For so long after a touch, frames come at the display's rate.
const TOUCHED_SECONDS: f64 = 1.0;
/// From a frame to the next while a CPU learns.
const SPARING_SECONDS: f32 = 1.0 / 30.0;

/// What is kept between starts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// What the person looks at.
    pub view: View,
    /// Where the panes are.
    pub layout: Layout,
    /// What each pane keeps, as it sees fit.
    pub panes: BTreeMap<String, String>,
}

/// The lab.
pub struct Lab {
    link: Box<dyn EngineLink>,
    /// The window or page around.
    pub place: Place,
    /// What the engine told.
    pub history: History,
    /// What is kept between starts.
    pub kept: Kept,
    panes: BTreeMap<PaneKind, Box<dyn Pane>>,
    /// Where the lab's time goes.
    pub profile: Profile,
    /// The command that told the engine last what the panes want to know.
    attended: Option<Command>,
    themed: Option<Theme>,
    toasts: notices::Toasts,
    help: bool,
    profile_shown: bool,
    dropped: Option<drops::Dropped>,
    exports: Exports,
    /// When somebody last moved the pointer or pressed a key, in egui's time.
    touched_at: f64,
}

impl Lab {
    /// A lab on an engine. `links` starts further engines, for comparisons; `clock` measures the lab's own time.
    #[must_use]
    pub fn new(link: Box<dyn EngineLink>, links: LinkFactory, kept: Kept, clock: Option<fn() -> f64>) -> Self {
        let panes = registry::panes(links, &kept.panes);
        Self {
            link,
            place: Place::default(),
            history: History::default(),
            kept,
            panes,
            profile: Profile::new(clock),
            attended: None,
            themed: None,
            toasts: notices::Toasts::default(),
            help: false,
            profile_shown: false,
            dropped: None,
            exports: Exports::default(),
            touched_at: 0.0,
        }
    }

    /// The same lab in a page, or wherever else it is.
    #[must_use]
    pub fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// What is to be kept, now.
    #[must_use]
    pub fn keep(&self) -> Kept {
        let mut kept = self.kept.clone();
        kept.panes = self.panes.values().filter_map(|pane| Some((pane.title().to_owned(), pane.keep()?))).collect();
        kept
    }

    /// Takes what the engine told. To be called also while the lab is hidden.
    pub fn receive(&mut self) {
        while let Some(update) = self.link.receive() {
            if update.opened {
                self.kept.view.cursor = Cursor::Live;
            }
            self.toasts.take(&update.notices);
            self.history.take(update);
        }
    }

    /// Draws a frame.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        self.profile.begin_frame();
        self.receive();
        if self.themed != Some(self.kept.view.theme) {
            theme::apply(ui.ctx(), self.kept.view.theme);
            self.themed = Some(self.kept.view.theme);
        }
        ui.ctx().set_zoom_factor(self.kept.view.zoom.clamp(0.5, 3.0));
        self.set_frame_rate(ui.ctx());
        let palette = Palette::of(self.kept.view.theme);
        self.shortcuts(ui.ctx());
        self.take_drops(ui.ctx());
        Panel::top("bar")
            .frame(Frame::new().fill(palette.panel).inner_margin(egui::Margin::symmetric(14, 6)))
            .show_separator_line(false)
            .show(ui, |ui| self.bar_ui(ui, &palette));
        self.banners_ui(ui, &palette);
        CentralPanel::default().frame(Frame::new().fill(palette.background)).show(ui, |ui| self.tiles_ui(ui, &palette));
        self.drops_ui(ui.ctx(), &palette);
        let exported = self.exports.frame(ui.ctx());
        self.toasts.take(&exported);
        self.toasts.ui(ui.ctx(), &palette);
        self.help_ui(ui.ctx());
        self.profile_ui(ui.ctx());
        self.attend();
        if self.history.status.activity == Activity::Running {
            ui.ctx().request_repaint_after_secs(self.kept.view.frame_seconds);
        }
        self.profile.end_frame();
    }

    /// The display's own rate, but while a CPU learns at full speed and nobody touches the lab: then frames would take what
    /// learning needs, and every other one is enough to see a body move.
    fn set_frame_rate(&mut self, ctx: &egui::Context) {
        let status = &self.history.status;
        let learns = status.activity == Activity::Running && status.stage != Stage::Playing;
        let (now, is_touched) = ctx.input(|input| (input.time, input.pointer.is_moving() || !input.events.is_empty()));
        if is_touched {
            self.touched_at = now;
        }
        let is_left_alone = now - self.touched_at > TOUCHED_SECONDS;
        let spares = learns && is_left_alone && !status.on_gpu;
        self.kept.view.frame_seconds = if spares { SPARING_SECONDS } else { 0.0 };
    }

    fn banners_ui(&mut self, ui: &mut egui::Ui, palette: &Palette) {
        let Self { history, kept, link, panes, place, .. } = self;
        let mut cx = Context { history, view: &mut kept.view, link: &mut **link, palette, place };
        for pane in panes.values_mut() {
            pane.banner_ui(ui, &mut cx);
        }
    }

    fn tiles_ui(&mut self, ui: &mut egui::Ui, palette: &Palette) {
        let tab = self.kept.view.tab;
        // Taken out, so that panes may change the tab while the tree is being drawn.
        let mut tree =
            std::mem::replace(self.kept.layout.tree(tab), egui_tiles::Tree::empty(egui::Id::unique("drawn")));
        let (view, link) = (&mut self.kept.view, &mut *self.link);
        let mut cx = Context { history: &self.history, view, link, palette, place: &mut self.place };
        let mut tiling = Tiling { panes: &mut self.panes, cx: &mut cx, profile: &mut self.profile };
        let squeezed = layout::squeeze(&mut tree, ui.available_width());
        tree.ui(&mut tiling, ui);
        layout::release(&mut tree, squeezed);
        *self.kept.layout.tree(tab) = tree;
    }

    /// Lets the panes put things back before the lab closes.
    pub fn leave(&mut self) {
        let palette = Palette::of(self.kept.view.theme);
        let Self { history, kept, link, panes, place, .. } = self;
        let mut cx = Context { history, view: &mut kept.view, link: &mut **link, palette: &palette, place };
        for pane in panes.values_mut() {
            pane.leave(&mut cx);
        }
    }

    /// Sends a command.
    pub fn send(&mut self, command: Command) {
        self.link.send(command);
    }

    /// Tells the engine what the panes that are to be seen want to know.
    fn attend(&mut self) {
        let tab = self.kept.view.tab;
        let layout = &mut self.kept.layout;
        let mut shows = |kinds: &[PaneKind]| kinds.iter().any(|kind| layout.shows(tab, *kind));
        let world = shows(&[PaneKind::World]);
        let values = shows(&[PaneKind::Values, PaneKind::Value]);
        let plan = shows(&[
            PaneKind::Samples,
            PaneKind::Iterations,
            PaneKind::Narrowing,
            PaneKind::Elites,
            PaneKind::Against,
            PaneKind::WhatIf,
            PaneKind::Story,
            PaneKind::Experts,
        ]);
        let paths = self.kept.view.paths;
        let options = AnatomyOptions {
            imagined: world && matches!(paths, PathChoice::Imagined | PathChoice::Both),
            real: world && matches!(paths, PathChoice::Real | PathChoice::Both),
            values,
            ..AnatomyOptions::default()
        };
        let wanted = options.imagined || options.real || values || plan;
        let command = Command::Attend(wanted.then_some(options));
        if self.attended.as_ref() != Some(&command) {
            self.link.send(command.clone());
            self.attended = Some(command);
        }
    }

    fn profile_ui(&mut self, ctx: &egui::Context) {
        let Self { profile, profile_shown, .. } = self;
        egui::Window::new("Frame profile").open(profile_shown).resizable(false).show(ctx, |ui| {
            let frame = profile.frame_ms().unwrap_or_default();
            ui.label(format!("The lab's own CPU time, medians of the last frames: {frame:.2} ms a frame."));
            egui::Grid::new("panes").num_columns(2).show(ui, |ui| {
                for (pane, ms) in profile.panes_ms() {
                    ui.label(pane);
                    ui.monospace(format!("{ms:.2} ms"));
                    ui.end_row();
                }
            });
        });
    }
}
