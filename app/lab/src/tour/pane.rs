//! The Tour tab: steps on the left, text in the middle, measurements on the right.

use bootstride_session::message::{Activity, Level, Stage};
use eframe::egui::{self, EventFilter, Key, Response, RichText, ScrollArea, Ui, pos2, vec2};
use serde::{Deserialize, Serialize};

use super::circle::circle_ui;
use super::control::control_ui;
use super::rich::rich;
use super::state::{Tour, plays};
use super::step::Step;
use super::steps::STEPS;
use crate::panes::{Context, Pane, PaneSpec, Place};
use crate::runs::RunIndex;
use crate::ui::number::{grouped, real};
use crate::ui::widgets::{button_ui, card_ui, heading_ui, primary_ui, raised_ui, title_ui, weak_ui, within_ui};
use crate::view::Tab;

/// Width of the list of steps, in points.
const LIST: f32 = 256.0;

/// Below this width figures are placed under the text.
const NARROW: f32 = 860.0;

/// Below this width the list of steps becomes a row of numbers above the text.
const SLIM: f32 = 620.0;

/// Height of a figure.
const PICTURE: f32 = 190.0;

/// Text size.
pub(super) const TEXT: f32 = 14.5;

/// The Tour tab. The user's progress is saved.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TourPane {
    /// The user's position.
    pub tour: Tour,
    /// The available runs, as sources of an agent.
    #[serde(skip)]
    pub run_index: RunIndex,
}

impl TourPane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        key: "Tour",
        places: &[Place::column(Tab::Tour, 0, 1.0).first()],
        least_width: 400.0,
        ..PaneSpec::new("tour", "Tour", "Tour")
    };
}

impl Pane for TourPane {
    fn banner_ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) -> bool {
        self.strip_ui(ui, cx)
    }

    fn leave(&mut self, cx: &mut Context<'_>) {
        self.tour.end(cx);
    }

    fn keep(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    fn restore(&mut self, kept: &str) {
        if let Ok(pane) = serde_json::from_str(kept) {
            *self = pane;
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        let now = ui.input(|input| input.time);
        self.tour.update(cx, now);
        self.run_index.poll(ui.ctx());
        let room = ui.available_rect_before_wrap();
        ui.painter().rect_filled(room, 0.0, cx.palette.background);
        let room = room.shrink(12.0);
        let wide = room.width() >= NARROW;
        let slim = room.width() < SLIM;
        let list = egui::Rect::from_min_size(room.min, vec2(LIST, room.height()));
        let mut navigation = if slim { Vec::new() } else { within_ui(ui, list, |ui| self.list_ui(ui, cx)) };
        let text_width =
            if wide { ((room.width() - LIST - 24.0) * 0.52).min(620.0) } else { room.width() - LIST - 12.0 };
        let text = egui::Rect::from_min_size(pos2(list.right() + 12.0, room.top()), vec2(text_width, room.height()));
        let text = if slim { room } else { text };
        within_ui(ui, text, |ui| {
            ScrollArea::vertical().id_salt("tour text").auto_shrink([false, false]).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 10.0;
                if slim {
                    navigation = self.numbers_ui(ui, cx);
                }
                match self.tour.step() {
                    Some(step) => navigation.extend(self.step_ui(ui, cx, step, !wide)),
                    None if self.tour.is_on() => self.end_ui(ui, cx),
                    None => self.start_ui(ui, cx),
                }
            });
        });
        if wide {
            let pictures = egui::Rect::from_min_max(pos2(text.right() + 12.0, room.top()), room.max);
            within_ui(ui, pictures, |ui| match self.tour.step() {
                Some(_) => self.pictures_ui(ui, cx),
                None => circle_ui(ui, cx.palette),
            });
        }
        self.keys(ui, &navigation);
    }
}

impl TourPane {
    /// Draws the steps; returns the responses that handle the arrow keys.
    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) -> Vec<Response> {
        let palette = cx.palette;
        let mut responses = Vec::new();
        card_ui(ui, palette, |ui| {
            heading_ui(ui, palette, "Guided tour");
            let done = self.tour.done().iter().filter(|done| **done).count();
            weak_ui(ui, palette, format!("{done} of {} tried", STEPS.len()));
            bar_ui(ui, cx, real(done) / real(STEPS.len()));
            ui.add_space(6.0);
            for (place, step) in STEPS.iter().enumerate() {
                let open = self.tour.is_on() && self.tour.place() == place;
                let colour = if open { palette.strong } else { palette.text };
                let text = RichText::new(format!("{}  {}", place + 1, step.title)).color(colour);
                let fill = if open { palette.active } else { palette.panel };
                let button = egui::Button::selectable(open, text).fill(fill).min_size(vec2(ui.available_width(), 30.0));
                let response = ui.add_enabled(self.tour.is_on(), button.truncate());
                if self.tour.done()[place] {
                    let centre = response.rect.right_center() - vec2(12.0, 0.0);
                    check_ui(ui, centre, palette.good);
                }
                if response.clicked() {
                    self.tour.go(place);
                }
                responses.push(response);
            }
            ui.add_space(6.0);
            if self.tour.is_on() {
                let leave = button_ui(ui, palette, "End tour");
                if leave.on_hover_text("Restores your planner settings").clicked() {
                    self.tour.end(cx);
                }
            }
        });
        responses
    }

    /// Draws the steps as a row of numbers; returns the responses that handle the arrow keys.
    fn numbers_ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) -> Vec<Response> {
        let palette = cx.palette;
        let mut responses = Vec::new();
        card_ui(ui, palette, |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().interact_size.y = 18.0;
                heading_ui(ui, palette, "Guided tour");
                let done = self.tour.done().iter().filter(|done| **done).count();
                weak_ui(ui, palette, format!("{done} of {} tried", STEPS.len()));
            });
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                ui.spacing_mut().button_padding.x = 6.0;
                for (place, step) in STEPS.iter().enumerate() {
                    let open = self.tour.is_on() && self.tour.place() == place;
                    let colour = match (self.tour.done()[place], open) {
                        (true, _) => palette.good,
                        (false, true) => palette.strong,
                        (false, false) => palette.text,
                    };
                    let fill = if open { palette.active } else { palette.raised };
                    let text = RichText::new((place + 1).to_string()).color(colour);
                    let button = egui::Button::selectable(open, text).fill(fill).min_size(vec2(28.0, 28.0));
                    let name = format!("{}  {}", place + 1, step.title);
                    let response =
                        ui.add_enabled(self.tour.is_on(), button).accessible_name(&name).on_hover_text(&name);
                    if response.clicked() {
                        self.tour.go(place);
                    }
                    responses.push(response);
                }
                if self.tour.is_on() {
                    let leave = button_ui(ui, palette, "End tour");
                    if leave.on_hover_text("Restores your planner settings").clicked() {
                        self.tour.end(cx);
                    }
                }
            });
        });
        responses
    }

    /// Draws a step: text, task, result. Returns the buttons that handle the arrow keys.
    fn step_ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>, step: &Step, pictures: bool) -> Vec<Response> {
        let palette = cx.palette;
        let mut responses = Vec::new();
        card_ui(ui, palette, |ui| {
            ui.spacing_mut().item_spacing.y = 10.0;
            weak_ui(ui, palette, format!("Step {} of {}", self.tour.place() + 1, STEPS.len()));
            title_ui(ui, palette, step.title);
            for paragraph in step.text {
                ui.label(rich(paragraph, palette, TEXT));
            }
            weak_ui(ui, palette, step.reference);
            self.task_ui(ui, cx, step);
            if let Some(text) = self.tour.revealed() {
                heading_ui(ui, palette, "Result");
                ui.label(rich(text, palette, TEXT));
            }
            ui.horizontal(|ui| {
                if self.tour.place() > 0 {
                    responses.push(button_ui(ui, palette, "Back"));
                    if responses.last().is_some_and(Response::clicked) {
                        self.tour.go(self.tour.place() - 1);
                    }
                }
                let met = self.tour.met(cx.history);
                let next = if met { primary_ui(ui, palette, "Next") } else { button_ui(ui, palette, "Skip") };
                if next.clicked() {
                    self.tour.go(self.tour.place() + 1);
                }
                responses.push(next);
                if button_ui(ui, palette, &format!("Show in {}", step.tab.title())).clicked() {
                    self.tour.show(cx);
                }
            });
        });
        if pictures {
            self.pictures_ui(ui, cx);
        }
        responses
    }

    /// Draws the task of the step, with its controls.
    fn task_ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>, step: &Step) {
        let palette = cx.palette;
        raised_ui(ui, palette, |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().interact_size.y = ui.spacing().interact_size.y.min(26.0);
                heading_ui(ui, palette, "Try it");
                let met = self.tour.met(cx.history);
                let (text, colour) = if met { ("done", palette.good) } else { ("not yet", palette.weak) };
                ui.label(RichText::new(text).color(colour).size(12.0));
                if met {
                    let (rect, _) = ui.allocate_exact_size(vec2(16.0, 16.0), egui::Sense::hover());
                    check_ui(ui, rect.center(), palette.good);
                }
            });
            ui.label(rich(step.task, palette, TEXT));
            if self.tour.is_set_up() {
                for control in step.controls {
                    control_ui(*control, ui, &mut self.tour, cx);
                }
            } else {
                waiting_ui(ui, cx);
            }
        });
    }

    fn pictures_ui(&self, ui: &mut Ui, cx: &mut Context<'_>) {
        let (Some(step), palette) = (self.tour.step(), cx.palette) else { return };
        let Some(scene) = &self.tour.scene else { return };
        ui.spacing_mut().item_spacing.y = 12.0;
        for exhibit in step.exhibits {
            card_ui(ui, palette, |ui| {
                let mut plot = exhibit.plot(scene, cx.history, cx.view.iteration, palette);
                plot.height = Some(PICTURE);
                plot.show(ui, palette);
            });
        }
        card_ui(ui, palette, |ui| {
            heading_ui(ui, palette, "What to look at");
            ui.label(rich(step.look, palette, 13.5));
            weak_ui(ui, palette, format!("Frozen at decision {}. {}", scene.decision, ground(cx)));
        });
    }

    /// The left and right keys change the step while one of the tour's buttons has the focus.
    fn keys(&mut self, ui: &Ui, responses: &[Response]) {
        let Some(focused) = responses.iter().find(|response| response.has_focus()) else { return };
        if self.tour.step().is_none() {
            return;
        }
        let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(focused.id, filter));
        let [left, right] = [Key::ArrowLeft, Key::ArrowRight].map(|key| ui.input(|input| input.key_pressed(key)));
        let place = self.tour.place();
        if left && place > 0 {
            self.tour.go(place - 1);
        } else if right {
            self.tour.go(place + 1);
        }
    }
}

/// Describes the conditions of the measurements.
fn ground(cx: &Context<'_>) -> &'static str {
    if plays(cx.history) {
        "The agent keeps playing with the step's settings, without learning; your settings are restored at the end."
    } else {
        "Training continues with your own settings: what you try here only replans the frozen state."
    }
}

/// Describes why there is nothing to try yet.
fn waiting_ui(ui: &mut Ui, cx: &Context<'_>) {
    let (palette, status) = (cx.palette, &cx.history.status);
    let text = match (status.activity.clone(), status.stage) {
        (Activity::Opening, _) => "Opening the agent\u{2026}".into(),
        (Activity::Idle, _) => "No agent is open yet.".into(),
        (_, Stage::Seed) => format!(
            "The agent acts at random for now (step {}) to collect data. It plans once it has learned a world model; \
             you can read on in the meantime.",
            grouped(status.env_step)
        ),
        (_, Stage::Pretraining) => "The world model learns from the collected data. The first plan comes next.".into(),
        _ => "Waiting for the first planned decision\u{2026}".into(),
    };
    weak_ui(ui, palette, text);
    let bad = cx.history.notices.iter().rev().find(|notice| notice.level == Level::Bad);
    if let Some(notice) = bad.filter(|_| status.activity == Activity::Idle) {
        ui.label(RichText::new(&notice.text).color(palette.bad).size(12.5));
    }
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(200));
}

/// Draws a thin progress bar.
fn bar_ui(ui: &mut Ui, cx: &Context<'_>, share: f32) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 4.0), egui::Sense::hover());
    ui.painter().rect_filled(rect, 2.0, cx.palette.active);
    let filled = egui::Rect::from_min_size(rect.min, vec2(rect.width() * share, rect.height()));
    ui.painter().rect_filled(filled, 2.0, cx.palette.good);
}

/// Draws a check mark, painted because not all fonts have one.
pub(super) fn check_ui(ui: &Ui, centre: egui::Pos2, colour: egui::Color32) {
    let points = [vec2(-4.5, 0.0), vec2(-1.5, 3.5), vec2(4.5, -4.0)].map(|offset| centre + offset);
    ui.painter().line(points.to_vec(), egui::Stroke::new(2.0, colour));
}
