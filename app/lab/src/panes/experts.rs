//! The experts that the policy imitates: their divergence from the policy, their ages, and the effect of reanalyze.

use bootstride_session::history::History;
use bootstride_session::message::ExpertAges;
use eframe::egui::{Ui, vec2};

use super::derive::{Key, series};
use super::{Context, Needs, Pane, PaneSpec, Place};
use crate::ui::glossary::{BMPC, Term, term};
use crate::ui::number::{count, fixed, signed};
use crate::ui::widgets::{explain, hint, key_figure_ui, tiles_ui};
use crate::ui::{Axis, Bar, Mark, Palette, Plot};
use crate::view::Tab;

/// Maximum age of fresh experts, in updates.
const FRESH: u64 = 5_000;

/// KL between policy and expert, ages of the experts in the replay buffer, and the gain from reanalyze.
#[derive(Default)]
pub struct ExpertsPane {
    key: Option<Key>,
    kl: Plot,
    found: Plot,
    ages: Plot,
    aged: Option<(ExpertAges, bool)>,
}

const EXPERT_AGE: Term = term(
    "expert_age",
    "Age of experts",
    "",
    BMPC,
    "Updates since the expert was planned. Old experts come from weaker networks, so a policy that imitates them learns outdated behaviour.",
);
const REANALYZED: Term = term(
    "reanalyzed",
    "Reanalyzed",
    "",
    BMPC,
    "Fraction of transitions in the replay buffer whose expert comes from reanalyze.",
);

impl ExpertsPane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        places: &[Place::column(Tab::Values, 2, 0.55)],
        own_margins: false,
        needs: |_| Needs::PLAN,
        terms: &[EXPERT_AGE, REANALYZED],
        ..PaneSpec::new("experts", "Experts", "Experts")
    };
}

impl Pane for ExpertsPane {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        let (history, palette) = (cx.history, cx.palette);
        let key = Key::of(history, palette);
        if self.key.as_ref() != Some(&key) {
            self.kl = divergence(history, palette);
            self.found = found(history, palette);
            self.key = Some(key);
        }
        let experts = &history.status.experts;
        if self.aged.as_ref().is_none_or(|(aged, dark)| aged != experts || *dark != palette.dark) {
            self.ages = ages(experts, palette);
            self.aged = Some((experts.clone(), palette.dark));
        }
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 22.0;
            let percent = |share: f32| format!("{} %", fixed(100.0 * f64::from(share), 0));
            explain(key_figure_ui(ui, palette, "reanalyzed", &percent(experts.reanalyzed), None), &REANALYZED);
            if let Some(fresh) = fresh(experts) {
                explain(key_figure_ui(ui, palette, "fresher than 5k updates", &percent(fresh), None), &EXPERT_AGE);
            }
            if let Some(config) = &history.status.config {
                let every = match config.algorithm.reanalyze_interval {
                    0 => "never".to_owned(),
                    interval => format!("every {interval} updates"),
                };
                hint(key_figure_ui(ui, palette, "reanalyze", &every, None), "reanalyze_interval");
            }
        });
        tiles_ui(ui, palette, &[&self.kl, &self.ages, &self.found], vec2(220.0, 96.0));
    }
}

/// Returns the share of experts at most [`FRESH`] updates old, if the histogram has that bound.
fn fresh(experts: &ExpertAges) -> Option<f32> {
    let young: Vec<f32> = experts.histogram.iter().filter(|bin| bin.0 <= FRESH).map(|bin| bin.1).collect();
    let all: f32 = experts.histogram.iter().map(|bin| bin.1).sum();
    (!young.is_empty() && all > 0.0).then(|| young.iter().sum::<f32>() / all)
}

fn steps() -> Axis {
    Axis { label: "Environment steps (steps)".into(), at_least: Some([0.0, 1.0]), ..Axis::default() }
}

fn divergence(history: &History, palette: &Palette) -> Plot {
    let batches = series(history, "pi_kl");
    let shown: Vec<[f64; 2]> = history
        .analyses
        .iter()
        .filter_map(|analysis| {
            let step = history.decision(analysis.decision)?.env_step;
            Some([count(step), f64::from(analysis.policy.kl) / count(analysis.action_dim.max(1))])
        })
        .collect();
    let newest = batches.last().map(|point| point[1]);
    let mut marks = Vec::new();
    if !shown.is_empty() {
        let colour = palette.plan.gamma_multiply(0.6);
        marks.push(Mark::Dots { label: "decisions shown".into(), colour, radius: 1.6, points: shown });
    }
    if !batches.is_empty() {
        marks.push(Mark::Line { label: "batches".into(), colour: palette.policy, width: 1.8, points: batches });
    }
    Plot {
        title: "KL from policy to expert".into(),
        merit: newest.map(|kl| (format!("{} nats per action", fixed(kl, 2)), None)),
        x: steps(),
        y: Axis { label: "KL per action dimension (nats)".into(), at_least: Some([0.0, 0.1]), ..Axis::default() },
        marks,
        empty: "Appears when the policy starts to learn.".into(),
        ..Plot::default()
    }
}

fn found(history: &History, palette: &Palette) -> Plot {
    let points = series(history, "reanalyze_delta_q");
    let newest = points.last().map(|point| point[1]);
    let marks = if points.is_empty() {
        Vec::new()
    } else {
        vec![Mark::Line { label: String::new(), colour: palette.plan, width: 1.8, points }]
    };
    Plot {
        title: "Gain from reanalyze".into(),
        merit: newest.map(|delta_q| (format!("ΔQ {}", signed(delta_q, 2)), None)),
        x: steps(),
        y: Axis { label: "ΔQ (units of return)".into(), at_least: Some([0.0, 0.1]), ..Axis::default() },
        marks,
        empty: "Appears when reanalyze replans old states.".into(),
        ..Plot::default()
    }
}

fn ages(experts: &ExpertAges, palette: &Palette) -> Plot {
    let mut left = 0.0;
    let mut bars = Vec::new();
    for &(bound, share) in &experts.histogram {
        // The last bin is open; it is drawn as wide as the previous one on this scale. The first one starts at 1.
        #[allow(clippy::cast_precision_loss, reason = "numbers of updates")]
        let bound = if bound == u64::MAX { f64::NAN } else { bound as f64 };
        let start: f64 = if left > 0.0 { left } else { 1.0 };
        let right = if bound.is_nan() { 2.0 * start } else { bound.max(start * 1.01) };
        let start = if left > 0.0 { start } else { (right / 2.0).max(1.0) };
        bars.push(Bar { x: [start, right], y: [0.0, 100.0 * f64::from(share)] });
        left = right;
    }
    let drawn = bars.iter().any(|bar| bar.y[1] > 0.0);
    let marks = if drawn {
        vec![Mark::Bars { label: String::new(), colour: palette.elite.gamma_multiply(0.85), bars }]
    } else {
        Vec::new()
    };
    Plot {
        title: "Age of experts".into(),
        merit: Some(("in % of transitions".into(), None)),
        x: Axis { label: "Updates since it was planned (updates)".into(), logarithmic: true, ..Axis::default() },
        y: Axis { label: "Share of transitions (%)".into(), at_least: Some([0.0, 10.0]), ..Axis::default() },
        marks,
        empty: "Appears when planned decisions are in the replay buffer.".into(),
        ..Plot::default()
    }
}
