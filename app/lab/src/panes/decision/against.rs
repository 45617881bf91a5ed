//! "Plan against policy": the terms of the plan's predicted return, next to the policy's.

use bootstride_core::inspect::{PlanAnalysis, RewardSplit};
use eframe::egui::{Align2, Color32, CornerRadius, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::export::menu_ui;
use super::{beside, nothing_ui, room_ui};
use crate::panes::{Context, Needs, Pane, PaneSpec, Place};
use crate::ui::number::{fixed, real, signed, whole};
use crate::ui::theme::SMALL;
use crate::ui::widgets::headline_ui;
use crate::ui::{Palette, mono, sans};
use crate::view::Tab;

/// "Plan against policy".
#[derive(Debug, Default)]
pub struct AgainstPane;

/// Ratio of value to rewards above which the value gets its own scale.
const APART: f32 = 4.0;

impl AgainstPane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        places: &[Place::column(Tab::Decision, 2, 0.3)],
        needs: |_| Needs::PLAN,
        ..PaneSpec::new("against", "Plan against policy", "Against policy")
    };
}

impl Pane for AgainstPane {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        room_ui(ui, |ui| match cx.analysis() {
            Some(analysis) if !analysis.plan_terms.rewards.is_empty() => {
                let other = beside(cx, analysis).map(|(_, other)| &other.plan_terms);
                against_ui(ui, cx.palette, analysis, other);
            }
            _ => nothing_ui(ui, cx, "Plan against policy"),
        });
    }
}

/// A term of plan and policy.
struct Term {
    name: String,
    policy: f32,
    plan: f32,
    other: Option<f32>,
    is_value: bool,
}

/// Returns the terms of G: rewards, then the value.
fn terms(analysis: &PlanAnalysis, other: Option<&RewardSplit>) -> Vec<Term> {
    let (plan, policy) = (&analysis.plan_terms, &analysis.policy_terms);
    let other = other.filter(|other| other.rewards.len() == plan.rewards.len());
    let rewards = plan.rewards.iter().enumerate().map(|(step, reward)| Term {
        name: if step == 0 { "r(t)".into() } else { format!("r(t+{step})") },
        policy: policy.rewards.get(step).copied().unwrap_or_default(),
        plan: *reward,
        other: other.and_then(|other| other.rewards.get(step).copied()),
        is_value: false,
    });
    let value = Term {
        name: format!("V(t+{})", plan.rewards.len()),
        policy: policy.terminal,
        plan: plan.terminal,
        other: other.map(|other| other.terminal),
        is_value: true,
    };
    rewards.chain([value]).collect()
}

/// Returns the lowest and highest value drawn, including zero.
fn ends<'a>(terms: impl Iterator<Item = &'a Term>) -> [f32; 2] {
    let all = terms.flat_map(|term| [term.policy, term.plan].into_iter().chain(term.other));
    all.filter(|one| one.is_finite()).fold([0.0, 0.0], |[low, high], one| [low.min(one), high.max(one)])
}

fn against_ui(ui: &mut Ui, palette: &Palette, analysis: &PlanAnalysis, other: Option<&RewardSplit>) {
    let delta = f64::from(analysis.delta_q);
    let title = "Plan against policy";
    let heading = headline_ui(ui, palette, title, &format!("ΔQ = {}", signed(delta, 2)));
    menu_ui(ui, title, &heading, || {
        let row = |term: Term| format!("{},{},{}\n", term.name, term.policy, term.plan);
        let rows: String = terms(analysis, None).into_iter().map(row).collect();
        format!("term,policy,plan\n{rows}")
    });
    let policy = analysis.value - analysis.delta_q;
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let painter = ui.painter();
    let text = format!("plan {}", fixed(f64::from(analysis.value), 2));
    let right = painter.text(rect.right_top(), Align2::RIGHT_TOP, text, sans(SMALL), palette.plan);
    if analysis.policy_samples > 0 {
        let text = format!("policy {}", fixed(f64::from(policy), 2));
        let at = pos2(right.left() - 12.0, rect.top());
        painter.text(at, Align2::RIGHT_TOP, text, sans(SMALL), palette.policy);
    }
    let terms = terms(analysis, other);
    let (rewards, value) =
        (ends(terms.iter().filter(|term| !term.is_value)), ends(terms.iter().filter(|one| one.is_value)));
    let size = |[low, high]: [f32; 2]| high.max(-low);
    let apart = size(value) > APART * size(rewards) || size(rewards) > APART * size(value);
    let common = [rewards[0].min(value[0]), rewards[1].max(value[1])];
    let width = rect.width() / real(terms.len());
    let roomy = width >= 46.0;
    let top = rect.top() + SMALL + if roomy { 22.0 } else { 10.0 };
    let plot = Rect::from_min_max(pos2(rect.left(), top), pos2(rect.right(), rect.bottom() - 34.0));
    for (place, term) in terms.iter().enumerate() {
        let range = match (apart, term.is_value) {
            (false, _) => common,
            (true, true) => value,
            (true, false) => rewards,
        };
        let left = plot.left() + width * real(place);
        let column = Rect::from_x_y_ranges(left..=left + width, plot.y_range());
        term_ui(ui, palette, term, column, range, roomy);
        if apart && term.is_value {
            let y = rect.top() + 20.0..=plot.bottom() + 30.0;
            ui.painter().vline(left, y, Stroke::new(1.0, palette.line));
        }
    }
    let Some(at) = response.hover_pos() else { return };
    let place = whole(f64::from(((at.x - plot.left()) / width).floor())).min(terms.len() - 1);
    let term = &terms[place];
    let mut text = format!(
        "{}, discounted: {} under the plan, {} on average under the policy's proposals.",
        if term.is_value { "Value of the state after the horizon" } else { "Predicted reward" },
        fixed(f64::from(term.plan), 3),
        fixed(f64::from(term.policy), 3)
    );
    if apart {
        text.push_str("\nRewards and value have separate scales.");
    }
    response.on_hover_text_at_pointer(text);
}

/// Draws two adjacent bars, their label, and their difference.
fn term_ui(ui: &Ui, palette: &Palette, term: &Term, column: Rect, [low, high]: [f32; 2], roomy: bool) {
    let painter = ui.painter();
    let y = |value: f32| column.bottom() - column.height() * (value - low) / (high - low).max(f32::MIN_POSITIVE);
    let bar = (column.width() * 0.3).min(26.0);
    let middle = column.center().x;
    let zero = y(0.0);
    painter.hline(column.x_range(), zero, Stroke::new(1.0, palette.line));
    let draw = |left: f32, value: f32, colour: Color32| {
        let rect = Rect::from_two_pos(pos2(left, zero), pos2(left + bar, y(value)));
        painter.rect_filled(rect, CornerRadius::same(2), colour);
        rect
    };
    let policy = draw(middle - bar - 1.5, term.policy, palette.policy.gamma_multiply(0.85));
    let plan = draw(middle + 1.5, term.plan, palette.plan.gamma_multiply(0.9));
    if let Some(other) = term.other {
        let rect = Rect::from_two_pos(pos2(middle + 1.5, zero), pos2(middle + 1.5 + bar, y(other)));
        painter.rect_stroke(
            rect.expand(1.0),
            CornerRadius::same(2),
            Stroke::new(1.2, palette.strong),
            StrokeKind::Outside,
        );
    }
    let difference = term.plan - term.policy;
    if roomy {
        // The larger number is above both; the difference is below.
        let text = fixed(f64::from(term.plan), 2);
        let at = pos2(middle, policy.top().min(plan.top()) - 2.0);
        painter.text(at, Align2::CENTER_BOTTOM, text, mono(10.5), palette.weak);
    }
    let below = column.bottom() + 5.0;
    let size = if column.width() < 34.0 { 9.5 } else { SMALL };
    painter.text(pos2(middle, below), Align2::CENTER_TOP, &term.name, sans(size), palette.text);
    let colour = match difference {
        d if d > 0.005 => palette.good,
        d if d < -0.005 => palette.bad,
        _ => palette.weak,
    };
    if column.width() >= 36.0 {
        let text = signed(f64::from(difference), 2);
        let at = vec2(middle, below + 15.0).to_pos2();
        painter.text(at, Align2::CENTER_TOP, text, mono(10.5), colour);
    }
}
