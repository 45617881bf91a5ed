//! Two lines of key figures at the bottom of the picture.

use bootstride_core::inspect::Decision;
use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{Color32, FontId, Rect, Ui, pos2};

use super::controls::margin;
use crate::panes::Context;
use crate::ui::number::{grouped, signed};

/// Below this width only figures are shown that no other part of the lab shows, points.
const COMPACT: f32 = 480.0;

/// Space between lines, points.
const GAP: f32 = 2.0;

/// Draws the figures; `speed` in m/s for a body that moves away.
pub(super) fn ui(ui: &mut Ui, rect: Rect, cx: &Context<'_>, decision: &Decision, speed: Option<f32>) {
    let palette = cx.palette;
    let compact = rect.width() < COMPACT;
    let mut first = Line::new(cx);
    if !compact {
        first.add("step", &grouped(decision.env_step).replace('\u{2009}', "\u{a0}"), palette.strong);
        first.add("episode", &decision.episode.to_string(), palette.strong);
    }
    let name = if compact { "return" } else { "return so far" };
    first.add(name, &format!("{:.1}", decision.episode_return), palette.strong);
    match speed {
        Some(speed) => first.add("speed", &format!("{speed:.2}\u{a0}m/s"), palette.strong),
        None => first.add("reward", &format!("{:.2}", decision.reward), palette.strong),
    }
    let mut second = Line::new(cx);
    let analysis = cx.analysis().filter(|analysis| analysis.decision == decision.number);
    if let Some(planned) = &decision.planned {
        let colour = if planned.delta_q < 0.0 { palette.bad } else { palette.plan };
        second.add("ΔQ", &signed(f64::from(planned.delta_q), 2), colour);
        if let Some(analysis) = analysis.filter(|_| !compact) {
            second.add("KL(π, expert)", &format!("{:.2}", analysis.policy.kl), palette.strong);
        }
        let spread = analysis.and_then(|analysis| analysis.values.as_ref()).map(|values| spread(&values.decoded));
        let value = spread.map_or_else(
            || format!("{:.1}", planned.value),
            |spread| format!("{:.1}\u{a0}±\u{a0}{spread:.1}", planned.value),
        );
        second.add("value", &value, palette.strong);
    } else {
        second.add("action", "random, not planned", palette.text);
    }
    // From the bottom, so that wrapped text in a narrow room grows upwards.
    let mut bottom = rect.bottom() - 0.8 * margin(rect);
    for mut line in [second, first] {
        line.job.wrap.max_width = rect.width() - 2.0 * margin(rect);
        let galley = ui.painter().layout_job(line.job);
        bottom -= galley.size().y + GAP;
        ui.painter().galley(pos2(rect.left() + margin(rect), bottom), galley, palette.text);
    }
}

/// Returns half the distance between the highest and the lowest member.
fn spread(members: &[f32]) -> f32 {
    let [low, high] =
        members.iter().fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], x| [low.min(*x), high.max(*x)]);
    if high >= low { 0.5 * (high - low) } else { 0.0 }
}

struct Line {
    job: LayoutJob,
    weak: Color32,
}

impl Line {
    fn new(cx: &Context<'_>) -> Self {
        Self { job: LayoutJob::default(), weak: cx.palette.weak }
    }

    fn add(&mut self, name: &str, figure: &str, colour: Color32) {
        let font = FontId::monospace(12.5);
        let gap = if self.job.is_empty() { 0.0 } else { 10.0 };
        let format = |color| TextFormat { font_id: font.clone(), color, ..TextFormat::default() };
        self.job.append(name, gap, format(self.weak));
        self.job.append(figure, 7.0, format(colour));
    }
}
