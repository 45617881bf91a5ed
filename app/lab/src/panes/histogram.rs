//! Histograms of the values of an iteration's sequences.

use bootstride_core::inspect::{IterationView, PlanAnalysis};

use crate::ui::Bar;
use crate::ui::number::{count, real, whole};

/// Number of bins of a plan's histogram.
pub const BINS: usize = 44;
/// Share of the first iteration's values that may lie left of the histogram: bad samples would squeeze the rest.
const LEFT_OUT: f32 = 0.02;

/// The histogram of one iteration's values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// Ends of the range of G.
    pub range: [f32; 2],
    /// All sequences, per bin.
    pub all: Vec<usize>,
    /// Elites among them.
    pub elites: Vec<usize>,
    /// G of the sequences that policies proposed.
    pub policies: Vec<f32>,
    /// Sequences left of the first bin, counted in it.
    pub below: usize,
}

/// The histograms of a plan over one range, so that they can be compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histograms {
    /// Ends of the range of G.
    pub range: [f32; 2],
    /// First iteration first.
    pub iterations: Vec<Histogram>,
}

impl Histogram {
    /// Counts an iteration's values in this many bins, from the lowest value to the highest.
    #[must_use]
    pub fn of(iteration: &IterationView, policy_samples: usize, bins: usize) -> Self {
        let [low, high] = ends(iteration.values.iter().copied());
        // A single value gets a bar of some width.
        let range = if high - low < 1e-9 { [low - 0.5, high + 0.5] } else { [low, high] };
        Self::over(iteration, policy_samples, range, bins)
    }

    /// Counts an iteration's values over a range; values outside are counted in the outer bins.
    #[must_use]
    pub fn over(iteration: &IterationView, policy_samples: usize, range: [f32; 2], bins: usize) -> Self {
        let mut histogram = Self { range, all: vec![0; bins], elites: vec![0; bins], ..Self::default() };
        for value in iteration.values.iter().filter(|value| value.is_finite()) {
            histogram.all[bin(*value, range, bins)] += 1;
            histogram.below += usize::from(*value < range[0]);
        }
        let value = |sample: &u32| iteration.values.get(usize::try_from(*sample).unwrap_or(usize::MAX)).copied();
        for value in iteration.elites.iter().filter_map(value).filter(|value| value.is_finite()) {
            histogram.elites[bin(value, range, bins)] += 1;
        }
        histogram.policies = iteration.values.iter().take(policy_samples).copied().collect();
        histogram
    }

    /// Returns the largest count of a bin.
    #[must_use]
    pub fn most(&self) -> usize {
        self.all.iter().copied().max().unwrap_or_default()
    }

    /// Returns the bars of the other sequences with those of the elites stacked on top.
    #[must_use]
    pub fn bars_on_each_other(&self) -> [Vec<Bar>; 2] {
        let bins = || self.all.iter().zip(&self.elites).map(|(all, elites)| (all.saturating_sub(*elites), *all));
        [self.bars(bins().map(|(others, _)| [0, others])), self.bars(bins().map(Into::into))]
    }

    /// Returns the bars of all sequences, with those of the elites in front.
    #[must_use]
    pub fn bars_behind_each_other(&self) -> [Vec<Bar>; 2] {
        [&self.all, &self.elites].map(|bins| self.bars(bins.iter().map(|number| [0, *number])))
    }

    /// Returns a bar for every bin from one count to the other; empty bars are skipped.
    fn bars(&self, bins: impl Iterator<Item = [usize; 2]>) -> Vec<Bar> {
        let [low, high] = self.range.map(f64::from);
        let width = (high - low) / count(self.all.len().max(1));
        let x = |bin: usize| [bin, bin + 1].map(|edge| low + width * count(edge));
        let filled = bins.enumerate().filter(|(_, [foot, top])| foot < top);
        filled.map(|(bin, y)| Bar { x: x(bin), y: y.map(count) }).collect()
    }
}

impl Histograms {
    /// Creates the histograms of a plan over its own range.
    #[must_use]
    pub fn of(analysis: &PlanAnalysis) -> Self {
        Self::over(analysis, range(analysis))
    }

    /// Creates the histograms of a plan over this range.
    #[must_use]
    pub fn over(analysis: &PlanAnalysis, range: [f32; 2]) -> Self {
        let over = |iteration| Histogram::over(iteration, analysis.policy_samples, range, BINS);
        let iterations: Vec<Histogram> = analysis.iterations.iter().map(over).collect();
        Self { range, iterations }
    }
}

fn bin(value: f32, [low, high]: [f32; 2], bins: usize) -> usize {
    let share = (value - low) / (high - low).max(f32::MIN_POSITIVE);
    whole(f64::from((share * real(bins)).floor().max(0.0))).min(bins.saturating_sub(1))
}

/// Returns the lowest and highest finite value; zeros if there is none.
fn ends(values: impl Iterator<Item = f32>) -> [f32; 2] {
    let finite = values.filter(|value| value.is_finite());
    let wider = |[low, high]: [f32; 2], [value, _]: [f32; 2]| [value.min(low), value.max(high)];
    finite.map(|value| [value, value]).reduce(wider).unwrap_or_default()
}

/// Returns the range from nearly the lowest value of the first iteration to the highest of all.
fn range(analysis: &PlanAnalysis) -> [f32; 2] {
    let mut first: Vec<f32> = analysis.iterations.first().map(|one| one.values.clone()).unwrap_or_default();
    first.retain(|value| value.is_finite());
    first.sort_by(f32::total_cmp);
    let left = whole(f64::from(real(first.len()) * LEFT_OUT));
    let [lowest, high] = ends(analysis.iterations.iter().flat_map(|one| one.values.iter().copied()));
    let low = first.get(left).copied().unwrap_or(lowest);
    let width = (high - low).max(1e-3 * low.abs().max(1.0));
    [low - 0.02 * width, low + 1.03 * width]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iteration(values: &[f32], elites: &[u32]) -> IterationView {
        IterationView {
            values: values.to_vec(),
            elites: elites.to_vec(),
            weights: Vec::new(),
            mean: Vec::new(),
            std: Vec::new(),
        }
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "whole numbers")]
    fn every_number_is_counted_once_and_elites_stand_on_the_others() {
        let histogram = Histogram::of(&iteration(&[0.0, 1.0, 2.0, f32::NAN, 2.0, 2.0], &[4, 5, 3]), 1, 4);
        let [others, elites] = histogram.bars_on_each_other();
        let count = |bars: &[Bar]| bars.iter().map(|bar| bar.y[1] - bar.y[0]).sum::<f64>();
        assert_eq!((count(&others), count(&elites)), (3.0, 2.0));
        assert_eq!((elites[0].x, elites[0].y), ([1.5, 2.0], [1.0, 3.0]));
        assert_eq!((histogram.most(), histogram.policies), (3, vec![0.0]));
    }

    #[test]
    fn a_single_value_and_none_at_all_are_no_trouble() {
        assert_eq!(Histogram::of(&iteration(&[3.0, 3.0], &[]), 0, 8).bars_on_each_other()[0].len(), 1);
        assert!(Histogram::of(&iteration(&[f32::INFINITY], &[0]), 0, 8).bars_on_each_other().iter().all(Vec::is_empty));
    }

    #[test]
    fn what_lies_left_of_the_range_is_counted_in_the_first_bin_and_told() {
        let histogram = Histogram::over(&iteration(&[-5.0, 0.5, 7.0], &[]), 0, [0.0, 1.0], 2);
        assert_eq!((histogram.all, histogram.below), (vec![1, 2], 1));
    }
}
