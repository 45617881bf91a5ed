//! The lab in a window, on the recorded session.

use std::path::Path;
use std::time::SystemTime;

use bootstride_core::run::{Manifest, RunFolder};
use bootstride_core::train::Event;
use bootstride_lab::panes::compare::{CompareChoices, Page, Player};
use bootstride_lab::shell::{Kept, Lab};
use bootstride_lab::view::{Cursor, PathChoice, Tab, Theme, View};
use bootstride_lab::{DeepLink, Host};
use bootstride_session::Update;
use bootstride_session::message::SessionLink;
use bootstride_session::seconds;
use eframe::egui::UiBuilder;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use crate::recorded::{Part, RecordedLink, session};

/// The window that the design was drawn for.
pub const WINDOW: [f32; 2] = [1280.0, 800.0];
/// Seconds to a frame.
const FRAME: f32 = 0.05;

/// A lab in the making.
pub struct Stand {
    pub view: View,
    /// What is open; none is nothing.
    pub part: Option<Part>,
    pub size: [f32; 2],
    pub scale: f32,
    /// What the Compare tab has loaded.
    pub compare: CompareChoices,
    /// The window or page around.
    pub place: Host,
    /// Where a link led.
    pub deep_link: DeepLink,
}

/// The lab, and the engine that it talks to.
pub struct Open {
    pub lab: Lab,
    pub engine: RecordedLink,
}

impl Stand {
    pub fn new(tab: Tab) -> Self {
        let view = View { tab, paths: PathChoice::Imagined, ..View::default() };
        Self {
            view,
            part: Some(Part::Training),
            size: WINDOW,
            scale: 1.0,
            compare: CompareChoices::default(),
            place: Host::default(),
            deep_link: DeepLink::default(),
        }
    }

    pub fn light(mut self) -> Self {
        self.view.theme = Theme::Light;
        self
    }

    /// Opens the window and lets it come to rest: the notices of the start have been read and are gone.
    pub fn open(self) -> Harness<'static, Open> {
        let mut kept = Kept { view: self.view, ..Kept::default() };
        kept.panes.insert("Compare".into(), serde_json::to_string(&self.compare).unwrap());
        let engine = self.part.map_or_else(RecordedLink::idle, RecordedLink::of);
        let links = Box::new(|| Box::new(RecordedLink::idle()) as Box<dyn SessionLink>);
        let mut lab = Lab::new(Box::new(engine.clone()), links, kept, Some(seconds)).at(self.place);
        lab.enter(&self.deep_link);
        let mut harness = Harness::builder()
            .with_size(self.size)
            .with_pixels_per_point(self.scale)
            .with_step_dt(FRAME)
            .with_render_cursor(false)
            .with_options(crate::ui::support::options())
            .build_ui_state(Open::ui, Open { lab, engine });
        harness.run_steps(12);
        // A frame of many seconds, in which notices fade.
        let now = harness.ctx.input(|input| input.time);
        harness.input_mut().time = Some(now + 20.0);
        harness.step();
        harness.input_mut().time = None;
        harness.run_steps(6);
        harness
    }
}

impl Open {
    /// Over the whole window: the harness would leave a rim.
    fn ui(ui: &mut eframe::egui::Ui, open: &mut Self) {
        let screen = ui.ctx().content_rect();
        let mut whole = ui.new_child(UiBuilder::new().max_rect(screen));
        whole.set_clip_rect(screen);
        open.lab.ui(&mut whole);
    }
}

/// Goes to the decision that the recorded questions were about, which is the newest, and asks them.
pub fn freeze(harness: &mut Harness<'_, Open>) {
    let number = harness.state().lab.history.newest().unwrap().number;
    harness.state_mut().lab.kept.view.cursor = Cursor::At(number);
    harness.run_steps(20);
    harness.get_by_label("Try these").click_accesskit();
    harness.run_steps(6);
}

/// The recorded evaluations as the folder of a run.
pub fn write_run(path: &Path) {
    let told = || session().training.iter();
    let config = told().find_map(|update| update.status.config.clone()).unwrap();
    let manifest = Manifest::new(&config, "small", "cpu", SystemTime::UNIX_EPOCH, ["bootstride".to_owned()]);
    let mut folder = RunFolder::create(path, &config, &manifest).unwrap();
    for event in told().flat_map(|update: &Update| &update.events) {
        if matches!(event, Event::Evaluation(_) | Event::EpisodeEnd { .. }) {
            folder.record(event).unwrap();
        }
    }
}

/// The Compare tab with that run.
pub fn comparing(folder: &Path, page: Page) -> Stand {
    let run = folder.join("bmpc-seed1");
    write_run(&run);
    let mut compare = CompareChoices { folders: vec![run.display().to_string()], page, ..CompareChoices::default() };
    compare.sides[0].folder.clone_from(&compare.folders[0]);
    compare.sides[1].folder.clone_from(&compare.folders[0]);
    // What is recorded was played by the planner.
    compare.sides[1].player = Player::Planner;
    Stand { compare, ..Stand::new(Tab::Compare) }
}

/// Waits until the runs of the Compare tab are read: that happens on a thread.
pub fn settle(harness: &mut Harness<'_, Open>) {
    for _ in 0..200 {
        harness.run_steps(2);
        if harness.query_by_label_contains("evaluations to step").is_some() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("the run was not read");
}
