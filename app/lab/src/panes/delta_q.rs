//! The gain from planning over the policy during training.

use bootstride_session::history::{History, Spread};
use eframe::egui::Ui;

use super::derive::Key;
use super::{Context, Pane, PaneSpec, Place};
use crate::ui::number::{count, signed};
use crate::ui::{Axis, Bar, Mark, Palette, Plot};
use crate::view::Tab;

/// Maximum number of columns of the fan.
const COLUMNS: usize = 44;

/// The distribution of delta-Q over training as a fan of quantiles (BMPC, Figures 2 and 6).
#[derive(Default)]
pub struct DeltaQPane {
    key: Option<Key>,
    plot: Plot,
}

impl DeltaQPane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        places: &[Place::column(Tab::Train, 2, 0.9)],
        own_margins: false,
        ..PaneSpec::new("delta-q", "ΔQ over training", "\u{394}Q")
    };
}

impl Pane for DeltaQPane {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        let key = Key::of(cx.history, cx.palette);
        if self.key.as_ref() != Some(&key) {
            self.plot = fan(cx.history, cx.palette);
            self.key = Some(key);
        }
        self.plot.show(ui, cx.palette);
    }
}

/// Joins neighbouring spreads into at most [`COLUMNS`]: left and right end, and mean quantiles.
fn columns(spreads: &[Spread]) -> Vec<([f64; 2], [f64; 5])> {
    let each = spreads.len().div_ceil(COLUMNS).max(1);
    let mut left = 0.0;
    let join = |chunk: &[Spread]| {
        let right = chunk.last().map_or(left, |spread| count(spread.env_step));
        let mean = |place: usize| {
            let sum: f64 = chunk.iter().filter_map(|spread| spread.quantiles.get(place)).map(|&q| f64::from(q)).sum();
            sum / count(chunk.len())
        };
        let ends = [left, right];
        left = right;
        (ends, [0, 1, 2, 3, 4].map(mean))
    };
    let mut columns: Vec<_> = spreads.chunks(each).map(join).collect();
    // The start of the first spread is unknown: it is drawn as wide as the next one.
    if let [(first, _), (second, _), ..] = columns.as_mut_slice() {
        first[0] = (first[1] - (second[1] - second[0])).max(0.0);
    }
    columns
}

fn fan(history: &History, palette: &Palette) -> Plot {
    let columns = columns(&history.delta_q);
    let bars = |label: &str, share: f32, low: usize, high: usize| {
        let bar = |(x, q): &([f64; 2], [f64; 5])| Some(Bar { x: *x, y: [*q.get(low)?, *q.get(high)?] });
        let bars = columns.iter().filter_map(bar).collect();
        Mark::Bars { label: label.into(), colour: palette.plan.gamma_multiply(share), bars }
    };
    let median = |(x, q): &([f64; 2], [f64; 5])| [[x[0], q[2]], [x[1], q[2]], [x[1], f64::NAN]];
    let medians: Vec<[f64; 2]> = columns.iter().flat_map(median).collect();
    let marks = if columns.is_empty() {
        Vec::new()
    } else {
        vec![
            bars("90 % of decisions", 0.22, 0, 4),
            bars("middle half", 0.4, 1, 3),
            Mark::Line { label: "median".into(), colour: palette.plan, width: 2.2, points: medians },
        ]
    };
    let newest = history.delta_q.last().map(|spread| f64::from(spread.quantiles[2]));
    Plot {
        title: "ΔQ over training".into(),
        merit: newest.map(|median| (format!("planning still adds {}", signed(median, 2)), None)),
        x: Axis { label: "Environment steps (steps)".into(), at_least: Some([0.0, 1.0]), ..Axis::default() },
        y: Axis { label: "ΔQ (units of return)".into(), at_least: Some([0.0, 0.1]), ..Axis::default() },
        marks,
        empty: "Appears after a few hundred planned decisions.".into(),
        ..Plot::default()
    }
}
