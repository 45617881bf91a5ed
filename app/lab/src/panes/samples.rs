//! "Values of this decision's samples": the predicted returns of MPPI's sequences at a glance.

use eframe::egui;

use super::histogram::Histogram;
use super::{Context, Needs, Pane, PaneSpec, Place};
use crate::ui::{Axis, Mark, Plot};
use crate::view::Tab;

/// Bins across the histogram.
const BINS: usize = 48;

/// The pane.
#[derive(Debug, Default)]
pub struct SamplesPane;

impl SamplesPane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        places: &[Place::column(Tab::Train, 2, 0.9)],
        own_margins: false,
        needs: |_| Needs::PLAN,
        ..PaneSpec::new("samples", "Values of this decision's samples", "Samples")
    };
}

impl Pane for SamplesPane {
    fn ui(&mut self, ui: &mut egui::Ui, cx: &mut Context<'_>) {
        let palette = cx.palette;
        let mut plot = Plot {
            title: Self::SPEC.title.into(),
            x: Axis { label: "Predicted return G of a sequence".into(), ..Axis::default() },
            y: Axis { label: "Sequences".into(), hidden: true, ..Axis::default() },
            empty: cx.undecided().into(),
            ..Plot::default()
        };
        if let Some(analysis) = cx.analysis()
            && let Some(last) = analysis.iterations.len().checked_sub(1)
        {
            let shown = cx.view.iteration.unwrap_or(last).min(last);
            plot.merit = Some((format!("iteration {} of {}", shown + 1, last + 1), None));
            let histogram = Histogram::of(&analysis.iterations[shown], analysis.policy_samples, BINS);
            let [others, elites] = histogram.bars_on_each_other();
            let policies = histogram.policies.iter().copied().map(f64::from).collect();
            plot.marks = vec![
                Mark::Bars { label: "samples".into(), colour: palette.sample, bars: others },
                Mark::Bars { label: "elites".into(), colour: palette.elite, bars: elites },
                Mark::Rug { label: "policy".into(), colour: palette.policy, xs: policies },
            ];
            if shown == last {
                let (label, colour) = ("plan".into(), palette.plan);
                plot.marks.push(Mark::Vertical { label, colour, x: analysis.value.into(), dashed: false });
            }
        }
        plot.show(ui, palette);
    }
}
