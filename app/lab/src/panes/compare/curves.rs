//! Curves over training with bands over seeds, and the table of results.

use eframe::egui::{Color32, Grid, RichText, ScrollArea, Ui};

use super::group::{BandKind, Group, Player, Summary, groups};
use super::{ComparePane, Shown, hue};
use crate::ui::number::{figure, grouped, real, signed_figure};
use crate::ui::widgets::{card_ui, empty_ui, heading_ui, hint, segmented_ui, weak_ui};
use crate::ui::{Axis, Mark, Palette, Plot, mono_strong};

/// Height of the curves, in points.
const PLOT: f32 = 340.0;

/// Below this width the table has one block per line, in points.
const NARROW: f32 = 520.0;

/// The note about the table's numbers.
const NOTE: &str =
    "Returns are from the last evaluation that all runs of a line have; the gap is planner minus policy.";

impl ComparePane {
    /// Curves and table.
    pub(super) fn curves_ui(&mut self, ui: &mut Ui, palette: &Palette) {
        let mut tasks: Vec<String> = Vec::new();
        for run in self.runs() {
            if !tasks.contains(&run.task) {
                tasks.push(run.task.clone());
            }
        }
        let Some(first) = tasks.first() else {
            empty_ui(ui, palette, "Add a run first: its returns over training appear here.");
            return;
        };
        if !tasks.contains(&self.choices.task) {
            self.choices.task.clone_from(first);
        }
        ui.spacing_mut().item_spacing.y = 12.0;
        self.switches_ui(ui, palette, &tasks);
        let runs: Vec<_> = self.runs().filter(|run| run.task == self.choices.task).collect();
        let groups = groups(runs);
        let (shown, band) = (self.choices.shown, self.choices.band);
        ScrollArea::vertical().id_salt("compare curves").auto_shrink([false, false]).show(ui, |ui| {
            card_ui(ui, palette, |ui| {
                let mut plot = plot(&groups, shown, band, palette);
                plot.height = Some(PLOT);
                plot.show(ui, palette);
                weak_ui(ui, palette, legend(&groups, band));
            });
            ui.add_space(12.0);
            card_ui(ui, palette, |ui| table_ui(ui, palette, &groups));
        });
    }

    fn switches_ui(&mut self, ui: &mut Ui, palette: &Palette, tasks: &[String]) {
        let shown = [
            (Shown::Planner, "Planner", "Evaluations played by guided MPPI"),
            (Shown::Policy, "Policy", "Evaluations played by the bare policy's mean action"),
            (Shown::Both, "Both", "The planner's curve with its band, the policy's as a thin line"),
        ];
        let bands = [
            (BandKind::MinMax, "Min to max", "From the worst run to the best"),
            (BandKind::Confidence, "95 % of mean", "Confidence interval of the mean over runs, by Student's t"),
        ];
        let narrow = ui.available_width() < NARROW;
        let mut switches = |ui: &mut Ui| {
            ui.scope(|ui| {
                ui.set_max_width(240.0);
                segmented_ui(ui, palette, &shown, &mut self.choices.shown);
            });
            ui.scope(|ui| {
                ui.set_max_width(230.0);
                segmented_ui(ui, palette, &bands, &mut self.choices.band);
            });
        };
        if narrow {
            switches(ui);
        } else {
            _ = ui.horizontal(switches);
        }
        if tasks.len() > 1 {
            let options: Vec<(usize, &str, &str)> =
                tasks.iter().enumerate().map(|(place, task)| (place, task.as_str(), "")).collect();
            let mut chosen = tasks.iter().position(|task| *task == self.choices.task).unwrap_or_default();
            segmented_ui(ui, palette, &options, &mut chosen);
            self.choices.task.clone_from(&tasks[chosen]);
        }
    }
}

/// Returns the colour of a group's player: the standard one if there is one group, else the group's own.
fn colour(groups: &[Group<'_>], place: usize, player: Player, palette: &Palette) -> Color32 {
    match (groups.len(), player) {
        (1, Player::Planner) => palette.plan,
        (1, Player::Policy) => palette.policy,
        _ => hue(place, palette),
    }
}

/// Returns the curves of all groups of a task.
fn plot(groups: &[Group<'_>], shown: Shown, band: BandKind, palette: &Palette) -> Plot {
    let players: &[Player] = match shown {
        Shown::Planner => &[Player::Planner],
        Shown::Policy => &[Player::Policy],
        Shown::Both => &[Player::Policy, Player::Planner],
    };
    let (mut bands, mut lines) = (Vec::new(), Vec::new());
    for (place, group) in groups.iter().enumerate() {
        for player in players {
            let (colour, points) = (colour(groups, place, *player, palette), group.curve(*player, band));
            // Next to its planner a policy is a thin line.
            let beside = shown == Shown::Both && *player == Player::Policy;
            let label = match (groups.len(), player) {
                (1, Player::Planner) => "planner".to_owned(),
                (1, Player::Policy) => "policy".to_owned(),
                (_, Player::Planner) if shown == Shown::Planner => group.label(groups),
                (_, Player::Policy) if shown == Shown::Policy => group.label(groups),
                (_, Player::Planner) => format!("{} planner", group.label(groups)),
                (_, Player::Policy) => format!("{} policy", group.label(groups)),
            };
            let x = |env_step: usize| f64::from(real(env_step));
            if group.runs.len() > 1 && !beside {
                let area = points.iter().map(|point| [x(point.env_step), f64::from(point.low), f64::from(point.high)]);
                let label = format!("{label} band");
                bands.push(Mark::Band { label, colour: colour.gamma_multiply(0.18), points: area.collect() });
            }
            let line = points.iter().map(|point| [x(point.env_step), f64::from(point.mean)]).collect();
            lines.push(Mark::Line { label, colour, width: if beside { 1.2 } else { 2.4 }, points: line });
        }
    }
    let task = groups.first().map_or("", |group| group.task);
    Plot {
        title: format!("Return over training: {task}"),
        merit: None,
        x: Axis { label: "environment steps (steps)".into(), ..Axis::default() },
        y: Axis { label: "return".into(), at_least: Some([0.0, 10.0]), ..Axis::default() },
        marks: bands.into_iter().chain(lines).collect(),
        empty: "These runs have no evaluation in common yet".into(),
        ..Plot::default()
    }
}

/// Describes lines and bands, and the number of runs.
fn legend(groups: &[Group<'_>], band: BandKind) -> String {
    let several = groups.iter().any(|group| group.runs.len() > 1);
    let band = match (several, band) {
        (false, _) => "one run each, so there is no band",
        (true, BandKind::MinMax) => "bands from the worst run to the best",
        (true, BandKind::Confidence) => "bands are 95 % confidence intervals of the mean over runs (Student's t)",
    };
    let counts: Vec<String> = groups
        .iter()
        .map(|group| match group.runs.len() {
            1 => format!("{}: 1 run, seed {}", group.label(groups), group.seeds()),
            count => format!("{}: {count} runs, seeds {}", group.label(groups), group.seeds()),
        })
        .collect();
    format!("Mean over runs, up to the last step that all runs of a line have; {band}. {}.", counts.join("; "))
}

fn table_ui(ui: &mut Ui, palette: &Palette, groups: &[Group<'_>]) {
    heading_ui(ui, palette, "Results");
    let best = groups.iter().filter_map(Group::best).max_by(f32::total_cmp).unwrap_or_default();
    let heads = [
        ("agent", ""),
        ("seeds", ""),
        ("planner", "return"),
        ("policy", "return"),
        ("gap", "gap"),
        ("steps to 90 % of best", ""),
    ];
    if ui.available_width() < NARROW {
        for (place, group) in groups.iter().enumerate() {
            let summary: Summary = group.summary(best);
            let or = |text: Option<String>| text.unwrap_or_else(|| "not yet".into());
            ui.label(RichText::new(group.label(groups)).color(colour(groups, place, Player::Planner, palette)));
            let values = [
                group.seeds(),
                or(summary.planner.map(figure)),
                or(summary.policy.map(figure)),
                or(summary.gap().map(signed_figure)),
                or(summary.steps_to_best.map(grouped)),
            ];
            Grid::new(("compare table", place)).num_columns(2).min_row_height(20.0).show(ui, |ui| {
                for ((head, _), value) in heads.into_iter().skip(1).zip(values) {
                    weak_ui(ui, palette, head);
                    ui.label(RichText::new(value).font(mono_strong(13.0)).color(palette.strong));
                    ui.end_row();
                }
            });
        }
        weak_ui(ui, palette, NOTE);
        return;
    }
    Grid::new("compare table").num_columns(heads.len()).spacing([28.0, 8.0]).show(ui, |ui| {
        for (head, term) in heads {
            let response = weak_ui(ui, palette, head);
            if head.starts_with("steps") {
                response.on_hover_text(format!(
                    "Environment steps until the planner's mean return first reached 90 % of {}, the best of all lines",
                    figure(best)
                ));
            } else {
                hint(response, term);
            }
        }
        ui.end_row();
        for (place, group) in groups.iter().enumerate() {
            let summary: Summary = group.summary(best);
            let name = RichText::new(group.label(groups)).color(colour(groups, place, Player::Planner, palette));
            ui.label(name);
            weak_ui(ui, palette, group.seeds());
            let number = |ui: &mut Ui, text: Option<String>, colour: Color32| {
                let text = text.unwrap_or_else(|| "not yet".into());
                ui.label(RichText::new(text).font(mono_strong(13.0)).color(colour));
            };
            number(ui, summary.planner.map(figure), palette.plan);
            number(ui, summary.policy.map(figure), palette.policy);
            number(ui, summary.gap().map(signed_figure), palette.strong);
            number(ui, summary.steps_to_best.map(grouped), palette.strong);
            ui.end_row();
        }
    });
    weak_ui(ui, palette, NOTE);
}
