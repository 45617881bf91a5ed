//! Export of a pane from the context menu of its title: numbers as CSV, image as PNG.

use std::fmt::Write as _;

use bootstride_core::inspect::PlanAnalysis;
use eframe::egui::{Response, Ui};

use super::action_name;
use crate::ui::Exports;

/// Draws the menu on a pane's title. `csv` creates the table on request.
pub fn menu_ui(ui: &Ui, title: &str, heading: &Response, csv: impl Fn() -> String) {
    let room = ui.max_rect();
    heading.context_menu(|ui| {
        ui.set_max_width(150.0);
        if ui.button("Export CSV").clicked() {
            Exports::ask_file(ui.ctx(), title, "csv", csv().into_bytes());
            ui.close();
        }
        if ui.button("Export PNG").clicked() {
            Exports::ask_picture(ui.ctx(), title, room);
            ui.close();
        }
    });
}

/// Returns every sequence of every iteration.
pub fn iterations_csv(analysis: &PlanAnalysis) -> String {
    let mut text = "iteration,sample,G,elite,from_policy\n".to_owned();
    for (number, iteration) in analysis.iterations.iter().enumerate() {
        for (sample, value) in iteration.values.iter().enumerate() {
            let elite = iteration.elites.iter().any(|one| usize::try_from(*one) == Ok(sample));
            let policy = sample < analysis.policy_samples;
            let _ = writeln!(text, "{},{sample},{value},{elite},{policy}", number + 1);
        }
    }
    text
}

/// Returns mean and spread of every action at every step after every iteration.
pub fn narrowing_csv(analysis: &PlanAnalysis, names: &[String]) -> String {
    let mut text = "iteration,step,action,mean,std\n".to_owned();
    let dims = analysis.action_dim.max(1);
    for (number, iteration) in analysis.iterations.iter().enumerate() {
        for (place, (mean, std)) in iteration.mean.iter().zip(&iteration.std).enumerate() {
            let (step, action) = (place / dims, action_name(names, place % dims));
            let _ = writeln!(text, "{},{step},{action},{mean},{std}", number + 1);
        }
    }
    text
}

/// Returns the elites of an iteration, best first.
pub fn elites_csv(analysis: &PlanAnalysis, iteration: usize) -> String {
    let mut text = "rank,sample,G,weight\n".to_owned();
    let Some(iteration) = analysis.iterations.get(iteration) else { return text };
    for (rank, (sample, weight)) in iteration.elites.iter().zip(&iteration.weights).enumerate() {
        let value = usize::try_from(*sample).ok().and_then(|sample| iteration.values.get(sample));
        let _ = writeln!(text, "{},{sample},{},{weight}", rank + 1, value.copied().unwrap_or(f32::NAN));
    }
    text
}
