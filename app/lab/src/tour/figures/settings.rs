//! The effect of settings: the weights of the elites, and G over the tried values.

use super::{axis, bars};
use crate::tour::measure::{Facts, Trial};
use crate::tour::scene::Scene;
use crate::tour::step::{Control, Figure};
use crate::ui::number::{figure, percent, real};
use crate::ui::{Axis, Bar, Mark, Palette, Plot};

pub(super) fn weights(facts: &Facts<'_>, palette: &Palette) -> Plot {
    let (setup, tried) = (facts.setup, facts.tried);
    let bar = |(rank, weight): (usize, &f32)| {
        let x = f64::from(real(rank));
        Bar { x: [x + 0.1, x + 0.9], y: [0.0, f64::from(*weight)] }
    };
    let all: Vec<Bar> = tried.weights().iter().enumerate().map(bar).collect();
    let steps = setup.weights().iter().enumerate().flat_map(|(rank, weight)| {
        let (x, y) = (f64::from(real(rank)), f64::from(*weight));
        [[x, y], [x + 1.0, y]]
    });
    let mut marks = vec![bars("elites", palette.elite, all)];
    if setup.planner != tried.planner {
        marks.push(Mark::Line { label: "before".into(), colour: palette.text, width: 1.5, points: steps.collect() });
    }
    let best = tried.weights().first().copied().unwrap_or_default();
    Plot {
        title: Figure::Weights.title().into(),
        merit: Some((format!("\u{3c4} {}, best {}", figure(tried.planner.temperature), percent(best)), None)),
        x: axis("rank of the elite"),
        y: Axis { at_least: Some([0.0, 0.05]), ..axis("weight") },
        marks,
        ..Plot::default()
    }
}

/// G of the plan over the step's setting: the trials, and the user's own planner as a line.
pub(super) fn trials(scene: &Scene, control: Control, palette: &Palette) -> Plot {
    let setup = scene.setup();
    let (name, range, logarithmic) = match control {
        Control::Guides => ("policy guides P", [-0.5, f64::from(real(setup.policy_samples.max(1))) + 0.5], false),
        Control::Temperature => ("temperature \u{3c4}", [0.01, 20.0], true),
        Control::Horizon => ("horizon H", [0.5, 9.5], false),
        _ => ("samples N", [8.0, 512.0], true),
    };
    let at = |trial: &Trial| -> [f64; 2] {
        let across = match control {
            Control::Guides => real(trial.planner.policy_samples),
            Control::Temperature => trial.planner.temperature,
            Control::Horizon => real(trial.planner.horizon),
            _ => real(trial.planner.samples),
        };
        [f64::from(across), f64::from(trial.plan.value)]
    };
    // The user's own planner is drawn outside the scale if it differs in more than the step's setting.
    let beside = |trial: &&Trial| scene.is_own(trial) && trial.planner != *setup;
    let mut points: Vec<[f64; 2]> = scene.trials().iter().filter(|trial| !beside(trial)).map(at).collect();
    points.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let dots = |label: &str, colour, points| Mark::Dots { label: label.into(), colour, radius: 4.5, points };
    let of_setup = scene.trials().iter().filter(|trial| trial.planner == *setup).map(at).collect();
    let newest = scene.trials().iter().filter(|trial| scene.tried.as_ref() == Some(&trial.planner)).map(at).collect();
    let mut marks = Vec::new();
    if let Some(own) = scene.trials().iter().find(beside) {
        let level = f64::from(own.plan.value);
        marks.push(Mark::Line {
            label: "yours".into(),
            colour: palette.good,
            width: 1.2,
            points: range.map(|x| [x, level]).to_vec(),
        });
    }
    if !points.is_empty() {
        marks.push(Mark::Line {
            label: String::new(),
            colour: palette.plan.gamma_multiply(0.6),
            width: 1.5,
            points: points.clone(),
        });
        marks.push(dots("tried", palette.plan.gamma_multiply(0.6), points));
        marks.push(dots("first", palette.text, of_setup));
        marks.push(dots("last", palette.plan, newest));
    }
    let heights = marks.iter().flat_map(|mark| match mark {
        Mark::Line { points, .. } | Mark::Dots { points, .. } => points.iter().map(|point| point[1]).collect(),
        _ => Vec::new(),
    });
    let (low, high) = heights.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
    // Negligible differences are not scaled up to the height of the plot.
    let margin = (0.15 * (high - low)).max(0.005 * high.abs()).max(0.05);
    Plot {
        title: Figure::Trials(control).title().into(),
        merit: Some((format!("G over {name}"), None)),
        x: Axis { range: Some(range), logarithmic, ..axis(name) },
        y: Axis { at_least: (low <= high).then_some([low - margin, high + margin]), ..axis("G of the plan") },
        marks,
        ..Plot::default()
    }
}
