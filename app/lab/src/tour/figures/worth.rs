//! The value of a plan and what the policy learns from it: terms of plan and policy, expert and policy.

use super::{axis, bars, line};
use crate::tour::measure::{Facts, widest};
use crate::tour::step::Figure;
use crate::ui::number::{percent, real, signed_figure};
use crate::ui::{Axis, Bar, Palette, Plot};

/// Rewards and final value of the policy, the plan, and the plan with the tried settings.
pub(super) fn terms(facts: &Facts<'_>, palette: &Palette) -> Plot {
    let (setup, tried) = (facts.setup, facts.tried);
    let same = setup.planner == tried.planner;
    let sides = if same {
        [("policy", palette.policy, &setup.plan.policy_terms), ("plan", palette.plan, &setup.plan.plan_terms)]
    } else {
        [("before", palette.weak, &setup.plan.plan_terms), ("plan", palette.plan, &tried.plan.plan_terms)]
    };
    let end = real(setup.planner.horizon.max(tried.planner.horizon));
    let mut marks = Vec::new();
    for ((label, colour, terms), shift) in sides.into_iter().zip([0.08, 0.5]) {
        let at = |place: f32, height: f32| {
            let x = f64::from(place) + shift;
            Bar { x: [x, x + 0.4], y: [0.0, f64::from(height)] }
        };
        let rewards = terms.rewards.iter().enumerate().map(|(step, reward)| at(real(step), *reward));
        marks.push(bars(label, colour, rewards.chain([at(end, terms.terminal)]).collect()));
    }
    let merit = if same {
        format!("\u{394}Q {}", signed_figure(setup.plan.delta_q))
    } else {
        format!("V is {} of G", percent(tried.terminal_share()))
    };
    Plot {
        title: format!("{}: rewards of {} steps, then V", Figure::Terms.title(), tried.planner.horizon),
        merit: Some((merit, None)),
        x: Axis { hidden: true, range: Some([0.0, f64::from(end) + 1.0]), ..axis("steps ahead; the last is V") },
        y: axis("part of G"),
        marks,
        ..Plot::default()
    }
}

/// The plan minus the mean of the policy's proposals, term by term; the bars add up to delta-Q.
pub(super) fn added(facts: &Facts<'_>, palette: &Palette) -> Plot {
    let plan = &facts.reference.plan;
    let bar = |(place, (ours, theirs)): (usize, (&f32, &f32))| {
        let (x, height) = (f64::from(real(place)), f64::from(ours - theirs));
        Bar { x: [x + 0.2, x + 0.8], y: [height.min(0.0), height.max(0.0)] }
    };
    let (plan_terms, policy_terms) = (&plan.plan_terms, &plan.policy_terms);
    let ours = plan_terms.rewards.iter().chain([&plan_terms.terminal]);
    let theirs = policy_terms.rewards.iter().chain([&policy_terms.terminal]);
    let all: Vec<Bar> = ours.zip(theirs).enumerate().map(bar).collect();
    let end = f64::from(real(all.len()));
    Plot {
        title: format!("{}: {} rewards, then V", Figure::Added.title(), plan.plan_terms.rewards.len()),
        merit: Some((format!("\u{394}Q {}, replanned", signed_figure(plan.delta_q)), None)),
        x: Axis { hidden: true, range: Some([0.0, end]), ..axis("steps ahead; the last is V") },
        y: Axis { at_least: Some([-0.02, 0.02]), ..axis("plan minus policy") },
        marks: vec![bars("plan minus policy", palette.plan, all)],
        ..Plot::default()
    }
}

/// The stored expert, and the current policy or the new expert, in the dimension where they differ most.
pub(super) fn gaussians(facts: &Facts<'_>, replanned: bool, palette: &Palette) -> Plot {
    let title = Figure::Gaussians.title().into();
    let Some(stored) = &facts.decision.planned else { return Plot { title, ..Plot::default() } };
    let now = &facts.reference.plan;
    let dim = if replanned {
        widest(&now.expert_mean, &stored.expert_mean)
    } else {
        widest(&now.policy.mean, &stored.expert_mean)
    };
    let mut marks = Vec::new();
    let mut curve = |label: &str, colour, mean: &[f32], std: &[f32]| {
        if let (Some(mean), Some(std)) = (mean.get(dim), std.get(dim)) {
            marks.push(line(label, colour, bell(*mean, *std)));
        }
    };
    curve("policy now", palette.policy, &now.policy.mean, &now.policy.std);
    if replanned {
        curve("expert now", palette.elite, &now.expert_mean, &now.expert_std);
    }
    curve("expert stored", palette.plan, &stored.expert_mean, &stored.expert_std);
    let merit = if facts.decision.action.len() > 1 { format!("action {}", dim + 1) } else { "the action".into() };
    Plot {
        title,
        merit: Some((merit, None)),
        x: Axis { range: Some([-1.5, 1.5]), ..axis("action") },
        y: Axis { hidden: true, at_least: Some([0.0, 1.0]), ..axis("density") },
        marks,
        ..Plot::default()
    }
}

/// Returns a bell curve from -1.5 to 1.5.
fn bell(mean: f32, std: f32) -> Vec<[f64; 2]> {
    let (mean, std) = (f64::from(mean), f64::from(std).max(1e-3));
    let scale = 1.0 / (std * (2.0 * std::f64::consts::PI).sqrt());
    // Dense where the curve is narrow, coarse elsewhere.
    let mut xs: Vec<f64> = (0..=120).map(|i| f64::from(i) / 40.0 - 1.5).collect();
    xs.extend((-40..=40).map(|i| mean + std * f64::from(i) / 10.0).filter(|x| x.abs() <= 1.5));
    xs.sort_by(f64::total_cmp);
    xs.into_iter().map(|x| [x, scale * (-0.5 * ((x - mean) / std).powi(2)).exp()]).collect()
}
