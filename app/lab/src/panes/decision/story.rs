//! "What happened here": a description of the decision in one paragraph, with its numbers.

use bootstride_core::inspect::{Decision, PlanAnalysis};
use eframe::egui::{Color32, ScrollArea, Ui};

use super::cases::{ask, replan, standard_cases};
use super::{ActuatorNames, action_name, decision_of, nothing_ui, ordinal, room_ui, word};
use crate::panes::{Context, Needs, Pane, PaneSpec, Place};
use crate::ui::Palette;
use crate::ui::number::{fixed, signed};
use crate::ui::widgets::{ButtonKind, Paragraph, headline_ui, wide_button_ui};
use crate::view::Tab;

/// "What happened here".
#[derive(Debug, Default)]
pub struct StoryPane {
    names: ActuatorNames,
}

/// The tone of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Plain text.
    Plain,
    /// An emphasised number.
    Strong,
    /// Of the policy.
    Policy,
    /// Of the elites.
    Elite,
    /// Of the plan.
    Plan,
    /// A negative result.
    Bad,
}

/// A piece of a paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Its colour.
    pub tone: Tone,
}

/// Returns the text of a paragraph, without colours.
#[must_use]
pub fn plain_text(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| piece.text.as_str()).collect()
}

/// A paragraph under construction.
#[derive(Default)]
struct Writing(Vec<Piece>);

impl Writing {
    fn say(&mut self, text: impl Into<String>) -> &mut Self {
        self.tone(text, Tone::Plain)
    }

    fn tone(&mut self, text: impl Into<String>, tone: Tone) -> &mut Self {
        self.0.push(Piece { text: text.into(), tone });
        self
    }
}

/// Describes a decision. `names` are those of the action's dimensions.
#[must_use]
pub fn story(analysis: &PlanAnalysis, decision: Option<&Decision>, names: &[String]) -> Vec<Piece> {
    let mut writing = Writing::default();
    search(&mut writing, analysis);
    narrowing(&mut writing, analysis, names);
    choice(&mut writing, analysis);
    worth(&mut writing, analysis);
    if let Some(later) = decision.and_then(|made| analysis.updates.checked_sub(made.updates)).filter(|by| *by > 0) {
        writing.say(" This is not the original plan: it was replanned with networks that had ");
        writing.tone(later.to_string(), Tone::Strong).say(" more updates.");
    }
    writing.0
}

/// Describes the proposals, and what was kept.
fn search(writing: &mut Writing, analysis: &PlanAnalysis) {
    let drawn = analysis.samples.saturating_sub(analysis.policy_samples);
    let elites = analysis.iterations.last().map_or(0, |one| one.elites.len());
    let plural = |count: usize, one: &'static str, many: &'static str| if count == 1 { one } else { many };
    if analysis.policy_samples > 0 {
        let sequences = plural(analysis.policy_samples, " sequence. MPPI drew ", " sequences. MPPI drew ");
        writing.say("The policy proposed ").tone(analysis.policy_samples.to_string(), Tone::Policy).say(sequences);
        writing.tone(drawn.to_string(), Tone::Strong).say(" more around its running mean, ");
    } else {
        writing.say("No policy proposed anything. MPPI drew ").tone(drawn.to_string(), Tone::Strong);
        writing.say(" sequences around its running mean, ");
    }
    writing.say("imagined all ").tone(analysis.samples.to_string(), Tone::Strong);
    let steps = plural(analysis.horizon, "step", "steps");
    writing.say(format!(" {} {steps} ahead, kept the best ", word(analysis.horizon)));
    writing.tone(elites.to_string(), Tone::Elite).say(" and moved the mean towards them. ");
}

/// Describes how far the spread of the widest action fell.
fn narrowing(writing: &mut Writing, analysis: &PlanAnalysis, names: &[String]) {
    let Some(last) = analysis.iterations.last() else { return };
    let first_step = last.std.iter().take(analysis.action_dim).copied().enumerate();
    let Some((dim, std)) = first_step.max_by(|a, b| a.1.total_cmp(&b.1)) else { return };
    let before = analysis.settings.max_std;
    let rounds = analysis.iterations.len();
    let rounds = if rounds == 1 { "one round".to_owned() } else { format!("{} rounds", word(rounds)) };
    writing.say(format!("After {rounds} the spread of {}", action_name(names, dim)));
    writing.say(if analysis.action_dim > 1 { ", the widest action, " } else { " " });
    if std < before * 0.995 {
        writing.say("fell from ").tone(fixed(f64::from(before), 2), Tone::Strong);
        writing.say(" to ").tone(fixed(f64::from(std), 2), Tone::Strong);
        if std <= analysis.settings.min_std * 1.005 {
            writing.say(", the smallest that the settings allow");
        }
    } else {
        writing.say("was still ").tone(fixed(f64::from(std), 2), Tone::Strong).say(": the elites disagree");
    }
    writing.say(". ");
}

/// Describes which elite became the plan.
fn choice(writing: &mut Writing, analysis: &PlanAnalysis) {
    let Some(last) = analysis.iterations.last() else { return };
    let Some(weight) = last.weights.get(analysis.chosen) else { return };
    let place = match analysis.chosen {
        0 => "best elite".to_owned(),
        other => format!("{} best elite", ordinal(other + 1)),
    };
    let sample = last.elites.get(analysis.chosen).and_then(|sample| usize::try_from(*sample).ok());
    writing.say("The ").tone(place, Tone::Elite).say(", drawn by its weight of ");
    writing.tone(format!("{} %", fixed(f64::from(weight * 100.0), 1)), Tone::Strong).say(", became the plan");
    writing.say(match sample {
        Some(sample) if sample < analysis.policy_samples => "; the policy had proposed it. ",
        _ => ". ",
    });
}

/// Describes what planning added.
fn worth(writing: &mut Writing, analysis: &PlanAnalysis) {
    if analysis.policy_samples == 0 {
        let value = fixed(f64::from(analysis.value), 2);
        writing
            .say("It is worth ")
            .tone(value, Tone::Plan)
            .say("; without proposals there is nothing to compare it with.");
        return;
    }
    let size = fixed(f64::from(analysis.delta_q.abs()), 2);
    if size == "0.00" {
        writing.say("It is worth as much as the policy's own proposals on average (ΔQ ");
        writing.tone(signed(f64::from(analysis.delta_q), 4), Tone::Plan).say("): here planning added nothing.");
    } else if analysis.delta_q > 0.0 {
        writing.say("It is worth ").tone(size, Tone::Plan);
        writing.say(" more than the policy's own proposals on average.");
    } else {
        writing.say("It is worth ").tone(size, Tone::Bad);
        writing.say(" less than the policy's own proposals on average: here planning did not help.");
    }
}

fn colour(tone: Tone, palette: &Palette) -> Option<Color32> {
    match tone {
        Tone::Plain => None,
        Tone::Strong => Some(palette.strong),
        Tone::Policy => Some(palette.policy),
        Tone::Elite => Some(palette.elite),
        Tone::Plan => Some(palette.plan),
        Tone::Bad => Some(palette.bad),
    }
}

impl StoryPane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        places: &[Place::column(Tab::Decision, 0, 0.44)],
        needs: |_| Needs::PLAN,
        ..PaneSpec::new("story", "What happened here", "Story")
    };
}

impl Pane for StoryPane {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        room_ui(ui, |ui| {
            let Some(analysis) = cx.analysis() else { return nothing_ui(ui, cx, Self::SPEC.title) };
            let palette = cx.palette;
            let decision = decision_of(cx, analysis);
            let beside = decision.map(|at| format!("episode {}, t = {}", at.episode, at.t)).unwrap_or_default();
            headline_ui(ui, palette, Self::SPEC.title, &beside);
            let names = self.names.of(cx.history.status.config.as_deref());
            let pieces = story(analysis, decision, names);
            let buttons = 46.0;
            let room = (ui.available_height() - buttons).max(40.0);
            ScrollArea::vertical().max_height(room).auto_shrink([false, true]).show(ui, |ui| {
                paragraph(&pieces, palette).show(ui);
            });
            ui.add_space(6.0);
            let recorded = decision.is_some();
            ui.add_enabled_ui(recorded, |ui| {
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = 6.0;
                    let width = (ui.available_width() - 6.0) / 2.0;
                    let hint = "Replans this state with the current networks and stays here";
                    if wide_button_ui(ui, palette, ButtonKind::Primary, "Replan", width).on_hover_text(hint).clicked() {
                        replan(cx, analysis);
                    }
                    let hint = "Plans this state with other settings and shows one next to the original";
                    if wide_button_ui(ui, palette, ButtonKind::Secondary, "Compare", width)
                        .accessible_name("Compare plans")
                        .on_hover_text(hint)
                        .clicked()
                        && let Some(config) = &cx.history.status.config
                    {
                        ask(cx, analysis, standard_cases(config));
                        cx.view.beside = Some(1);
                    }
                });
            });
        });
    }
}

fn paragraph(pieces: &[Piece], palette: &Palette) -> Paragraph {
    let mut paragraph = Paragraph::new(palette).size(12.5);
    for piece in pieces {
        paragraph = match colour(piece.tone, palette) {
            Some(colour) => paragraph.number(&piece.text, colour),
            None => paragraph.text(&piece.text),
        };
    }
    paragraph
}
