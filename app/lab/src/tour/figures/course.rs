//! The course of a run: delta-Q of the recorded decisions, and the ages of the experts.

use bootstride_session::history::History;

use super::{axis, bars};
use crate::tour::scene::Scene;
use crate::tour::step::Figure;
use crate::ui::number::{grouped, percent, real, signed_figure};
use crate::ui::{Axis, Bar, Mark, Palette, Plot};

/// Number of points of a curve over all recorded decisions.
const POINTS: usize = 600;

pub(super) fn delta_q(scene: &Scene, history: &History, palette: &Palette) -> Plot {
    let stride = history.decisions.len().div_ceil(POINTS).max(1);
    let mut points = Vec::with_capacity(POINTS);
    let mut index = 0;
    while index < history.decisions.len() {
        let end = (index + stride).min(history.decisions.len());
        let peak = history
            .decisions
            .range(index..end)
            .filter_map(|decision| Some((decision.number, decision.planned.as_ref()?.delta_q)));
        if let Some((number, peak)) = peak.max_by(|a, b| a.1.total_cmp(&b.1)) {
            points.push([f64::from(number), f64::from(peak)]);
        }
        index = end;
    }
    let here = history.decision(scene.decision);
    let merit = here.and_then(|decision| Some(format!("here {}", signed_figure(decision.planned.as_ref()?.delta_q))));
    let mut marks = vec![Mark::Line { label: "\u{394}Q".into(), colour: palette.plan, width: 1.5, points }];
    if let Some(decision) = here {
        marks.push(Mark::Vertical {
            label: "here".into(),
            colour: palette.text,
            x: f64::from(decision.number),
            dashed: false,
        });
    }
    Plot {
        title: Figure::DeltaQ.title().into(),
        merit: merit.map(|text| (text, Some(palette.plan))),
        x: axis("decision"),
        y: axis("\u{394}Q"),
        marks,
        empty: "No planned decision yet".into(),
        ..Plot::default()
    }
}

/// Fractions of the stored experts by age.
pub(super) fn ages(history: &History, palette: &Palette) -> Plot {
    let experts = &history.status.experts;
    let bar = |(place, (_, fraction)): (usize, &(u64, f32))| {
        let x = f64::from(real(place));
        Bar { x: [x + 0.1, x + 0.9], y: [0.0, f64::from(*fraction)] }
    };
    let all: Vec<Bar> = experts.histogram.iter().enumerate().map(bar).collect();
    let youngest = experts.histogram.first().map(|(bound, fraction)| {
        let bound = usize::try_from(*bound).unwrap_or(usize::MAX);
        format!("{} younger than {} updates", percent(*fraction), grouped(bound))
    });
    let marks = if all.is_empty() { Vec::new() } else { vec![bars("experts", palette.elite, all)] };
    Plot {
        title: Figure::Ages.title().into(),
        merit: youngest.map(|text| (text, None)),
        x: Axis { hidden: true, ..axis("age class, youngest first") },
        y: Axis { at_least: Some([0.0, 0.5]), ..axis("share of the buffer") },
        marks,
        empty: "There is no replay buffer: this agent only plays".into(),
        ..Plot::default()
    }
}
