//! Paths of an analysis as traces: colour and width show their kind, real ones are dashed.

use bootstride_core::inspect::{Path, PathKind, PathSource, PlanAnalysis};
use bootstride_render::maths::Vec3;
use bootstride_render::scene::{Dot, Stroke, Trace};
use eframe::egui::Color32;

use crate::ui::Palette;
use crate::ui::number::real;
use crate::ui::palette::mix;
use crate::view::{PathChoice, View};

/// Interpolated points between two points of a path.
const BETWEEN: usize = 6;

/// Kinds in drawing order, the last on top, with their index in [`View::kinds`].
const ORDER: [(PathKind, usize); 4] =
    [(PathKind::Sample, 1), (PathKind::Elite, 2), (PathKind::Policy, 0), (PathKind::Plan, 3)];

/// Returns the paths selected by the view.
#[must_use]
pub fn traces(analysis: &PlanAnalysis, view: &View, palette: &Palette) -> Vec<Trace> {
    let wanted = |path: &&Path| match view.paths {
        PathChoice::Imagined => path.source == PathSource::Imagined,
        PathChoice::Real => path.source == PathSource::Real,
        PathChoice::Both => true,
        PathChoice::Off => false,
    };
    let elites = || analysis.paths.iter().filter(|path| path.kind == PathKind::Elite).map(|path| path.value);
    let range = elites().fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)]);
    let mut traces = Vec::new();
    for (kind, place) in ORDER.into_iter().filter(|(_, place)| view.kinds[*place]) {
        let mut chosen: Vec<&Path> =
            analysis.paths.iter().filter(wanted).filter(|path| path.kind == kind && path.points.len() > 1).collect();
        // The best of its kind on top.
        chosen.sort_by(|a, b| a.value.total_cmp(&b.value));
        traces.extend(chosen.into_iter().map(|path| trace(path, place, range, palette)));
    }
    traces
}

/// Returns the common start of all paths; `None` if no paths are drawn.
#[must_use]
pub fn start(traces: &[Trace], palette: &Palette) -> Option<Dot> {
    let position = *traces.last()?.points.first()?;
    let colour = if palette.dark { Color32::WHITE } else { palette.strong };
    Some(Dot { position, radius: 4.5, colour })
}

fn trace(path: &Path, place: usize, elites: [f32; 2], palette: &Palette) -> Trace {
    let (colour, width, opacity, fade) = match path.kind {
        PathKind::Sample => (palette.sample, 1.0, 0.38, 0.55),
        PathKind::Elite => {
            let share = (path.value - elites[0]) / (elites[1] - elites[0]).max(1e-6);
            (palette.elite, 1.5, 0.4 + 0.5 * share.clamp(0.0, 1.0), 0.9)
        }
        PathKind::Policy => (palette.policy, 2.0, 0.9, 0.95),
        PathKind::Plan => (palette.plan, 3.5, 1.0, 1.0),
    };
    let real = path.source == PathSource::Real;
    // Real paths have their own colour in addition to dashes; a tint still shows their kind.
    let colour = if real { mix(colour, palette.good, if place == 3 { 0.75 } else { 0.6 }) } else { colour };
    Trace {
        points: smooth(&path.points),
        width: if real { width + 0.5 } else { width },
        colour: colour.gamma_multiply(opacity),
        fade,
        stroke: if real { Stroke::Dashed } else { Stroke::Solid },
    }
}

/// Returns a smooth line through the points (Catmull-Rom).
fn smooth(points: &[Vec3]) -> Vec<Vec3> {
    let last = points.len() - 1;
    if last > 24 {
        return points.to_vec();
    }
    let mut line = Vec::with_capacity(last * BETWEEN + 1);
    for i in 0..last {
        let four = [points[i.saturating_sub(1)], points[i], points[i + 1], points[(i + 2).min(last)]];
        for step in 0..BETWEEN {
            let t = real(step) / real(BETWEEN);
            line.push([0, 1, 2].map(|axis| {
                let [before, from, to, after] = four.map(|point| point[axis]);
                let square = 2.0 * before - 5.0 * from + 4.0 * to - after;
                let cube = 3.0 * from - before - 3.0 * to + after;
                from + 0.5 * t * (to - before + t * (square + t * cube))
            }));
        }
    }
    line.push(points[last]);
    line
}
