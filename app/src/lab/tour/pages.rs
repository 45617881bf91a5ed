//! The first and the last page of the tour.

use eframe::egui::Ui;

use super::pane::{TEXT, TourPane};
use super::rich::rich;
use super::state::Source;
use super::steps::STEPS;
use crate::lab::panes::Context;
use crate::lab::runs::RunEntry;
use crate::lab::ui::number::grouped;
use crate::lab::ui::widgets::{button_ui, card_ui, heading_ui, primary_ui, title_ui};
use crate::session::message::{Activity, Stage};

impl TourPane {
    /// The first page: which agent the tour is about.
    pub(super) fn start_ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        let palette = cx.palette;
        let mut chosen = None;
        card_ui(ui, palette, |ui| {
            ui.spacing_mut().item_spacing.y = 10.0;
            title_ui(ui, palette, "How an agent plans and learns");
            let paragraphs = [
                "Eight short steps take one decision of a living agent apart. Each explains *one idea*, sets the lab up for \
                 it, and asks you to try *one thing*. Every number you read is measured on your agent, on the spot.",
                "You need to know what a *reward* is: a number that says how good a moment was. An agent looks for actions \
                 whose rewards add up to much, and that sum is called the *return*.",
                "Colours keep their meaning everywhere: {policy|policy}, {sample|samples}, {elite|elites}, {plan|plan}.",
            ];
            for paragraph in paragraphs {
                ui.label(rich(paragraph, palette, TEXT));
            }
            heading_ui(ui, palette, "Which agent shall it be?");
            chosen = self.sources_ui(ui, cx);
        });
        if let Some(source) = chosen {
            self.tour.begin(&source, cx);
        }
    }

    /// The agents there are to choose from; the likeliest first.
    fn sources_ui(&self, ui: &mut Ui, cx: &Context<'_>) -> Option<Source> {
        let palette = cx.palette;
        let begin = if self.tour.place() > 0 && self.tour.place() < STEPS.len() { "Go on" } else { "Begin" };
        let mut sources = Vec::new();
        let status = &cx.history.status;
        if let Some(config) = status.config.as_ref().filter(|_| status.activity != Activity::Idle) {
            let state = match status.stage {
                Stage::Seed | Stage::Pretraining => {
                    "still acts at random; plans come once it has learned a little".into()
                }
                Stage::Playing => "plays, learns nothing".into(),
                _ => format!("at step {} of its training, which goes on", grouped(status.env_step)),
            };
            let what = format!("{}, {}: {state}", config.task.name, config.algorithm.name);
            sources.push((Source::Present, format!("{begin} with the open agent"), what));
        }
        let trained = |run: &RunEntry| Some((run.clone(), run.env_step.filter(|step| *step > 0)?));
        if let Some((RunEntry { folder, task, algorithm, .. }, env_step)) =
            self.run_index.found().iter().find_map(trained)
        {
            let what = format!("{task}, {algorithm}: trained for {} steps, plays for you", grouped(env_step));
            sources.push((Source::Folder(folder), format!("{begin} with the newest run"), what));
        }
        let fresh = "pendulum-swingup at the smallest size, from nothing. It acts at random at first, so the steps can be read \
                     but not tried for the first minutes, and its numbers stay modest until it has learned";
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

    /// The last page.
    pub(super) fn end_ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        let palette = cx.palette;
        card_ui(ui, palette, |ui| {
            ui.spacing_mut().item_spacing.y = 10.0;
            title_ui(ui, palette, "That is the whole circle");
            let paragraphs = [
                "A {policy|policy} proposes, {sample|samples} vary, {elite|elites} decide, and {plan|the plan} acts. The plan \
                 becomes an expert; the policy imitates it; the value learns what the policy is worth; old experts are \
                 renewed. Then everything is a little better, and it starts again.",
                "From here: *Compare* plays the planner against its own bare policy from the same start. *One decision* \
                 lets you try any settings on any state. And on *Train* you can turn the axes of the algorithm and see \
                 which of these ideas an agent can do without.",
            ];
            for paragraph in paragraphs {
                ui.label(rich(paragraph, palette, TEXT));
            }
            ui.horizontal(|ui| {
                if primary_ui(ui, palette, "Finish").on_hover_text("Your planner settings come back").clicked() {
                    self.tour.end(cx);
                }
                if button_ui(ui, palette, "Back").clicked() {
                    self.tour.go(STEPS.len() - 1);
                }
            });
        });
    }
}
