//! The search: the values of its sequences, and how it narrowed.

use bootstride_core::inspect::IterationView;

use super::{axis, bars, line, vertical};
use crate::panes::histogram::Histogram;
use crate::tour::measure::{Facts, Trial};
use crate::tour::step::Figure;
use crate::ui::number::{figure, real};
use crate::ui::{Axis, Mark, Palette, Plot};

/// Bins across a histogram.
const BINS: usize = 40;

pub(super) fn values(trial: &Trial, iteration: Option<usize>, palette: &Palette) -> Plot {
    let count = trial.plan.iterations.len();
    let last = count.saturating_sub(1);
    let shown = iteration.unwrap_or(last).min(last);
    let range = ends(trial.plan.iterations.iter());
    let mut plot = Plot {
        title: Figure::Values.title().into(),
        merit: Some((format!("iteration {} of {count}", shown + 1), None)),
        x: Axis { range: Some(range.map(f64::from)), ..axis("predicted return G") },
        y: Axis { at_least: Some([0.0, 10.0]), ..axis("sequences") },
        ..Plot::default()
    };
    if let Some(view) = trial.plan.iterations.get(shown) {
        plot.marks = of_iteration(trial, view, range, palette);
        if shown == last {
            plot.marks.push(vertical("plan", palette.plan, trial.plan.value, false));
        }
    }
    plot
}

/// Values found with the tried settings, over those of the step's settings.
pub(super) fn two_values(facts: &Facts<'_>, palette: &Palette) -> Plot {
    let (setup, tried) = (facts.setup, facts.tried);
    let lasts = [setup, tried].map(|trial| trial.plan.iterations.last());
    let range = ends(lasts.into_iter().flatten());
    let same = setup.planner == tried.planner;
    let mut marks = lasts[1].map_or_else(Vec::new, |view| of_iteration(tried, view, range, palette));
    if !same {
        marks.push(vertical("before", palette.weak, setup.plan.value, true));
    }
    marks.push(vertical("plan", palette.plan, tried.plan.value, false));
    let merit = if same {
        format!("G {}", figure(tried.plan.value))
    } else {
        format!("G {} \u{2192} {}", figure(setup.plan.value), figure(tried.plan.value))
    };
    Plot {
        title: Figure::TwoValues.title().into(),
        merit: Some((merit, None)),
        x: Axis { range: Some(range.map(f64::from)), ..axis("predicted return G") },
        y: Axis { at_least: Some([0.0, 4.0]), ..axis("sequences") },
        marks,
        ..Plot::default()
    }
}

/// Mean and spread of the samples, iteration by iteration.
pub(super) fn narrowing(trial: &Trial, iteration: Option<usize>, palette: &Palette) -> Plot {
    let spread = |index: usize| -> f32 {
        let before = index.checked_sub(1).and_then(|before| trial.plan.iterations.get(before));
        let first = |view: &IterationView| {
            let stds = view.std.get(..trial.plan.action_dim).unwrap_or_default();
            stds.iter().sum::<f32>() / real(stds.len().max(1))
        };
        before.map_or(trial.planner.max_std, first)
    };
    let count = trial.plan.iterations.len();
    let at = |index: usize| f64::from(real(index + 1));
    let points = (0..=count).map(|index| [at(index) - 1.0, f64::from(spread(index))]).collect();
    let shown = iteration.unwrap_or(count.saturating_sub(1)).min(count.saturating_sub(1));
    Plot {
        title: Figure::Narrowing.title().into(),
        merit: Some((format!("\u{3c3} {} \u{2192} {}", figure(spread(0)), figure(trial.spread())), None)),
        x: Axis { range: Some([0.0, f64::from(real(count))]), ..axis("iterations done") },
        y: Axis { at_least: Some([0.0, 0.5]), ..axis("\u{3c3} of the first action") },
        marks: vec![line("\u{3c3}", palette.plan, points), vertical("", palette.weak, real(shown + 1), true)],
        ..Plot::default()
    }
}

fn of_iteration(trial: &Trial, view: &IterationView, range: [f32; 2], palette: &Palette) -> Vec<Mark> {
    let histogram = Histogram::over(view, trial.plan.policy_samples, range, BINS);
    let [samples, elites] = histogram.bars_behind_each_other();
    let mut marks = vec![bars("samples", palette.sample, samples), bars("elites", palette.elite, elites)];
    if !histogram.policies.is_empty() {
        let xs = histogram.policies.iter().copied().map(f64::from).collect();
        marks.push(Mark::Rug { label: "policy".into(), colour: palette.policy, xs });
    }
    marks
}

/// Returns a range of these numbers; random sequences far below the rest are counted in the first bar.
fn ends<'a>(views: impl Iterator<Item = &'a IterationView>) -> [f32; 2] {
    let mut all: Vec<f32> = views.flat_map(|view| view.values.iter().copied()).filter(|g| g.is_finite()).collect();
    all.sort_by(f32::total_cmp);
    let (Some(low), Some(high)) = (all.get(all.len() / 100), all.last()) else { return [0.0, 1.0] };
    let margin = (0.03 * (high - low)).max(1e-3);
    [low - margin, high + margin]
}
