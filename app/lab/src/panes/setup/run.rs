//! The buttons below the settings to start, pause, step and save, and the progress of the run.

use bootstride_session::message::{Activity, Agent, Command, Stage, Status};
use eframe::egui::{RichText, Ui, vec2};

use crate::panes::Context;
use crate::ui::Palette;
use crate::ui::number::{grouped, real};
use crate::ui::theme::SMALL;
use crate::ui::widgets::{ButtonKind, weak_ui, wide_button_ui};

/// Draws the buttons; `start` is the command that starts a run, or the errors. Returns whether to open the dialog for
/// opening a run.
pub fn buttons_ui(ui: &mut Ui, cx: &mut Context<'_>, start: &Result<Command, Vec<String>>) -> bool {
    let palette = cx.palette;
    let status = &cx.history.status;
    let plays = status.stage == Stage::Playing;
    let (activity, open) = (status.activity.clone(), status.config.is_some());
    progress_ui(ui, palette, status);
    if let (Activity::Idle, Ok(Command::Train { folder: Some(folder), .. })) = (&activity, start) {
        weak_ui(ui, palette, format!("This run is saved in {folder}"));
    }
    ui.add_space(4.0);
    ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
    let third = (ui.available_width() - 12.0) / 3.0;
    let half = (ui.available_width() - 6.0) / 2.0;
    let mut wants_to_open = false;
    ui.horizontal(|ui| match activity {
        Activity::Idle => {
            ui.add_enabled_ui(start.is_ok(), |ui| {
                let button = wide_button_ui(ui, palette, ButtonKind::Primary, "Start", half);
                if let (true, Ok(start)) = (button.clicked(), start) {
                    cx.send(start.clone());
                    cx.send(Command::Run);
                }
                if let Err(why) = start {
                    button.on_disabled_hover_text(why.join("\n"));
                }
            });
            wants_to_open = open_button(ui, palette, half);
        }
        Activity::Opening => {
            ui.add_enabled_ui(false, |ui| wide_button_ui(ui, palette, ButtonKind::Primary, "Opening…", half));
        }
        Activity::Running | Activity::Paused => {
            if activity == Activity::Running {
                if wide_button_ui(ui, palette, ButtonKind::Primary, "Pause", third).on_hover_text("Space").clicked() {
                    cx.send(Command::Pause);
                }
            } else if wide_button_ui(ui, palette, ButtonKind::Primary, "Run", third).on_hover_text("Space").clicked() {
                cx.send(Command::Run);
            }
            let hint = "Makes one decision, then pauses";
            if wide_button_ui(ui, palette, ButtonKind::Secondary, "Step", third)
                .accessible_name("Step one decision")
                .on_hover_text(hint)
                .clicked()
            {
                cx.send(Command::Step);
            }
            ui.add_enabled_ui(!plays, |ui| {
                let hint = "Saves a checkpoint in the run's folder now";
                if wide_button_ui(ui, palette, ButtonKind::Secondary, "Save", third).on_hover_text(hint).clicked() {
                    cx.send(Command::Save);
                }
            });
        }
        Activity::Finished => {
            let hint = "The agent plays without learning";
            if wide_button_ui(ui, palette, ButtonKind::Primary, "Watch", half)
                .accessible_name("Watch the agent")
                .on_hover_text(hint)
                .clicked()
            {
                cx.send(Command::Watch { agent: Agent::Present, seed: 1, planner: true });
                cx.send(Command::Run);
            }
            wants_to_open = open_button(ui, palette, half);
        }
    });
    if matches!(activity, Activity::Running | Activity::Paused | Activity::Finished) && open {
        ui.horizontal(|ui| {
            let (text, hint) = match (&activity, plays) {
                (Activity::Finished, _) => ("New run", "Closes this run so that you can set up another one"),
                (_, true) => ("Stop", "Stops watching"),
                (_, false) => ("Stop", "Saves and closes the run so that you can set up another one"),
            };
            if wide_button_ui(ui, palette, ButtonKind::Secondary, text, half).on_hover_text(hint).clicked() {
                cx.send(Command::Stop);
            }
            if activity != Activity::Finished {
                wants_to_open |= open_button(ui, palette, half);
            }
        });
    }
    save_ui(ui, cx);
    if let (Activity::Idle, Err(why)) = (activity, start) {
        for sentence in why {
            ui.add_space(2.0);
            ui.label(RichText::new(sentence).size(12.0).color(palette.bad));
        }
    }
    wants_to_open
}

/// In a page, draws the button that saves the open run to a file, because the browser may clear its storage.
fn save_ui(ui: &mut Ui, cx: &mut Context<'_>) {
    let (palette, status) = (cx.palette, &cx.history.status);
    let folder = status.folder.as_ref().filter(|_| status.config.is_some() && status.stage != Stage::Playing);
    let (Some(save), Some(folder)) = (&mut cx.place.save_run, folder) else { return };
    let hint = "Downloads the run with its last checkpoint as one .tar file, which the desktop lab can open too";
    let width = ui.available_width();
    if wide_button_ui(ui, palette, ButtonKind::Secondary, "Save to file", width).on_hover_text(hint).clicked() {
        save(folder);
    }
}

fn open_button(ui: &mut Ui, palette: &Palette, width: f32) -> bool {
    let hint = "Resumes a run, or lets you watch its agent";
    wide_button_ui(ui, palette, ButtonKind::Secondary, "Open…", width).on_hover_text(hint).clicked()
}

/// Draws the stage of the run, and a progress bar.
fn progress_ui(ui: &mut Ui, palette: &Palette, status: &Status) {
    if status.config.is_none() {
        return;
    }
    let stage = match (&status.activity, status.stage, status.evaluated) {
        (Activity::Finished, ..) => "finished".to_owned(),
        (_, Stage::Evaluating, Some((done, all))) => format!("evaluating, {} %", done * 100 / all.max(1)),
        (_, Stage::Evaluating, None) => "evaluating".to_owned(),
        (_, Stage::Seed, _) => "random actions first".to_owned(),
        (_, Stage::Pretraining, _) => "learning from the first episodes".to_owned(),
        (_, Stage::Training, _) => "training".to_owned(),
        (_, Stage::Playing, _) => "watching".to_owned(),
    };
    let text = if status.stage == Stage::Playing {
        stage
    } else {
        format!("{stage} · step {} of {}", grouped(status.env_step), grouped(status.total))
    };
    ui.label(RichText::new(text).size(SMALL).color(palette.weak));
    if status.total > 0 && status.stage != Stage::Playing {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 3.0), eframe::egui::Sense::hover());
        let share = (real(status.env_step) / real(status.total)).clamp(0.0, 1.0);
        ui.painter().rect_filled(rect, 1.5, palette.active);
        ui.painter().rect_filled(rect.with_max_x(rect.left() + rect.width() * share), 1.5, palette.policy);
    }
}
