//! What the tour says in numbers: measured on the frozen state by replanning it, never invented.

use std::sync::Arc;

use bootstride_core::config::PlannerConfig;
use bootstride_core::inspect::{Decision, PlanAnalysis, RewardSplit};

use crate::lab::ui::number::real;
use crate::session::history::History;

/// The frozen state, planned under some settings.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The settings.
    pub planner: PlannerConfig,
    /// The plan analyzed.
    pub plan: Arc<PlanAnalysis>,
    /// Time that the plan took, ms.
    pub plan_ms: f32,
}

/// What a step's text can speak of.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The frozen decision.
    pub decision: &'a Decision,
    /// The decision that the step began with.
    pub first: Option<&'a Decision>,
    /// The state under the user's own settings.
    pub reference: &'a Trial,
    /// Under the settings that the step began with.
    pub setup: &'a Trial,
    /// Under those that the user tried last; if nothing was tried, the step's.
    pub tried: &'a Trial,
    /// Everything that was told.
    pub history: &'a History,
}

impl Facts<'_> {
    /// What a plan is worth beyond what the policy proposes at this state.
    #[must_use]
    pub fn gain(&self, trial: &Trial) -> f32 {
        trial.plan.value - self.proposed()
    }

    /// Average G of the policy's proposals at this state.
    #[must_use]
    pub fn proposed(&self) -> f32 {
        total(&self.reference.plan.policy_terms)
    }
}

/// G of a split: its terms added up.
#[must_use]
pub fn total(terms: &RewardSplit) -> f32 {
    terms.rewards.iter().sum::<f32>() + terms.terminal
}

/// Average of some numbers; 0 of none.
#[must_use]
pub fn mean(numbers: &[f32]) -> f32 {
    if numbers.is_empty() { 0.0 } else { numbers.iter().sum::<f32>() / real(numbers.len()) }
}

impl Trial {
    /// Average G of the sequences that MPPI drew in an iteration, from 0.
    #[must_use]
    pub fn drawn(&self, iteration: usize) -> f32 {
        let drawn = |values: &Vec<f32>| mean(values.get(self.plan.policy_samples..).unwrap_or_default());
        self.plan.iterations.get(iteration).map_or(0.0, |view| drawn(&view.values))
    }

    /// Standard deviation of the first action after the last iteration, averaged over the action's dimensions.
    #[must_use]
    pub fn spread(&self) -> f32 {
        let first = |std: &Vec<f32>| mean(std.get(..self.plan.action_dim).unwrap_or_default());
        self.plan.iterations.last().map_or(0.0, |view| first(&view.std))
    }

    /// Weights of the first iteration's elites, best first: there sequences differ most, so there the temperature decides
    /// most.
    #[must_use]
    pub fn weights(&self) -> &[f32] {
        self.plan.iterations.first().map_or(&[], |view| &view.weights)
    }

    /// How many elites of equal weight would be as even: 1 over the sum of squared weights.
    #[must_use]
    pub fn effective_elites(&self) -> f32 {
        let squares: f32 = self.weights().iter().map(|weight| weight * weight).sum();
        if squares > 0.0 { 1.0 / squares } else { 0.0 }
    }

    /// The part of G that the value at the end makes.
    #[must_use]
    pub fn terminal_share(&self) -> f32 {
        let terms = &self.plan.plan_terms;
        let size = terms.rewards.iter().map(|reward| reward.abs()).sum::<f32>() + terms.terminal.abs();
        if size > 0.0 { terms.terminal.abs() / size } else { 0.0 }
    }
}

/// KL(a || b) of two Gaussians with independent dimensions, in nats, summed over the dimensions.
#[must_use]
pub fn kl(a: (&[f32], &[f32]), b: (&[f32], &[f32])) -> f32 {
    let dims = a.0.iter().zip(a.1).zip(b.0.iter().zip(b.1));
    dims.map(|((mean_a, std_a), (mean_b, std_b))| {
        let (ratio, distance) = (std_a / std_b, (mean_a - mean_b) / std_b);
        0.5 * (ratio * ratio + distance * distance - 1.0) - ratio.ln()
    })
    .sum()
}

/// The dimension in which two actions differ most.
#[must_use]
pub fn widest(a: &[f32], b: &[f32]) -> usize {
    let distance = |(_, (a, b)): &(usize, (&f32, &f32))| (*a - *b).abs();
    let dims = a.iter().zip(b).enumerate();
    dims.max_by(|x, y| distance(x).total_cmp(&distance(y))).map_or(0, |(dim, _)| dim)
}

/// Quantiles of numbers, each `percent` from 0 to 100; 0 of none.
#[must_use]
pub fn quantiles<const N: usize>(mut numbers: Vec<f32>, percents: [usize; N]) -> [f32; N] {
    numbers.sort_by(f32::total_cmp);
    let last = numbers.len().saturating_sub(1);
    percents.map(|percent| numbers.get(last * percent / 100).copied().unwrap_or_default())
}

/// Delta-Q of all recorded decisions that were planned.
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
