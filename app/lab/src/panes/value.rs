//! "Value distribution at this state": the predictions of the value ensemble at a glance.

use eframe::egui;

use super::{Context, Needs, Pane, PaneSpec, Place};
use crate::ui::{Axis, Mark, Plot};
use crate::view::Tab;

/// Bins with a lower probability are not shown.
const NEGLIGIBLE: f32 = 1e-3;

/// The pane.
#[derive(Debug, Default)]
pub struct ValuePane;

impl ValuePane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        places: &[Place::column(Tab::Train, 2, 0.9)],
        own_margins: false,
        needs: |_| Needs::VALUES,
        ..PaneSpec::new("value", "Value distribution at this state", "Value")
    };
}

impl Pane for ValuePane {
    fn ui(&mut self, ui: &mut egui::Ui, cx: &mut Context<'_>) {
        let palette = cx.palette;
        let mut plot = Plot {
            title: Self::SPEC.title.into(),
            x: Axis { label: "Value V(z), discounted return".into(), ..Axis::default() },
            y: Axis { label: "Probability".into(), hidden: true, at_least: Some([0.0, 0.1]), ..Axis::default() },
            empty: cx.undecided().into(),
            ..Plot::default()
        };
        if let Some(values) = cx.analysis().and_then(|analysis| analysis.values.as_ref()) {
            let members = values.members.len();
            plot.merit = Some((format!("two-hot, {} bins, {members} members", values.bins.len()), None));
            let matters = |bin: usize| values.members.iter().any(|member| member[bin] > NEGLIGIBLE);
            let bins = 0..values.bins.len();
            let first = bins.clone().find(|bin| matters(*bin)).unwrap_or(0).saturating_sub(2);
            let last = bins.clone().rfind(|bin| matters(*bin)).map_or(bins.end, |bin| (bin + 3).min(bins.end));
            for member in &values.members {
                let points = (first..last).map(|bin| [f64::from(values.bins[bin]), f64::from(member[bin])]).collect();
                plot.marks.push(Mark::Line { label: String::new(), colour: palette.policy, width: 1.2, points });
            }
            #[allow(clippy::cast_precision_loss, reason = "members are few")]
            let mean = f64::from(values.decoded.iter().sum::<f32>()) / members.max(1) as f64;
            let label = format!("{mean:.1}");
            plot.marks.push(Mark::Vertical { label, colour: palette.strong, x: mean, dashed: true });
        }
        plot.show(ui, palette);
    }
}
