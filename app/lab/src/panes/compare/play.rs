//! The page "Play both": the players, the two worlds, and their growing returns.

use eframe::egui::{self, Color32, DragValue, RichText, ScrollArea, Ui, pos2, vec2};

use super::duel::{Ahead, Choice, Side};
use super::group::Player;
use super::{ComparePane, hue};
use crate::ui::number::{figure, real, signed_figure};
use crate::ui::widgets::{
    button_ui, card_ui, combo_field_ui, empty_ui, key_figure_ui, primary_ui, segmented_ui, weak_ui, within_ui,
};
use crate::ui::{Axis, Mark, Palette, Plot};

/// Height of the player selection, in points.
const CHOICE: f32 = 76.0;

/// Height of the returns' plot, in points.
const PLOT: f32 = 170.0;

/// Height of a world on a small screen, in points.
const NARROW_WORLD: f32 = 260.0;

/// Below this width the figures of a side take two lines, in points.
const TWO_LINES: f32 = 420.0;

/// Below this width the bar takes two rows, in points.
const TWO_ROWS: f32 = 480.0;

/// Names of the sides.
const NAMES: [&str; 2] = ["Left", "Right"];

impl ComparePane {
    /// Two agents from the same start state.
    pub(super) fn play_ui(&mut self, ui: &mut Ui, palette: &Palette, now: f64) {
        let agents = self.agents();
        if agents.is_empty() {
            empty_ui(
                ui,
                palette,
                "Add a run first. Its planner can play against its own bare policy, or two agents against each other.",
            );
            return;
        }
        self.default_sides(&agents);
        let room = ui.available_rect_before_wrap();
        let half = (room.width() - 12.0) / 2.0;
        let column = |place: f32, top: f32, height: f32| {
            egui::Rect::from_min_size(pos2(room.left() + place * (half + 12.0), top), vec2(half, height))
        };
        let top = room.top();
        for (place, left) in [0.0, 1.0].into_iter().enumerate() {
            within_ui(ui, column(left, top, CHOICE), |ui| self.choice_ui(ui, palette, place, &agents));
        }
        let bar_top = top + CHOICE + 8.0;
        let bar = egui::Rect::from_min_size(pos2(room.left(), bar_top), vec2(room.width(), 32.0));
        let trouble = self.trouble(&agents);
        within_ui(ui, bar, |ui| self.bar_ui(ui, palette, trouble.as_deref(), now));
        let worlds_top = bar_top + 44.0;
        let worlds = (room.bottom() - worlds_top - PLOT - 44.0).max(80.0);
        if self.duel.sides.is_empty() {
            let empty = egui::Rect::from_min_max(pos2(room.left(), worlds_top), room.max);
            within_ui(ui, empty, |ui| {
                empty_ui(ui, palette, "Play starts both in the same state and runs them in lockstep.");
            });
            return;
        }
        for (place, left) in [0.0, 1.0].into_iter().enumerate() {
            let Some(side) = self.duel.sides.get_mut(place) else { continue };
            within_ui(ui, column(left, worlds_top, worlds), |ui| side_ui(ui, palette, side, NAMES[place]));
        }
        let plot = egui::Rect::from_min_max(pos2(room.left(), worlds_top + worlds + 12.0), room.max);
        within_ui(ui, plot, |ui| {
            card_ui(ui, palette, |ui| {
                let mut plot = self.returns(palette);
                plot.height = Some(PLOT);
                plot.show(ui, palette);
            });
        });
    }

    /// Draws the page on a small screen: one side below the other.
    pub(super) fn narrow_play_ui(&mut self, ui: &mut Ui, palette: &Palette, now: f64) {
        let agents = self.agents();
        if agents.is_empty() {
            empty_ui(ui, palette, "Add a run first. Its planner can play against its own bare policy.");
            return;
        }
        self.default_sides(&agents);
        let trouble = self.trouble(&agents);
        ScrollArea::vertical().id_salt("compare play").auto_shrink([false, false]).show(ui, |ui| {
            for place in 0..NAMES.len() {
                self.choice_ui(ui, palette, place, &agents);
            }
            self.bar_ui(ui, palette, trouble.as_deref(), now);
            if self.duel.sides.is_empty() {
                weak_ui(ui, palette, "Play starts both in the same state and runs them in lockstep.");
                return;
            }
            for (side, name) in self.duel.sides.iter_mut().zip(NAMES) {
                let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), NARROW_WORLD), egui::Sense::hover());
                within_ui(ui, rect, |ui| side_ui(ui, palette, side, name));
            }
            card_ui(ui, palette, |ui| {
                let mut plot = self.returns(palette);
                plot.height = Some(PLOT);
                plot.show(ui, palette);
            });
        });
    }

    /// Returns the possible players: folder, name and task of the loaded runs.
    fn agents(&self) -> Vec<(String, String, String)> {
        self.runs().map(|run| (run.folder.clone(), run.name.clone(), run.task.clone())).collect()
    }

    /// Chooses default players: one agent against its own policy, or the first two of a task.
    fn default_sides(&mut self, agents: &[(String, String, String)]) {
        let awaited = |choice: &Choice| {
            self.loading.entries.iter().any(|entry| entry.read.is_none() && entry.folder == choice.folder)
        };
        // A saved choice stays while its run is still being loaded.
        let known = |choice: &Choice| awaited(choice) || agents.iter().any(|(folder, ..)| *folder == choice.folder);
        let known = self.choices.sides.each_ref().map(known);
        let (first, _, task) = &agents[0];
        if !known[0] {
            self.choices.sides[0] = Choice { folder: first.clone(), player: Player::Planner };
        }
        if !known[1] {
            let other = agents.iter().skip(1).find(|(.., other)| other == task);
            self.choices.sides[1] = match other {
                Some((folder, ..)) => Choice { folder: folder.clone(), player: Player::Planner },
                None => Choice { folder: first.clone(), player: Player::Policy },
            };
        }
    }

    /// Returns the reason why the two cannot play.
    fn trouble(&self, agents: &[(String, String, String)]) -> Option<String> {
        let task = |choice: &Choice| agents.iter().find(|(folder, ..)| *folder == choice.folder).map(|agent| &agent.2);
        let [left, right] = [task(&self.choices.sides[0]), task(&self.choices.sides[1])];
        match (left, right) {
            (Some(left), Some(right)) if left != right => {
                Some(format!("{left} and {right} have no start state in common: choose two agents of the same task"))
            }
            _ => None,
        }
    }

    fn choice_ui(&mut self, ui: &mut Ui, palette: &Palette, place: usize, agents: &[(String, String, String)]) {
        let choice = &mut self.choices.sides[place];
        let title = |folder: &str| {
            let agent = agents.iter().find(|agent| agent.0 == *folder);
            agent.map_or(String::new(), |(_, name, task)| format!("{task}, {name}"))
        };
        let chosen = title(&choice.folder);
        combo_field_ui(ui, palette, NAMES[place], &chosen, |ui| {
            for (folder, ..) in agents {
                if ui.selectable_label(*folder == choice.folder, title(folder)).clicked() {
                    choice.folder.clone_from(folder);
                }
            }
        });
        let names = match place {
            0 => ["Left planner", "Left policy"],
            _ => ["Right planner", "Right policy"],
        };
        let players = [
            (Player::Planner, names[0], "Guided MPPI decides"),
            (Player::Policy, names[1], "The bare policy's mean action is used"),
        ];
        segmented_ui(ui, palette, &players, &mut choice.player);
    }

    /// Draws play, pause, restart; seed and pace; and who is ahead.
    fn bar_ui(&mut self, ui: &mut Ui, palette: &Palette, trouble: Option<&str>, now: f64) {
        row_ui(ui, TWO_ROWS, |ui| {
            let chosen = |side: &Side, choice: &Choice| side.choice == *choice;
            let same = self.duel.sides.len() == 2
                && self.duel.sides.iter().zip(&self.choices.sides).all(|(side, choice)| chosen(side, choice));
            let fresh = !same || self.duel.is_over();
            let label = if self.duel.playing && same { "Pause" } else { "Play" };
            let clicked = ui.add_enabled_ui(trouble.is_none(), |ui| primary_ui(ui, palette, label).clicked()).inner;
            let restart = ui.add_enabled_ui(trouble.is_none() && !self.duel.sides.is_empty(), |ui| {
                button_ui(ui, palette, "Restart").clicked()
            });
            if (clicked && fresh) || restart.inner {
                let (sides, seed) = (self.choices.sides.clone(), self.choices.seed);
                self.duel.start(&sides, seed, &mut self.links, &mut self.views);
                self.duel.follow(now, self.choices.pace);
            } else if clicked {
                self.duel.playing = !self.duel.playing;
            }
            let step = ui.add_enabled_ui(!self.duel.playing && same && !self.duel.is_over(), |ui| {
                button_ui(ui, palette, "Step").clicked()
            });
            if step.inner {
                self.duel.step();
            }
            let name = weak_ui(ui, palette, "seed");
            ui.add(DragValue::new(&mut self.choices.seed).range(0..=u64::from(u32::MAX))).labelled_by(name.id);
            let name = weak_ui(ui, palette, "decisions/s");
            ui.add(DragValue::new(&mut self.choices.pace).range(1.0..=200.0).max_decimals(0)).labelled_by(name.id);
            if let Some(trouble) = trouble {
                ui.label(RichText::new(trouble).color(palette.bad));
            }
        });
    }

    /// Draws the returns over time.
    fn returns(&self, palette: &Palette) -> Plot {
        let sides = &self.duel.sides;
        let colours = side_colours(sides, palette);
        let mut marks = Vec::new();
        for ((side, name), colour) in sides.iter().zip(NAMES).zip(colours) {
            let point = |(t, so_far): (usize, &f32)| [f64::from(real(t + 1)), f64::from(*so_far)];
            let points = std::iter::once([0.0, 0.0]).chain(side.returns.iter().enumerate().map(point)).collect();
            let label = format!("{} {}", name.to_lowercase(), player_name(side.choice.player));
            marks.push(Mark::Line { label, colour, width: 2.0, points });
        }
        let over = if self.duel.is_over() { "won" } else { "ahead" };
        let merit = match self.duel.ahead() {
            Ahead::Left(lead) => (format!("left {over} by {}", figure(lead)), Some(palette.good)),
            Ahead::Right(lead) => (format!("right {over} by {}", figure(lead)), Some(palette.good)),
            Ahead::Even => ("even".into(), None),
        };
        Plot {
            title: format!("Return so far, t = {}", self.duel.t()),
            merit: Some(merit),
            x: Axis { label: "decisions".into(), at_least: Some([0.0, 50.0]), ..Axis::default() },
            y: Axis { label: "return".into(), at_least: Some([0.0, 1.0]), ..Axis::default() },
            marks,
            empty: "No decision yet".into(),
            ..Plot::default()
        }
    }
}

/// Draws a row, which wraps if there is less room than `least`.
fn row_ui(ui: &mut Ui, least: f32, add: impl FnOnce(&mut Ui)) {
    if ui.available_width() < least {
        ui.horizontal_wrapped(add)
    } else {
        ui.horizontal(add)
    };
}

/// Returns the standard colours for planner against policy, or two other colours for two of a kind.
fn side_colours(sides: &[Side], palette: &Palette) -> [Color32; 2] {
    let own = |side: &Side| match side.choice.player {
        Player::Planner => palette.plan,
        Player::Policy => palette.policy,
    };
    match sides {
        [left, right] if left.choice.player != right.choice.player => [own(left), own(right)],
        _ => [hue(0, palette), hue(1, palette)],
    }
}

fn player_name(player: Player) -> &'static str {
    match player {
        Player::Planner => "planner",
        Player::Policy => "policy",
    }
}

/// Draws the world of a side, and its figures.
fn side_ui(ui: &mut Ui, palette: &Palette, side: &mut Side, name: &str) {
    let room = ui.available_rect_before_wrap();
    ui.painter().rect_filled(room, 10.0, palette.panel);
    if let Some(failure) = side.failure() {
        let text = failure.to_owned();
        within_ui(ui, room.shrink(14.0), |ui| ui.label(RichText::new(text).color(palette.bad)));
        return;
    }
    let foot = if room.width() < TWO_LINES { 52.0 } else { 30.0 };
    let world = egui::Rect::from_min_max(room.min, room.max - vec2(0.0, foot));
    within_ui(ui, world, |ui| side.view.ui(ui, &side.history, palette));
    let line = egui::Rect::from_min_max(pos2(room.left() + 14.0, room.bottom() + 4.0 - foot), room.max);
    within_ui(ui, line, |ui| {
        if room.width() < TWO_LINES {
            ui.spacing_mut().item_spacing.y = 4.0;
            ui.spacing_mut().interact_size.y = 18.0;
        }
        row_ui(ui, TWO_LINES, |ui| {
            let colour = if side.choice.player == Player::Planner { palette.plan } else { palette.policy };
            let last = side.returns.last().copied().unwrap_or_default();
            key_figure_ui(
                ui,
                palette,
                &format!("{name} {}, return", player_name(side.choice.player)),
                &figure(last),
                Some(colour),
            );
            let reward = side.history.newest().map(|decision| decision.reward).unwrap_or_default();
            key_figure_ui(ui, palette, "reward", &figure(reward), None);
            let planned = side.history.newest().and_then(|decision| decision.planned.as_ref());
            if let Some(planned) = planned {
                key_figure_ui(ui, palette, "\u{394}Q", &signed_figure(planned.delta_q), Some(palette.plan));
            }
            if side.over {
                weak_ui(ui, palette, "episode over");
            }
        });
    });
}
