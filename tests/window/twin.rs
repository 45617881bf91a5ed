//! The same lab without a window, operated alongside: from their labels it finds where things are in the other one.

use std::cell::RefCell;
use std::rc::Rc;

use bootstride_core::config::Config;
use bootstride_lab::shell::{Kept, Lab};
use bootstride_lab::view::{Cursor, Tab};
use bootstride_session::message::{Activity, NoSession, Stage, Status};
use bootstride_session::{Command, SessionLink, Update};
use eframe::egui::{self, Event, MouseWheelUnit, Pos2, Rect, Role, TouchPhase, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{Queryable as _, by};

use super::display::SIZE;
use super::sample::{analysis, decisions};

/// What was sent, and what is still to be reported.
#[derive(Default)]
struct Wire {
    sent: Vec<Command>,
    told: Option<Update>,
}

struct Recorder(Rc<RefCell<Wire>>);

impl SessionLink for Recorder {
    fn send(&mut self, command: Command) {
        self.0.borrow_mut().sent.push(command);
    }

    fn receive(&mut self) -> Option<Update> {
        self.0.borrow_mut().told.take()
    }
}

/// The twin.
pub struct Twin {
    harness: Harness<'static, Lab>,
    wire: Rc<RefCell<Wire>>,
}

impl Twin {
    /// A lab that was opened for the first time.
    pub fn new() -> Self {
        let wire = Rc::<RefCell<Wire>>::default();
        let links = Box::new(|| Box::new(NoSession::because("")) as _);
        let lab = Lab::new(Box::new(Recorder(wire.clone())), links, Kept::default(), None);
        let mut harness =
            Harness::builder().with_size(Vec2::from(SIZE)).build_ui_state(|ui, lab: &mut Lab| lab.ui(ui), lab);
        harness.run_steps(5);
        Self { harness, wire }
    }

    /// Where that is which has this label and can be operated.
    pub fn place_of(&self, label: &str) -> Rect {
        let rect = self.harness.get(by().label(label).predicate(|node| node.role() != Role::Label)).rect();
        let all = Rect::from_min_size(Pos2::ZERO, Vec2::from(SIZE));
        assert!(all.contains_rect(rect), "{label} is at {rect:?}");
        rect
    }

    /// Clicks it, and returns where.
    pub fn click(&mut self, label: &str) -> Pos2 {
        let at = self.place_of(label).center();
        self.harness.hover_at(at);
        self.harness.run_steps(2);
        self.harness.drag_at(at);
        self.harness.run_steps(2);
        self.harness.drop_at(at);
        self.harness.run_steps(4);
        at
    }

    /// Turns the wheel down to the end over the settings, and returns where.
    pub fn scroll_setup(&mut self) -> Pos2 {
        let at = Pos2::new(130.0, 400.0);
        self.harness.hover_at(at);
        for _ in 0..40 {
            let event = Event::MouseWheel {
                unit: MouseWheelUnit::Line,
                delta: Vec2::new(0.0, -1.0),
                phase: TouchPhase::Move,
                source: egui::MouseWheelSource::Unknown,
                modifiers: egui::Modifiers::NONE,
            };
            self.harness.event(event);
            self.harness.run_steps(1);
        }
        self.harness.run_steps(60);
        at
    }

    /// Writes into the field that was clicked.
    pub fn write(&mut self, text: &str) {
        self.harness.event(Event::Text(text.to_owned()));
        self.harness.run_steps(4);
    }

    /// The configuration that was sent for training.
    pub fn started(&self) -> Config {
        let wire = self.wire.borrow();
        let config = wire.sent.iter().find_map(|command| match command {
            Command::Train { config, .. } => Some((**config).clone()),
            _ => None,
        });
        config.expect("the button starts a run")
    }

    /// As when a run of this configuration was paused, and a decision of it frozen.
    pub fn paused_at_a_decision(&mut self, config: &Config) {
        let all = decisions(0..=0, 100);
        let newest = all.last().unwrap().number;
        let status = Status {
            activity: Activity::Paused,
            stage: Stage::Training,
            config: Some(Box::new(config.clone())),
            ..Status::default()
        };
        self.wire.borrow_mut().told = Some(Update {
            status,
            opened: true,
            decisions: all,
            analyses: vec![analysis(newest, &config.planner, 1, 12.0)],
            ..Update::default()
        });
        self.harness.run_steps(2);
        let view = &mut self.harness.state_mut().kept.view;
        (view.tab, view.cursor) = (Tab::Decision, Cursor::At(newest));
        self.harness.run_steps(4);
    }
}
