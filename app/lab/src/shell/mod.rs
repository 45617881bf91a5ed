//! The lab itself: tabs, bar, shortcuts, notices and dropped files around the panes.

mod bar;
mod drops;
mod embed;
mod failure;
mod keys;
mod layout;
#[cfg(not(target_family = "wasm"))]
mod native;
mod navigate;
mod notices;
mod page;
mod profile;
mod small;
mod welcome;

use std::collections::BTreeMap;
use std::ops::BitOr as _;

use bootstride_core::inspect::AnalysisOptions;
use bootstride_session::history::History;
use bootstride_session::message::{Activity, Command, Notice, SessionLink, Stage};
use eframe::egui::{self, CentralPanel, Frame, Panel, Rect};
use serde::{Deserialize, Serialize};

pub use drops::{Dropped, recognise, unpack_file};
pub use layout::Layout;
#[cfg(not(target_family = "wasm"))]
pub use native::run;
pub use profile::Profile;

use self::layout::Tiling;
use super::catalog::{PaneKind, Tools, panes};
use super::host::Host;
use super::panes::compare::LinkFactory;
use super::panes::{Context, Needs, Pane};
use super::ui::widgets::{link_ui, weak_ui};
use super::ui::{Exports, Palette, theme};
use super::view::{Cursor, Tab, View};

/// Time after user input during which frames come at the display's rate, s.
const TOUCHED_SECONDS: f64 = 1.0;
/// Frame interval while the CPU trains, s.
const SPARING_SECONDS: f32 = 1.0 / 30.0;
/// Frame interval while the CPU trains and renders, s: a frame takes a third of a second.
const SOFTWARE_LEARNING_SECONDS: f32 = 1.0;
/// Frame interval while an agent plays and the CPU renders, s.
const SOFTWARE_PLAYING_SECONDS: f32 = 0.25;

/// Behaviour of a page while its tab is hidden.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hidden {
    /// The session continues.
    #[default]
    GoOn,
    /// The session pauses until the tab is visible again.
    Pause,
}

/// State saved between sessions of the lab.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The view.
    pub view: View,
    /// The layout of the panes.
    pub layout: Layout,
    /// The saved state of each pane.
    pub panes: BTreeMap<String, String>,
    /// Behaviour of a page while its tab is hidden.
    pub hidden: Hidden,
    /// Whether the welcome card was dismissed.
    pub welcomed: bool,
}

/// The lab.
#[allow(clippy::struct_excessive_bools, reason = "what is open or happened, each on its own")]
pub struct Lab {
    link: Box<dyn SessionLink>,
    /// The surrounding window or page.
    pub place: Host,
    /// The session's reports.
    pub history: History,
    /// State saved between sessions of the lab.
    pub kept: Kept,
    panes: BTreeMap<PaneKind, Box<dyn Pane>>,
    /// The frame profile.
    pub profile: Profile,
    /// The last subscription sent to the session.
    attended: Option<Command>,
    toasts: notices::Toasts,
    help: bool,
    profile_shown: bool,
    dropped: Option<drops::Dropped>,
    exports: Exports,
    /// Time of the last pointer or key event, in egui's time.
    touched_at: f64,
    /// Whether touch input was detected.
    fingers: bool,
    /// Whether there is room for one pane only.
    is_small: bool,
    /// The pane shown on a small screen, per tab.
    chosen: BTreeMap<Tab, PaneKind>,
    /// The pane shown alone on a large screen, and its tab.
    alone: Option<(Tab, PaneKind)>,
    /// The layout if embedded in another page.
    embed: Option<embed::Embed>,
    /// The agent that was last asked to play: its folder and seed.
    watched: Option<(String, u64)>,
    /// Whether the welcome card is shown.
    welcoming: bool,
    /// Whether stored runs are about to be cleared.
    clearing: bool,
    /// The panes drawn in this frame, with their rectangles.
    drawn: Vec<(PaneKind, Rect)>,
}

impl Lab {
    /// Creates a lab for a session. `links` starts more sessions for comparisons; `clock` measures the lab's own time.
    #[must_use]
    pub fn new(link: Box<dyn SessionLink>, links: LinkFactory, kept: Kept, clock: Option<fn() -> f64>) -> Self {
        let panes = panes(&Tools::new(links), &kept.panes);
        Self {
            link,
            place: Host::default(),
            history: History::default(),
            kept,
            panes,
            profile: Profile::new(clock),
            attended: None,
            toasts: notices::Toasts::default(),
            help: false,
            profile_shown: false,
            dropped: None,
            exports: Exports::default(),
            touched_at: 0.0,
            fingers: false,
            is_small: false,
            chosen: BTreeMap::new(),
            alone: None,
            embed: None,
            watched: None,
            welcoming: false,
            clearing: false,
            drawn: Vec::new(),
        }
    }

    /// Sets the host of the lab.
    #[must_use]
    pub fn at(self, place: Host) -> Self {
        Self { place, ..self }
    }

    /// Returns the time until the next frame if there is no input, s; 0 is the display's own rate.
    #[must_use]
    pub fn frame_seconds(&self) -> f32 {
        self.kept.view.frame_seconds
    }

    /// Returns the current state to save.
    #[must_use]
    pub fn keep(&self) -> Kept {
        if let Some(embed) = &self.embed {
            return embed.kept().clone();
        }
        let mut kept = self.kept.clone();
        kept.panes =
            self.panes.iter().filter_map(|(kind, pane)| Some((kind.spec().key.into(), pane.keep()?))).collect();
        kept
    }

    /// Receives the session's reports. Call this also while the lab is hidden.
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
        ui.ctx().set_zoom_factor(self.kept.view.zoom.clamp(0.5, 3.0));
        self.fit(ui.ctx());
        theme::apply(ui.ctx(), self.kept.view.theme);
        self.set_frame_rate(ui.ctx());
        let palette = Palette::of(self.kept.view.theme);
        self.shortcuts(ui.ctx());
        self.take_drops(ui.ctx());
        self.drawn.clear();
        self.panes_ui(ui, &palette);
        self.behind(ui, &palette);
        self.welcome_ui(ui.ctx(), &palette);
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

    /// Draws the bar and the panes according to the available room.
    fn panes_ui(&mut self, ui: &mut egui::Ui, palette: &Palette) {
        if self.embed.is_some() {
            self.embed_strip_ui(ui, palette);
            self.failure_ui(ui, palette);
            self.embed_ui(ui, palette);
            return;
        }
        let margin = if self.is_small { egui::Margin::symmetric(6, 2) } else { egui::Margin::symmetric(14, 6) };
        let bar = Panel::top("bar").frame(Frame::new().fill(palette.panel).inner_margin(margin));
        let is_small = self.is_small;
        bar.show_separator_line(false)
            .show(ui, |ui| if is_small { self.small_bar_ui(ui, palette) } else { self.bar_ui(ui, palette) });
        self.failure_ui(ui, palette);
        self.banners_ui(ui, palette);
        if is_small {
            self.small_ui(ui, palette);
            return;
        }
        let alone = self.alone.filter(|(tab, _)| *tab == self.kept.view.tab).map(|(_, pane)| pane);
        CentralPanel::default().frame(Frame::new().fill(palette.background)).show(ui, |ui| match alone {
            Some(pane) => self.alone_ui(ui, palette, pane),
            None => self.tiles_ui(ui, palette),
        });
    }

    /// Lets the timeline request the analysis of the shown decision even if it is not visible. Tabs without it need none:
    /// Compare has its own worlds, and the tour makes its own requests.
    fn behind(&mut self, ui: &mut egui::Ui, palette: &Palette) {
        let Some(strip) = PaneKind::strip_of(self.kept.view.tab) else { return };
        if self.drawn.iter().any(|(pane, _)| *pane == strip) {
            return;
        }
        let Self { history, kept, link, panes, place, .. } = self;
        let mut cx = Context { history, view: &mut kept.view, link: &mut **link, palette, place };
        if let Some(pane) = panes.get_mut(&strip) {
            pane.behind(ui, &mut cx);
        }
    }

    /// Draws a single pane, and a link back to the others.
    fn alone_ui(&mut self, ui: &mut egui::Ui, palette: &Palette, pane: PaneKind) {
        let title = pane.spec().title;
        let frame = Frame::new().fill(palette.active).inner_margin(egui::Margin::symmetric(14, 4));
        frame.show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.set_width(ui.available_width());
                weak_ui(ui, palette, format!("{title}, alone"));
                if link_ui(ui, palette, "Show all panes").on_hover_text("Esc").clicked() {
                    self.alone = None;
                }
            });
        });
        let room = ui.available_rect_before_wrap();
        self.one_pane_ui(ui, palette, room, pane);
    }

    /// Scales the interface for this screen and for touch input.
    fn fit(&mut self, ctx: &egui::Context) {
        let touched = |event: &egui::Event| matches!(event, egui::Event::Touch { .. });
        self.fingers |= ctx.input(|input| input.events.iter().any(touched));
        self.is_small = small::is_small(ctx) && self.embed.is_none();
        theme::set_for_fingers(ctx, self.fingers || self.is_small);
    }

    /// Returns the frame interval: the display's own rate, except while the CPU trains at full speed without user
    /// input. Then frames would slow down learning, and half the rate is enough to see a body move. With CPU rendering
    /// it is much lower.
    fn set_frame_rate(&mut self, ctx: &egui::Context) {
        let status = &self.history.status;
        let (now, is_touched) = ctx.input(|input| (input.time, input.pointer.is_moving() || !input.events.is_empty()));
        if is_touched {
            self.touched_at = now;
        }
        let is_left_alone = now - self.touched_at > TOUCHED_SECONDS;
        // With CPU rendering, the GPU used for training is most likely the CPU too.
        let is_busy = !status.on_gpu || self.place.draws_in_software;
        let works = status.activity == Activity::Running && is_busy && is_left_alone;
        let learns = status.stage != Stage::Playing;
        self.kept.view.frame_seconds = match (works, learns, self.place.draws_in_software) {
            (true, true, true) => SOFTWARE_LEARNING_SECONDS,
            (true, false, true) => SOFTWARE_PLAYING_SECONDS,
            (true, true, false) => SPARING_SECONDS,
            (true, false, false) | (false, ..) => 0.0,
        };
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
        // Taken out so that panes can change the tab while the tree is being drawn.
        let mut tree =
            std::mem::replace(self.kept.layout.tree(tab), egui_tiles::Tree::empty(egui::Id::unique("drawn")));
        let (view, link) = (&mut self.kept.view, &mut *self.link);
        let mut cx = Context { history: &self.history, view, link, palette, place: &mut self.place };
        let (drawn, mut alone) = (&mut self.drawn, None);
        let mut tiling =
            Tiling { panes: &mut self.panes, cx: &mut cx, profile: &mut self.profile, drawn, alone: &mut alone };
        let squeezed = layout::squeeze(&mut tree, ui.available_width());
        tree.ui(&mut tiling, ui);
        layout::release(&mut tree, squeezed);
        if let Some(pane) = alone {
            self.alone = Some((tab, pane));
        }
        *self.kept.layout.tree(tab) = tree;
    }

    /// Draws a pane into a rectangle.
    fn one_pane_ui(&mut self, ui: &mut egui::Ui, palette: &Palette, rect: Rect, kind: PaneKind) {
        let (view, link) = (&mut self.kept.view, &mut *self.link);
        let mut cx = Context { history: &self.history, view, link, palette, place: &mut self.place };
        let (drawn, alone) = (&mut self.drawn, &mut None);
        let mut tiling = Tiling { panes: &mut self.panes, cx: &mut cx, profile: &mut self.profile, drawn, alone };
        tiling.draw(ui, rect, kind);
    }

    /// Shows a notice to the user, like those of the session.
    pub fn tell(&mut self, notices: &[Notice]) {
        self.toasts.take(notices);
        self.history.note(notices);
    }

    /// Returns the panes drawn in the last frame, with their rectangles.
    #[must_use]
    pub fn drawn(&self) -> &[(PaneKind, Rect)] {
        &self.drawn
    }

    /// Lets the panes restore settings before the lab closes.
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

    /// Sends the subscriptions of the visible panes to the session.
    fn attend(&mut self) {
        let needs = |(kind, _): &(PaneKind, Rect)| (kind.spec().needs)(&self.kept.view);
        let needs = self.drawn.iter().map(needs).fold(Needs::NOTHING, Needs::bitor);
        let Needs { imagined, real, values, .. } = needs;
        let options = AnalysisOptions { imagined, real, values, ..AnalysisOptions::default() };
        let wanted = needs != Needs::NOTHING;
        let every_seconds = self.kept.view.frame_seconds;
        let command = Command::Subscribe { options: wanted.then_some(options), every_seconds };
        if self.attended.as_ref() != Some(&command) {
            self.link.send(command.clone());
            self.attended = Some(command);
        }
    }

    fn profile_ui(&mut self, ctx: &egui::Context) {
        let Self { profile, profile_shown, .. } = self;
        egui::Window::new("Frame profile").open(profile_shown).resizable(false).show(ctx, |ui| {
            let frame = profile.frame_ms().unwrap_or_default();
            ui.label(format!("CPU time of the lab, medians of the last frames: {frame:.2} ms per frame."));
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
