//! The Tour tab: the steps at the left, the text in the middle, what was measured at the right.

use eframe::egui::{self, EventFilter, Key, Response, RichText, ScrollArea, Ui, pos2, vec2};
use serde::{Deserialize, Serialize};

use super::circle::circle_ui;
use super::control::control_ui;
use super::rich::rich;
use super::state::{Tour, plays};
use super::step::Step;
use super::steps::STEPS;
use crate::lab::panes::{Context, Pane};
use crate::lab::runs::RunIndex;
use crate::lab::ui::number::{grouped, real};
use crate::lab::ui::widgets::{button_ui, card_ui, heading_ui, primary_ui, raised_ui, title_ui, weak_ui, within_ui};
use crate::session::message::{Activity, Level, Stage};

/// Width of the list of steps, in points.
const LIST: f32 = 256.0;

/// Below this width the pictures go under the text.
const NARROW: f32 = 860.0;

/// Below this width the list of steps becomes a row of numbers above the text.
const SLIM: f32 = 620.0;

/// Height of a picture.
const PICTURE: f32 = 190.0;

/// Size of the text.
pub(super) const TEXT: f32 = 14.5;

/// The Tour tab. What is kept between starts is how far the person came.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TourPane {
    /// Where the person is.
    pub tour: Tour,
    /// The runs there are, to take an agent from.
    #[serde(skip)]
    pub run_index: RunIndex,
}

impl Pane for TourPane {
    fn title(&self) -> &'static str {
        "Tour"
    }

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
    /// The steps; gives the responses that the arrow keys work on.
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
                if leave.on_hover_text("Your planner settings come back").clicked() {
                    self.tour.end(cx);
                }
            }
        });
        responses
    }

    /// The steps as a row of numbers; gives the responses that the arrow keys work on.
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
                    if leave.on_hover_text("Your planner settings come back").clicked() {
                        self.tour.end(cx);
                    }
                }
            });
        });
        responses
    }

    /// A step: text, task, what came of it. Gives the buttons that the arrow keys work on.
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
                heading_ui(ui, palette, "What came of it");
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
                if button_ui(ui, palette, &format!("See it in {}", step.tab.title())).clicked() {
                    self.tour.show(cx);
                }
            });
        });
        if pictures {
            self.pictures_ui(ui, cx);
        }
        responses
    }

    /// What the person is asked to try, with what it takes.
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

    /// Left and right turn the pages while one of the tour's own buttons has the focus.
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

/// On what ground the numbers stand.
fn ground(cx: &Context<'_>) -> &'static str {
    if plays(cx.history) {
        "The agent plays on under the step's settings; nothing is learned from it, and yours come back at the end."
    } else {
        "Training goes on with your own settings: what you try here is planned on the frozen state alone."
    }
}

/// Why there is nothing to try yet.
fn waiting_ui(ui: &mut Ui, cx: &Context<'_>) {
    let (palette, status) = (cx.palette, &cx.history.status);
    let text = match (status.activity.clone(), status.stage) {
        (Activity::Opening, _) => "The agent is being opened\u{2026}".into(),
        (Activity::Idle, _) => "No agent is open yet.".into(),
        (_, Stage::Seed) => format!(
            "The agent acts at random for now (step {}), to see something of its world. It plans once it has a model of it; \
             read on meanwhile.",
            grouped(status.env_step)
        ),
        (_, Stage::Pretraining) => "The world model learns from what was seen. The first plan comes next.".into(),
        _ => "Waiting for the first planned decision\u{2026}".into(),
    };
    weak_ui(ui, palette, text);
    let bad = cx.history.notices.iter().rev().find(|notice| notice.level == Level::Bad);
    if let Some(notice) = bad.filter(|_| status.activity == Activity::Idle) {
        ui.label(RichText::new(&notice.text).color(palette.bad).size(12.5));
    }
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(200));
}

/// A thin bar that says how much is done.
fn bar_ui(ui: &mut Ui, cx: &Context<'_>, share: f32) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 4.0), egui::Sense::hover());
    ui.painter().rect_filled(rect, 2.0, cx.palette.active);
    let filled = egui::Rect::from_min_size(rect.min, vec2(rect.width() * share, rect.height()));
    ui.painter().rect_filled(filled, 2.0, cx.palette.good);
}

/// A check mark, drawn so that no font has to have it.
pub(super) fn check_ui(ui: &Ui, centre: egui::Pos2, colour: egui::Color32) {
    let points = [vec2(-4.5, 0.0), vec2(-1.5, 3.5), vec2(4.5, -4.0)].map(|offset| centre + offset);
    ui.painter().line(points.to_vec(), egui::Stroke::new(2.0, colour));
}
