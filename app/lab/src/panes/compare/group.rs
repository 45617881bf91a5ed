//! Comparison of runs in numbers: grouped by task, algorithm and size, averaged over seeds, with bands.

use bootstride_core::train::Evaluation;
use serde::{Deserialize, Serialize};

use crate::runs::RunCurves;
use crate::ui::number::real;

/// The player of the evaluation episodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Player {
    /// Guided MPPI.
    #[default]
    Planner,
    /// The bare policy.
    Policy,
}

/// The kind of band around a mean over runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum BandKind {
    /// From the worst run to the best.
    #[default]
    MinMax,
    /// 95% confidence interval of the mean over runs (Student's t).
    Confidence,
}

/// Runs that differ only in their seeds, according to the manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Group<'a> {
    /// The task.
    pub task: &'a str,
    /// The algorithm.
    pub algorithm: &'a str,
    /// The size preset.
    pub size: &'a str,
    /// The runs, in loading order.
    pub runs: Vec<&'a RunCurves>,
}

/// Mean over runs at one point of training, with the ends of its band.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Environment steps.
    pub env_step: usize,
    /// Mean over runs of their mean returns.
    pub mean: f32,
    /// Lower end of the band; the mean if there is only one run.
    pub low: f32,
    /// Upper end of the band.
    pub high: f32,
}

/// The table row of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// The planner's return in the last evaluation that all runs have.
    pub planner: Option<f32>,
    /// The bare policy's.
    pub policy: Option<f32>,
    /// Environment steps to 90% of the best return; `None` if it was not reached.
    pub steps_to_best: Option<usize>,
}

/// The share of the best return that counts as reached.
const REACHED: f32 = 0.9;

/// 97.5% quantiles of Student's t for 1, 2, ... degrees of freedom.
const STUDENT: [f32; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// Returns the groups, in the loading order of their first runs.
#[must_use]
pub fn groups<'a>(runs: impl IntoIterator<Item = &'a RunCurves>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for run in runs {
        let same = |group: &&mut Group<'_>| {
            (group.task, group.algorithm, group.size) == (run.task.as_str(), run.algorithm.as_str(), run.size.as_str())
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.runs.push(run),
            None => groups.push(Group { task: &run.task, algorithm: &run.algorithm, size: &run.size, runs: vec![run] }),
        }
    }
    groups
}

impl Group<'_> {
    /// Returns the label among these groups of the same task: the size only if sizes differ.
    #[must_use]
    pub fn label(&self, among: &[Group<'_>]) -> String {
        let sizes_differ = among.iter().any(|group| group.size != self.size);
        if sizes_differ { format!("{} {}", self.algorithm, self.size) } else { self.algorithm.to_owned() }
    }

    /// Returns its seeds, as `1, 2, 3`.
    #[must_use]
    pub fn seeds(&self) -> String {
        let mut seeds: Vec<u64> = self.runs.iter().map(|run| run.seed).collect();
        seeds.sort_unstable();
        seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
    }

    /// Returns the curve of a player, at every evaluation within the range that all its runs have measured.
    #[must_use]
    pub fn curve(&self, player: Player, band: BandKind) -> Vec<Point> {
        let curves: Vec<Vec<(usize, f32)>> =
            self.runs.iter().map(|run| means(&run.evaluations, player)).filter(|curve| !curve.is_empty()).collect();
        let mut steps: Vec<usize> = curves.iter().flatten().map(|(step, _)| *step).collect();
        steps.sort_unstable();
        steps.dedup();
        let point = |env_step: usize| {
            let values: Option<Vec<f32>> = curves.iter().map(|curve| at(curve, env_step)).collect();
            values.filter(|values| !values.is_empty()).map(|values| spread(env_step, &values, band))
        };
        steps.into_iter().filter_map(point).collect()
    }

    /// Returns the table row; `best` is the best mean return of any group in the same task.
    #[must_use]
    pub fn summary(&self, best: f32) -> Summary {
        let [planner, policy] = [Player::Planner, Player::Policy].map(|player| self.curve(player, BandKind::MinMax));
        let last = |curve: &[Point]| curve.last().map(|point| point.mean);
        let reached = planner.iter().find(|point| best > 0.0 && point.mean >= REACHED * best);
        Summary { planner: last(&planner), policy: last(&policy), steps_to_best: reached.map(|point| point.env_step) }
    }

    /// Returns the best mean return of its planner.
    #[must_use]
    pub fn best(&self) -> Option<f32> {
        self.curve(Player::Planner, BandKind::MinMax).iter().map(|point| point.mean).max_by(f32::total_cmp)
    }
}

impl Summary {
    /// Returns the gain from planning at the end: planner minus policy.
    #[must_use]
    pub fn gap(&self) -> Option<f32> {
        Some(self.planner? - self.policy?)
    }
}

/// Returns the mean returns of a player, oldest first.
fn means(evaluations: &[Evaluation], player: Player) -> Vec<(usize, f32)> {
    let returns = |evaluation: &Evaluation| {
        let returns = match player {
            Player::Planner => &evaluation.planner,
            Player::Policy => &evaluation.network,
        };
        (!returns.is_empty()).then(|| (evaluation.env_step, mean(returns)))
    };
    evaluations.iter().filter_map(returns).collect()
}

fn mean(numbers: &[f32]) -> f32 {
    numbers.iter().sum::<f32>() / real(numbers.len())
}

/// Interpolates a run's value at a step linearly between evaluations; `None` before the first and after the last.
fn at(curve: &[(usize, f32)], step: usize) -> Option<f32> {
    let after = curve.partition_point(|(env_step, _)| *env_step < step);
    let (right_step, right) = *curve.get(after)?;
    if right_step == step {
        return Some(right);
    }
    let (left_step, left) = *curve.get(after.checked_sub(1)?)?;
    let share = real(step - left_step) / real(right_step - left_step);
    Some(left + share * (right - left))
}

fn spread(env_step: usize, values: &[f32], band: BandKind) -> Point {
    let centre = mean(values);
    let (low, high) = match band {
        BandKind::MinMax => (
            values.iter().copied().fold(f32::INFINITY, f32::min),
            values.iter().copied().fold(f32::NEG_INFINITY, f32::max),
        ),
        BandKind::Confidence => {
            let half = half_interval(values, centre);
            (centre - half, centre + half)
        }
    };
    Point { env_step, mean: centre, low, high }
}

/// Returns half the width of the 95% confidence interval of a mean; 0 for a single number, which has none.
fn half_interval(values: &[f32], centre: f32) -> f32 {
    let Some(freedom) = values.len().checked_sub(1).filter(|freedom| *freedom > 0) else { return 0.0 };
    let variance = values.iter().map(|value| (value - centre).powi(2)).sum::<f32>() / real(freedom);
    let quantile = STUDENT.get(freedom - 1).copied().unwrap_or(1.96);
    quantile * (variance / real(values.len())).sqrt()
}
