//! The Compare tab: runs side by side as curves and in a table, and two agents playing from the same start state.

mod curves;
mod duel;
mod group;
mod loading;
mod play;

pub use duel::{Ahead, Choice, Duel, Side};
pub use group::{BandKind, Group, Player, Point, Summary, groups};
pub use loading::Entry;

use std::path::Path;

use bootstride_session::history::History;
use bootstride_session::message::SessionLink;
use eframe::egui::{self, Color32, ScrollArea, Ui, pos2, vec2};
use serde::{Deserialize, Serialize};

use self::loading::Loading;
use super::{Context, Pane, PaneSpec, Place};
use crate::runs::{RunCurves, RunIndex};
use crate::ui::Palette;
use crate::ui::widgets::{segmented_ui, within_ui};
use crate::view::Tab;

/// Creates a session for a side.
pub type LinkFactory = Box<dyn FnMut() -> Box<dyn SessionLink>>;

/// Creates a view of the world for a side.
pub type ViewFactory = Box<dyn FnMut() -> Box<dyn SideView>>;

/// The world of one side.
pub trait SideView {
    /// Draws the newest decision's world into the available room.
    fn ui(&mut self, ui: &mut Ui, history: &History, palette: &Palette);
}

/// Width of the list of runs, in points.
const LIST: f32 = 280.0;

/// Below this width the list is a separate page, in points.
const NARROW: f32 = 760.0;

/// The page of the tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Page {
    /// Curves and table.
    #[default]
    Curves,
    /// Two agents playing.
    Play,
}

/// The players whose curves are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shown {
    /// The planner's.
    Planner,
    /// The bare policy's.
    Policy,
    /// Both.
    #[default]
    Both,
}

/// The saved state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompareChoices {
    /// The loaded folders.
    pub folders: Vec<String>,
    /// The page of the tab.
    pub page: Page,
    /// The players whose curves are shown.
    pub shown: Shown,
    /// The kind of bands.
    pub band: BandKind,
    /// The task whose curves are shown; if empty, the first.
    pub task: String,
    /// The players of both sides.
    pub sides: [Choice; 2],
    /// Seed of the start state.
    pub seed: u64,
    /// Decisions per second.
    pub pace: f32,
}

impl Default for CompareChoices {
    fn default() -> Self {
        Self {
            folders: Vec::new(),
            page: Page::default(),
            shown: Shown::default(),
            band: BandKind::default(),
            task: String::new(),
            sides: [Choice::default(), Choice { player: Player::Policy, ..Choice::default() }],
            seed: 1,
            pace: 25.0,
        }
    }
}

/// The Compare tab.
pub struct ComparePane {
    /// The saved state.
    pub choices: CompareChoices,
    /// Runs found by the search.
    pub run_index: RunIndex,
    /// The duel.
    pub duel: Duel,
    /// Whether the list of runs is open, if it is a separate page.
    is_list: bool,
    loading: Loading,
    links: LinkFactory,
    views: ViewFactory,
}

impl ComparePane {
    /// Creates the pane with factories for the sessions and world views of the two sides.
    #[must_use]
    pub fn new(choices: CompareChoices, links: LinkFactory, views: ViewFactory) -> Self {
        let mut loading = Loading::default();
        for folder in &choices.folders {
            loading.open(folder);
        }
        let (run_index, duel) = (RunIndex::default(), Duel::default());
        Self { choices, run_index, duel, is_list: false, loading, links, views }
    }

    /// Loads a run or a checkpoint, as if dropped on the window.
    pub fn open(&mut self, folder: &str) {
        if self.loading.open(folder) {
            self.choices.folders.push(folder.trim().into());
        }
    }

    /// Returns the loaded runs, or the errors.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.loading.entries
    }

    /// Returns the runs that could be read.
    fn runs(&self) -> impl Iterator<Item = &RunCurves> {
        self.loading.entries.iter().filter_map(Entry::curves)
    }
}

impl ComparePane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        key: "Compare",
        places: &[Place::column(Tab::Compare, 0, 1.0)],
        ..PaneSpec::new("compare", "Compare", "Compare")
    };
}

impl Pane for ComparePane {
    fn keep(&self) -> Option<String> {
        serde_json::to_string(&self.choices).ok()
    }

    fn restore(&mut self, kept: &str) {
        if let Ok(choices) = serde_json::from_str::<CompareChoices>(kept) {
            for folder in &choices.folders {
                self.loading.open(folder);
            }
            self.choices = choices;
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        self.run_index.set_root(cx.place.runs());
        self.run_index.poll(ui.ctx());
        self.loading.poll(ui.ctx());
        for folder in dropped(ui) {
            self.open(&folder);
        }
        let now = ui.input(|input| input.time);
        self.duel.follow(now, self.choices.pace);
        if self.duel.playing {
            ui.ctx().request_repaint();
        }
        let room = ui.available_rect_before_wrap();
        ui.painter().rect_filled(room, 0.0, cx.palette.background);
        if room.width() < NARROW {
            within_ui(ui, room.shrink(8.0), |ui| self.narrow_ui(ui, cx, now));
            return;
        }
        let room = room.shrink(12.0);
        let list = egui::Rect::from_min_size(room.min, vec2(LIST, room.height()));
        within_ui(ui, list, |ui| {
            let scroll = ScrollArea::vertical().id_salt("compare list").auto_shrink([false, false]);
            scroll.show(ui, |ui| self.list_ui(ui, cx));
        });
        let rest = egui::Rect::from_min_max(pos2(list.right() + 12.0, room.top()), room.max);
        within_ui(ui, rest, |ui| {
            let pages = [
                (Page::Curves, "Curves", "Returns over training, averaged over seeds"),
                (Page::Play, "Play both", "Two agents from the same start state"),
            ];
            let top = egui::Rect::from_min_size(rest.min, vec2(260.0, 28.0));
            within_ui(ui, top, |ui| segmented_ui(ui, cx.palette, &pages, &mut self.choices.page));
            let below = egui::Rect::from_min_max(pos2(rest.left(), rest.top() + 40.0), rest.max);
            within_ui(ui, below, |ui| match self.choices.page {
                Page::Curves => self.curves_ui(ui, cx.palette),
                Page::Play => self.play_ui(ui, cx.palette, now),
            });
        });
    }
}

impl ComparePane {
    /// Draws the tab on a small screen, with the list of runs on a separate page.
    fn narrow_ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>, now: f64) {
        let pages = [
            (None, "Runs", "The runs to compare"),
            (Some(Page::Curves), "Curves", "Returns over training, averaged over seeds"),
            (Some(Page::Play), "Play both", "Two agents from the same start state"),
        ];
        let mut open = Some(self.choices.page).filter(|_| !self.is_list);
        segmented_ui(ui, cx.palette, &pages, &mut open);
        self.is_list = open.is_none();
        let Some(page) = open else {
            let scroll = ScrollArea::vertical().id_salt("compare list").auto_shrink([false, false]);
            scroll.show(ui, |ui| self.list_ui(ui, cx));
            return;
        };
        self.choices.page = page;
        match page {
            Page::Curves => self.curves_ui(ui, cx.palette),
            Page::Play => self.narrow_play_ui(ui, cx.palette, now),
        }
    }
}

/// Returns folders that were dropped on the window; for a file of a run or checkpoint, its folder. Archives are
/// unpacked by the shell.
fn dropped(ui: &Ui) -> Vec<String> {
    let files = ui.input(|input| input.raw.dropped_files.clone());
    let folder = |file: &egui::DroppedFileHandle| {
        let path = file.path();
        let is_of_a_run =
            |folder: &&Path| ["manifest.json", "checksums.json"].iter().any(|name| folder.join(name).is_file());
        let folder = if path.is_dir() { path } else { path.parent().filter(is_of_a_run)? };
        Some(folder.display().to_string())
    };
    files.iter().filter_map(folder).collect()
}

/// Colours of groups and agents. They differ from the standard colours, where magenta is a planner and blue a policy.
/// Each line is also labelled.
fn hue(place: usize, palette: &Palette) -> Color32 {
    const DARK: [[u8; 3]; 6] =
        [[167, 139, 250], [255, 159, 90], [79, 209, 197], [212, 225, 87], [244, 143, 177], [144, 164, 174]];
    const LIGHT: [[u8; 3]; 6] =
        [[98, 66, 200], [184, 84, 12], [8, 128, 120], [108, 122, 0], [176, 52, 104], [78, 100, 112]];
    let hues = if palette.dark { DARK } else { LIGHT };
    let [r, g, b] = hues[place % hues.len()];
    Color32::from_rgb(r, g, b)
}
