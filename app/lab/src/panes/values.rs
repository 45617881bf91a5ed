//! Predictions of the networks for a state, and their accuracy.

use bootstride_core::inspect::{Decision, PlanAnalysis, ValueView};
use bootstride_session::history::History;
use eframe::egui::{Color32, Ui, vec2};

use super::derive::{self, Outcome, calibration, outcomes};
use super::{Context, Needs, Pane, PaneSpec, Place};
use crate::ui::number::{count, fixed, narrow, signed};
use crate::ui::palette::mix;
use crate::ui::widgets::tiles_ui;
use crate::ui::{Axis, Mark, Palette, Plot};
use crate::view::{Cursor, Tab};

/// Bins with a higher probability are shown.
const SEEN: f32 = 0.002;

/// Distributions of every ensemble member's value and of the predicted reward at the decision shown, and predicted
/// against actual returns over its episode.
#[derive(Default)]
pub struct ValuesPane {
    key: Option<Key>,
    plots: [Plot; 4],
    /// Numbers of the episode's decisions, in order of t.
    numbers: Vec<(u32, u32)>,
}

#[derive(Clone, Copy, PartialEq)]
struct Key {
    decision: u32,
    recorded: usize,
    newest: Option<u32>,
    analysis: Option<(u32, u64, bool)>,
    dark: bool,
}

impl ValuesPane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        places: &[Place::column(Tab::Values, 0, 1.0)],
        own_margins: false,
        needs: |_| Needs::VALUES,
        ..PaneSpec::new("values", "Values", "Values")
    };
}

impl Pane for ValuesPane {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        let analysis = cx.analysis().map(AsRef::as_ref);
        // In live mode, distributions and outcomes are of the same decision: the newest analyzed one.
        let decision = analysis.and_then(|analysis| cx.history.decision(analysis.decision)).or_else(|| cx.decision());
        let key = Key {
            decision: decision.map_or(u32::MAX, |decision| decision.number),
            recorded: cx.history.decisions.len(),
            newest: cx.history.newest().map(|decision| decision.number),
            analysis: analysis.map(|analysis| (analysis.decision, analysis.updates, analysis.values.is_some())),
            dark: cx.palette.dark,
        };
        if self.key != Some(key) {
            self.make(cx.history, decision, analysis, cx.palette);
            self.key = Some(key);
        }
        let [value, reward, course, scatter] = &self.plots;
        let shown = tiles_ui(ui, cx.palette, &[value, reward, course, scatter], vec2(280.0, 118.0));
        if let Some(t) = shown.get(2).and_then(|response| response.picked) {
            let nearest =
                self.numbers.iter().min_by(|a, b| (f64::from(a.0) - t).abs().total_cmp(&(f64::from(b.0) - t).abs()));
            if let Some((_, number)) = nearest {
                cx.view.cursor = Cursor::At(*number);
            }
        }
    }
}

impl ValuesPane {
    fn make(
        &mut self,
        history: &History,
        decision: Option<&Decision>,
        analysis: Option<&PlanAnalysis>,
        palette: &Palette,
    ) {
        let values = analysis.and_then(|analysis| analysis.values.as_ref());
        let place = decision.and_then(|decision| history.index(decision.number));
        let all = match (place, &history.status.config) {
            (Some(place), Some(config)) => {
                let range = derive::episode(&history.decisions, place);
                let full = derive::decisions_per_episode(config);
                outcomes(&history.decisions, range, derive::discount(config), full)
            }
            _ => Vec::new(),
        };
        let here = decision.and_then(|decision| all.iter().find(|outcome| outcome.number == decision.number));
        self.plots = [
            value_plot(values, here, palette),
            reward_plot(values, decision, palette),
            course_plot(&all, here, palette),
            scatter_plot(&all, here, palette),
        ];
        self.numbers = all.iter().map(|outcome| (outcome.t, outcome.number)).collect();
    }
}

/// Returns the bins where any of these distributions has mass, with two more on each side.
fn support(bins: &[f32], distributions: &[&[f32]]) -> [f64; 2] {
    let seen = |index: &usize| distributions.iter().any(|of| of.get(*index).is_some_and(|&p| p > SEEN));
    let first = (0..bins.len()).find(seen).unwrap_or(0).saturating_sub(2);
    let last = ((0..bins.len()).rev().find(seen).unwrap_or(0) + 2).min(bins.len().saturating_sub(1));
    let at = |index: usize| bins.get(index).copied().map_or(0.0, f64::from);
    [at(first), at(last)]
}

/// Returns the area under the probabilities of the bins, and its outline. The area has the label, which distinguishes
/// it in the row above.
fn distribution(name: &str, bins: &[f32], probabilities: &[f32], colour: Color32) -> [Mark; 3] {
    let pairs = || bins.iter().zip(probabilities).map(|(&bin, &p)| (f64::from(bin), f64::from(p)));
    [
        Mark::Band {
            label: name.into(),
            colour: colour.gamma_multiply(0.22),
            points: pairs().map(|(bin, p)| [bin, 0.0, p]).collect(),
        },
        Mark::Line { label: String::new(), colour, width: 1.6, points: pairs().map(|(bin, p)| [bin, p]).collect() },
        // Only the bins themselves: nothing is predicted between them.
        Mark::Dots {
            label: String::new(),
            colour,
            radius: 1.8,
            points: pairs().filter(|(_, p)| *p > f64::from(SEEN)).map(|(bin, p)| [bin, p]).collect(),
        },
    ]
}

/// Returns a colour per ensemble member: shades of the policy's blue, because it is the policy's value.
fn member_colour(index: usize, members: usize, palette: &Palette) -> Color32 {
    let share = count(index) / count(members.max(2) - 1);
    mix(palette.policy, palette.strong, narrow(0.6 * share))
}

fn probability() -> Axis {
    Axis { label: "Probability".into(), at_least: Some([0.0, 0.05]), hidden: true, ..Axis::default() }
}

fn value_plot(values: Option<&ValueView>, here: Option<&Outcome>, palette: &Palette) -> Plot {
    let mut plot = Plot {
        title: "Value distribution at this state".into(),
        x: Axis { label: "Value (return)".into(), ..Axis::default() },
        y: probability(),
        empty: "Value distributions appear when the agent plans while this pane is open.".into(),
        ..Plot::default()
    };
    let Some(values) = values else { return plot };
    let members = values.members.len();
    plot.merit = Some((format!("two-hot, {} bins, {members} members", values.bins.len()), None));
    for (index, member) in values.members.iter().enumerate() {
        let name = format!("member {}", index + 1);
        plot.marks.extend(distribution(&name, &values.bins, member, member_colour(index, members, palette)));
    }
    let all: Vec<&[f32]> = values.members.iter().map(Vec::as_slice).collect();
    let [mut low, mut high] = support(&values.bins, &all);
    let (mean, spread) = mean_and_spread(&values.decoded);
    let came = here.filter(|outcome| outcome.unknown <= 0.5).map(|outcome| outcome.came);
    for number in [Some(mean), came].into_iter().flatten() {
        (low, high) = (low.min(number), high.max(number));
    }
    plot.x.range = Some([low, high]);
    let label = format!("{} ± {}", fixed(mean, 1), fixed(spread, 1));
    plot.marks.push(Mark::Vertical { label, colour: palette.strong, x: mean, dashed: true });
    if let Some(came) = came {
        let label = format!("actual {}", fixed(came, 1));
        plot.marks.push(Mark::Vertical { label, colour: palette.good, x: came, dashed: false });
    }
    plot
}

/// Returns the mean of the members' predictions and their standard deviation, which measures disagreement.
fn mean_and_spread(decoded: &[f32]) -> (f64, f64) {
    let size = count(decoded.len().max(1));
    let mean = decoded.iter().map(|&value| f64::from(value)).sum::<f64>() / size;
    let squares: f64 = decoded.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum();
    (mean, (squares / size).sqrt())
}

fn reward_plot(values: Option<&ValueView>, decision: Option<&Decision>, palette: &Palette) -> Plot {
    let mut plot = Plot {
        title: "Predicted reward of the action".into(),
        x: Axis { label: "Reward (reward)".into(), ..Axis::default() },
        y: probability(),
        empty: "The predicted reward appears with the value distributions.".into(),
        ..Plot::default()
    };
    let Some(values) = values else { return plot };
    let [mut low, mut high] = support(&values.bins, &[&values.reward]);
    plot.marks.extend(distribution("", &values.bins, &values.reward, palette.policy));
    let predicted = f64::from(values.reward_decoded);
    let label = format!("predicted {}", fixed(predicted, 2));
    plot.marks.push(Mark::Vertical { label, colour: palette.strong, x: predicted, dashed: true });
    if let Some(decision) = decision {
        let paid = f64::from(decision.reward);
        plot.merit = Some((format!("error {}", signed(predicted - paid, 3)), None));
        let label = format!("actual {}", fixed(paid, 2));
        plot.marks.push(Mark::Vertical { label, colour: palette.good, x: paid, dashed: false });
        (low, high) = (low.min(paid), high.max(paid));
    }
    plot.x.range = Some([low.min(predicted), high.max(predicted)]);
    plot
}

fn merit(all: &[Outcome]) -> Option<(String, Option<Color32>)> {
    let found = calibration(all)?;
    Some((format!("mean error {}", signed(found.bias, 1)), None))
}

fn course_plot(all: &[Outcome], here: Option<&Outcome>, palette: &Palette) -> Plot {
    let planned = |outcome: &&Outcome| outcome.predicted.is_some();
    let t = |outcome: &Outcome| f64::from(outcome.t);
    let predicted: Vec<[f64; 2]> =
        all.iter().filter(planned).map(|outcome| [t(outcome), outcome.predicted.unwrap_or(f64::NAN)]).collect();
    // If more than half is still unknown, the prediction is mostly compared with itself.
    let came: Vec<[f64; 2]> =
        all.iter().filter(|outcome| outcome.unknown <= 0.5).map(|outcome| [t(outcome), outcome.came]).collect();
    let mut marks = Vec::new();
    if !predicted.is_empty() {
        marks.push(Mark::Line { label: "actual".into(), colour: palette.good, width: 2.0, points: came });
        marks.push(Mark::Line { label: "predicted".into(), colour: palette.plan, width: 1.4, points: predicted });
        if let Some(here) = here {
            let label = format!("t = {}", here.t);
            marks.push(Mark::Vertical { label, colour: palette.strong, x: t(here), dashed: true });
        }
    }
    Plot {
        title: "Predicted and actual return".into(),
        merit: merit(all),
        x: Axis { label: "Decision of the episode (decisions)".into(), ..Axis::default() },
        y: Axis { label: "Discounted return".into(), at_least: Some([0.0, 1.0]), ..Axis::default() },
        marks,
        empty: "Predictions appear when the agent plans.".into(),
        ..Plot::default()
    }
}

fn scatter_plot(all: &[Outcome], here: Option<&Outcome>, palette: &Palette) -> Plot {
    let known = |outcome: &&Outcome| outcome.unknown <= 0.5;
    let pair = |outcome: &Outcome| Some([outcome.predicted?, outcome.came]);
    let points: Vec<[f64; 2]> = all.iter().filter(known).filter_map(pair).collect();
    let mut marks = Vec::new();
    let mut range = None;
    if !points.is_empty() {
        let numbers = || points.iter().flatten().copied();
        let (low, high) = (numbers().fold(f64::INFINITY, f64::min), numbers().fold(f64::NEG_INFINITY, f64::max));
        let pad = 0.05 * (high - low).max(1.0);
        let ends = [low - pad, high + pad];
        range = Some(ends);
        let diagonal = ends.map(|end| [end, end]).to_vec();
        marks.push(Mark::Line { label: "ideal".into(), colour: palette.weak, width: 1.0, points: diagonal });
        let colour = palette.good.gamma_multiply(0.6);
        marks.push(Mark::Dots { label: "actual over predicted".into(), colour, radius: 2.0, points });
        if let Some(here) = here.filter(known).and_then(pair) {
            marks.push(Mark::Dots { label: "this one".into(), colour: palette.plan, radius: 4.0, points: vec![here] });
        }
    }
    let correlation = calibration(all).map(|found| found.correlation).filter(|correlation| correlation.is_finite());
    Plot {
        title: "Calibration".into(),
        merit: correlation.map(|correlation| (format!("correlation {}", fixed(correlation, 2)), None)),
        x: Axis { label: "Predicted (predicted)".into(), range, ..Axis::default() },
        y: Axis { label: "Actual".into(), range, ..Axis::default() },
        marks,
        empty: "Appears once enough of an episode is recorded.".into(),
        ..Plot::default()
    }
}
