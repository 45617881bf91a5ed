//! The first view for new users: an agent that walks, and a card that explains it.

use eframe::egui::{self, Area, Frame, Id, Margin, Order, Rect, pos2, vec2};

use super::{Lab, PaneKind};
use crate::deep_link::DeepLink;
use crate::ui::Palette;
use crate::ui::theme::tall;
use crate::ui::widgets::{Icon, Paragraph, button_ui, icon_button_ui, primary_ui};
use crate::view::{Cursor, PathChoice, Tab};

/// Maximum width of the card, points.
const WIDTH: f32 = 440.0;
/// Height of the figures at the bottom of the world, points.
const FOOT: f32 = 62.0;

/// The user's choice on the card.
enum Answer {
    Tour,
    Train,
    Close,
}

impl Lab {
    /// Shows the welcome to a new user: the agent with this name plays with its plans drawn, and a card explains it
    /// until it is dismissed for good.
    pub fn welcome(&mut self, agent: &str) {
        self.enter(&DeepLink { agent: Some(agent.to_owned()), tab: Some(Tab::Train), ..DeepLink::default() });
        self.choose_pane(Tab::Train, PaneKind::World);
        let view = &mut self.kept.view;
        (view.cursor, view.kinds, view.follow) = (Cursor::Live, [true; 4], true);
        if view.paths == PathChoice::Off {
            view.paths = PathChoice::Imagined;
        }
        self.welcoming = true;
    }

    /// Draws the card over the world.
    pub(super) fn welcome_ui(&mut self, ctx: &egui::Context, palette: &Palette) {
        self.kept.view.covered = 0.0;
        if !self.welcoming || self.kept.welcomed || self.embed.is_some() || self.kept.view.tab != Tab::Train {
            return;
        }
        let Some(world) = self.rect_of(PaneKind::World) else { return };
        let width = WIDTH.min(world.width() - 24.0);
        let id = Id::unique("welcome");
        // Its height is known from the previous frame.
        let height = ctx.memory(|memory| memory.area_rect(id)).map_or(150.0, |rect| rect.height());
        let at = pos2(world.center().x - 0.5 * width, (world.bottom() - FOOT - height).max(world.top() + 8.0));
        self.kept.view.covered = world.bottom() - at.y;
        let mut answer = None;
        Area::new(id).order(Order::Middle).fixed_pos(at).constrain(false).show(ctx, |ui| {
            let frame = Frame::popup(ui.style()).fill(palette.panel).inner_margin(Margin::same(14));
            frame.show(ui, |ui| {
                ui.set_width(width - 28.0);
                answer = self.card_ui(ui, palette);
            });
        });
        let Some(answer) = answer else { return };
        self.kept.welcomed = true;
        match answer {
            Answer::Close => {}
            Answer::Tour => self.begin_tour(),
            Answer::Train => {
                let front = if self.start() { PaneKind::World } else { PaneKind::Setup };
                self.choose_pane(Tab::Train, front);
            }
        }
    }

    fn card_ui(&self, ui: &mut egui::Ui, palette: &Palette) -> Option<Answer> {
        let mut answer = None;
        let room = ui.available_width();
        let close = tall(ui, 26.0);
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| {
                ui.set_width(room - close - 8.0);
                self.says(palette).show(ui);
            });
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Min), |ui| {
                if icon_button_ui(ui, palette, Icon::Close, "Close the welcome").clicked() {
                    answer = Some(Answer::Close);
                }
            });
        });
        ui.add_space(2.0);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
            if primary_ui(ui, palette, "Take the tour (5 minutes)").clicked() {
                answer = Some(Answer::Tour);
            }
            let hint = "Trains a new agent from scratch in this window.";
            if button_ui(ui, palette, "Train your own").on_hover_text(hint).clicked() {
                answer = Some(Answer::Train);
            }
        });
        answer
    }

    /// At most three sentences.
    fn says(&self, palette: &Palette) -> Paragraph {
        let words = Paragraph::new(palette);
        let Some(config) = &self.history.status.config else {
            return words.text("Opening a trained agent, which plans every step it takes.");
        };
        let planner = &config.planner;
        let steps = if planner.horizon == 1 { "step" } else { "steps" };
        words
            .text("This agent plans ")
            .number(&format!("{} {steps}", planner.horizon), palette.plan)
            .text(" ahead: many times per second it imagines ")
            .number(&planner.samples.to_string(), palette.strong)
            .text(" sequences of actions, keeps the ")
            .number("best", palette.elite)
            .text(" and takes the first action of the ")
            .number("plan", palette.plan)
            .text(". The lines that start at its body are what it imagines.")
    }

    /// Returns the rectangle of a pane in this frame.
    pub(super) fn rect_of(&self, kind: PaneKind) -> Option<Rect> {
        self.drawn.iter().find(|(pane, _)| *pane == kind).map(|(_, rect)| *rect)
    }
}
