//! The first and the last page of the tour.

use bootstride_session::message::{Activity, Stage};
use eframe::egui::Ui;

use super::pane::{TEXT, TourPane};
use super::rich::rich;
use super::state::Source;
use super::steps::STEPS;
use crate::panes::Context;
use crate::runs::RunEntry;
use crate::ui::number::grouped;
use crate::ui::widgets::{button_ui, card_ui, heading_ui, primary_ui, title_ui};

impl TourPane {
    /// Draws the first page: the choice of an agent.
    pub(super) fn start_ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        let palette = cx.palette;
        let mut chosen = None;
        card_ui(ui, palette, |ui| {
            ui.spacing_mut().item_spacing.y = 10.0;
            title_ui(ui, palette, "How an agent plans and learns");
            let paragraphs = [
                "Eight short steps analyze one decision of a running agent. Each explains *one idea*, sets up the lab \
                 for it, and asks you to try *one thing*. Every number is measured live on your agent.",
                "You need to know what a *reward* is: a number that rates how good a moment was. An agent looks for \
                 actions that maximise the sum of rewards, which is called the *return*.",
                "Colours have the same meaning everywhere: {policy|policy}, {sample|samples}, {elite|elites}, \
                {plan|plan}.",
            ];
            for paragraph in paragraphs {
                ui.label(rich(paragraph, palette, TEXT));
            }
            heading_ui(ui, palette, "Choose an agent");
            chosen = self.sources_ui(ui, cx);
        });
        if let Some(source) = chosen {
            self.tour.begin(&source, cx);
        }
    }

    /// Draws the available agents, the most likely one first; returns the choice.
    fn sources_ui(&self, ui: &mut Ui, cx: &Context<'_>) -> Option<Source> {
        let palette = cx.palette;
        let begin = if self.tour.place() > 0 && self.tour.place() < STEPS.len() { "Continue" } else { "Start" };
        let mut sources = Vec::new();
        let status = &cx.history.status;
        if let Some(config) = status.config.as_ref().filter(|_| status.activity != Activity::Idle) {
            let state = match status.stage {
                Stage::Seed | Stage::Pretraining => {
                    "still acts at random; it plans once it has learned a little".into()
                }
                Stage::Playing => "plays without learning".into(),
                _ => format!("training, at step {}", grouped(status.env_step)),
            };
            let what = format!("{}, {}: {state}", config.task.name, config.algorithm.name);
            sources.push((Source::Present, format!("{begin} with the open agent"), what));
        }
        let trained = |run: &RunEntry| Some((run.clone(), run.env_step.filter(|step| *step > 0)?));
        if let Some((RunEntry { folder, task, algorithm, .. }, env_step)) =
            self.run_index.found().iter().find_map(trained)
        {
            let what = format!("{task}, {algorithm}: trained for {} steps, plays without learning", grouped(env_step));
            sources.push((Source::Folder(folder), format!("{begin} with the newest run"), what));
        }
        let fresh = "pendulum-swingup at the smallest size, trained from scratch. It acts at random at first, so for \
                     the first minutes you can read the steps but not try them, and returns stay low until it has \
                     learned";
        sources.push((Source::Fresh, format!("{begin} with a new agent"), fresh.into()));
        let mut chosen = None;
        for (place, (source, label, what)) in sources.into_iter().enumerate() {
            let clicked =
                if place == 0 { primary_ui(ui, palette, &label) } else { button_ui(ui, palette, &label) }.clicked();
            ui.label(rich(&what, palette, 13.0));
            if clicked {
                chosen = Some(source);
            }
        }
        chosen
    }

    /// Draws the last page.
    pub(super) fn end_ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        let palette = cx.palette;
        card_ui(ui, palette, |ui| {
            ui.spacing_mut().item_spacing.y = 10.0;
            title_ui(ui, palette, "The whole cycle");
            let paragraphs = [
                "A {policy|policy} proposes, {sample|samples} vary, {elite|elites} decide, and {plan|the plan} acts. \
                 The plan becomes an expert; the policy imitates it; the value learns what the policy is worth; old \
                 experts are replaced. Then everything is a little better, and the cycle repeats.",
                "Next: *Compare* plays the planner against its own bare policy from the same start state. *One \
                 decision* lets you try any settings on any state. On *Train* you can change the axes of the \
                 algorithm and see which of these ideas an agent can do without.",
            ];
            for paragraph in paragraphs {
                ui.label(rich(paragraph, palette, TEXT));
            }
            ui.horizontal(|ui| {
                if primary_ui(ui, palette, "Finish").on_hover_text("Restores your planner settings").clicked() {
                    self.tour.end(cx);
                }
                if button_ui(ui, palette, "Back").clicked() {
                    self.tour.go(STEPS.len() - 1);
                }
            });
        });
    }
}
