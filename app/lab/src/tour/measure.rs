//! The numbers of the tour, all measured by replanning the frozen state.

use std::sync::Arc;

use bootstride_core::inspect::{Decision, PlanAnalysis, RewardSplit};
use bootstride_core::planner::PlannerConfig;
use bootstride_session::history::History;

use crate::ui::number::real;

/// A plan of the frozen state with some settings.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The settings.
    pub planner: PlannerConfig,
    /// The analysis of the plan.
    pub plan: Arc<PlanAnalysis>,
    /// Planning time, ms.
    pub plan_ms: f32,
}

/// The facts available to a step's text.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The frozen decision.
    pub decision: &'a Decision,
    /// The decision at the start of the step.
    pub first: Option<&'a Decision>,
    /// The state planned with the user's own settings.
    pub reference: &'a Trial,
    /// The state planned with the settings at the start of the step.
    pub setup: &'a Trial,
    /// The state planned with the settings tried last, or the step's if there was no trial.
    pub tried: &'a Trial,
    /// The session's reports.
    pub history: &'a History,
}

impl Facts<'_> {
    /// Returns the value of a plan minus that of the policy's proposals at this state.
    #[must_use]
    pub fn gain(&self, trial: &Trial) -> f32 {
        trial.plan.value - self.proposed()
    }

    /// Returns the mean G of the policy's proposals at this state.
    #[must_use]
    pub fn proposed(&self) -> f32 {
        total(&self.reference.plan.policy_terms)
    }
}

/// Returns G as the sum of its terms.
#[must_use]
pub fn total(terms: &RewardSplit) -> f32 {
    terms.rewards.iter().sum::<f32>() + terms.terminal
}

/// Returns the mean of numbers; 0 if there are none.
#[must_use]
pub fn mean(numbers: &[f32]) -> f32 {
    if numbers.is_empty() { 0.0 } else { numbers.iter().sum::<f32>() / real(numbers.len()) }
}

impl Trial {
    /// Returns the mean G of the sequences that MPPI drew in an iteration, from 0.
    #[must_use]
    pub fn drawn(&self, iteration: usize) -> f32 {
        let drawn = |values: &Vec<f32>| mean(values.get(self.plan.policy_samples..).unwrap_or_default());
        self.plan.iterations.get(iteration).map_or(0.0, |view| drawn(&view.values))
    }

    /// Returns the standard deviation of the first action after the last iteration, averaged over dimensions.
    #[must_use]
    pub fn spread(&self) -> f32 {
        let first = |std: &Vec<f32>| mean(std.get(..self.plan.action_dim).unwrap_or_default());
        self.plan.iterations.last().map_or(0.0, |view| first(&view.std))
    }

    /// Returns the weights of the first iteration's elites, best first: sequences differ most there, so the temperature
    /// matters most.
    #[must_use]
    pub fn weights(&self) -> &[f32] {
        self.plan.iterations.first().map_or(&[], |view| &view.weights)
    }

    /// Returns the effective number of elites: 1 over the sum of squared weights.
    #[must_use]
    pub fn effective_elites(&self) -> f32 {
        let squares: f32 = self.weights().iter().map(|weight| weight * weight).sum();
        if squares > 0.0 { 1.0 / squares } else { 0.0 }
    }

    /// Returns the share of the final value in G.
    #[must_use]
    pub fn terminal_share(&self) -> f32 {
        let terms = &self.plan.plan_terms;
        let size = terms.rewards.iter().map(|reward| reward.abs()).sum::<f32>() + terms.terminal.abs();
        if size > 0.0 { terms.terminal.abs() / size } else { 0.0 }
    }
}

/// Returns KL(a || b) of two Gaussians with independent dimensions, in nats, summed over the dimensions.
#[must_use]
pub fn kl(a: (&[f32], &[f32]), b: (&[f32], &[f32])) -> f32 {
    let dims = a.0.iter().zip(a.1).zip(b.0.iter().zip(b.1));
    dims.map(|((mean_a, std_a), (mean_b, std_b))| {
        let (ratio, distance) = (std_a / std_b, (mean_a - mean_b) / std_b);
        0.5 * (ratio * ratio + distance * distance - 1.0) - ratio.ln()
    })
    .sum()
}

/// Returns the dimension in which two actions differ most.
#[must_use]
pub fn widest(a: &[f32], b: &[f32]) -> usize {
    let distance = |(_, (a, b)): &(usize, (&f32, &f32))| (*a - *b).abs();
    let dims = a.iter().zip(b).enumerate();
    dims.max_by(|x, y| distance(x).total_cmp(&distance(y))).map_or(0, |(dim, _)| dim)
}

/// Returns quantiles of numbers, each `percent` from 0 to 100; 0 if there are no numbers.
#[must_use]
pub fn quantiles<const N: usize>(mut numbers: Vec<f32>, percents: [usize; N]) -> [f32; N] {
    numbers.sort_by(f32::total_cmp);
    let last = numbers.len().saturating_sub(1);
    percents.map(|percent| numbers.get(last * percent / 100).copied().unwrap_or_default())
}

/// Returns delta-Q of all recorded decisions that were planned.
#[must_use]
pub fn recorded_delta_q(history: &History) -> Vec<f32> {
    history.decisions.iter().filter_map(|decision| Some(decision.planned.as_ref()?.delta_q)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kl_is_nothing_between_equals_and_as_by_hand_otherwise() {
        let a = ([0.5, -0.2], [0.1, 0.3]);
        assert!(kl((&a.0, &a.1), (&a.0, &a.1)).abs() < 1e-6);
        // ln 2 + (1 + 1) / 8 - 1/2 for N(1, 1) against N(0, 2).
        let by_hand = 2.0_f32.ln() + 0.25 - 0.5;
        assert!((kl((&[1.0], &[1.0]), (&[0.0], &[2.0])) - by_hand).abs() < 1e-6);
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "they are numbers of the list")]
    fn quantiles_and_the_widest_dimension() {
        assert_eq!(quantiles(vec![3.0, 1.0, 2.0, 5.0, 4.0], [0, 50, 75, 100]), [1.0, 3.0, 4.0, 5.0]);
        assert_eq!(quantiles(Vec::new(), [50]), [0.0]);
        assert_eq!(widest(&[0.0, 0.1, 0.5], &[0.1, -0.9, 0.4]), 1);
    }
}
