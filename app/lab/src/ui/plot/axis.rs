//! From numbers to screen positions: ranges that fit the data, and ticks at round numbers.

use super::{Axis, Bar, Mark, Plot};
use crate::ui::number::{count, narrow};

/// A range of numbers, initially empty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Extent(pub(super) f64, pub(super) f64);

impl Extent {
    const EMPTY: Self = Self(f64::INFINITY, f64::NEG_INFINITY);

    fn add(&mut self, number: f64) {
        if number.is_finite() {
            self.0 = self.0.min(number);
            self.1 = self.1.max(number);
        }
    }

    fn is_empty(self) -> bool {
        self.0 > self.1
    }
}

/// Returns the extent of the marks in x and y. Both are `None` if there are only vertical lines.
pub(super) fn extents(plot: &Plot) -> Option<(Extent, Extent)> {
    let (mut x, mut y) = (Extent::EMPTY, Extent::EMPTY);
    let mut drawn = false;
    let up = |y: &mut Extent, number: f64| {
        if !plot.y.logarithmic || number > 0.0 {
            y.add(number);
        }
    };
    for mark in &plot.marks {
        match mark {
            Mark::Line { points, .. } | Mark::Dots { points, .. } => {
                for &[at, height] in points.iter().filter(|[at, height]| at.is_finite() && height.is_finite()) {
                    x.add(at);
                    up(&mut y, height);
                    drawn = true;
                }
            }
            Mark::Band { points, .. } => {
                for &[at, low, high] in points {
                    x.add(at);
                    up(&mut y, low);
                    up(&mut y, high);
                    drawn |= low.is_finite() && high.is_finite();
                }
            }
            Mark::Bars { bars, .. } => {
                for Bar { x: [left, right], y: [foot, top] } in bars {
                    x.add(*left);
                    x.add(*right);
                    up(&mut y, *foot);
                    up(&mut y, *top);
                    drawn = true;
                }
            }
            Mark::Rug { xs, .. } => {
                for at in xs {
                    x.add(*at);
                }
                drawn |= !xs.is_empty();
            }
            Mark::Vertical { x: at, .. } => x.add(*at),
        }
    }
    drawn.then_some((x, y))
}

/// The mapping of an axis from numbers to screen positions.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) from: f32,
    pub(super) to: f32,
    logarithmic: bool,
}

impl Scale {
    /// Returns the position of a number.
    pub(super) fn at(&self, number: f64) -> f32 {
        self.from + narrow(self.share(number)) * (self.to - self.from)
    }

    /// Returns the relative position of a number on the axis, 0 to 1 inside.
    pub(super) fn share(&self, number: f64) -> f64 {
        if self.logarithmic {
            (number.max(1e-300) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (number - self.low) / (self.high - self.low)
        }
    }

    /// Returns the number at a position, clamped to the ends.
    pub(super) fn of(&self, place: f32) -> f64 {
        let share = f64::from((place - self.from) / (self.to - self.from)).clamp(0.0, 1.0);
        if self.logarithmic {
            self.low * (self.high / self.low).powf(share)
        } else {
            self.low + share * (self.high - self.low)
        }
    }

    /// Returns whether a number can be drawn on this axis.
    pub(super) fn takes(&self, number: f64) -> bool {
        number.is_finite() && (!self.logarithmic || number > 0.0)
    }
}

/// Ticks, and their spacing (for a logarithmic axis: the smallest tick).
pub(super) struct Ticks {
    pub(super) numbers: Vec<f64>,
    pub(super) step: f64,
}

/// Returns the ends of an axis that shows `extent`.
fn ends(axis: &Axis, extent: Extent) -> [f64; 2] {
    if let Some(range) = axis.range {
        return widened(axis, range);
    }
    let mut extent = extent;
    for end in axis.at_least.iter().flatten() {
        extent.add(*end);
    }
    if extent.is_empty() { widened(axis, [0.0, 1.0]) } else { widened(axis, [extent.0, extent.1]) }
}

fn widened(axis: &Axis, [low, high]: [f64; 2]) -> [f64; 2] {
    if axis.logarithmic {
        let low = if low > 0.0 { low } else { 1e-3 };
        return if high > low * 1.01 { [low, high] } else { [low / 2.0, low * 2.0] };
    }
    let least = 1e-9 * low.abs().max(high.abs()).max(1e-9);
    if high - low > least { [low, high] } else { [low - 0.5 * low.abs().max(1.0), low + 0.5 * low.abs().max(1.0)] }
}

/// Returns the x axis, which ends where the data end.
pub(super) fn across(axis: &Axis, extent: Extent, from: f32, to: f32) -> Scale {
    let [low, high] = ends(axis, extent);
    Scale { low, high, from, to, logarithmic: axis.logarithmic }
}

/// Returns the y axis. Without a given range it ends at round numbers, with about `intervals` intervals.
pub(super) fn upward(axis: &Axis, extent: Extent, intervals: f64, from: f32, to: f32) -> (Scale, Ticks) {
    let [mut low, mut high] = ends(axis, extent);
    if axis.logarithmic {
        if axis.range.is_none() {
            (low, high) = (round_below(low), round_above(high));
        }
        let numbers = logarithmic_ticks(low, high, intervals);
        return (Scale { low, high, from, to, logarithmic: true }, Ticks { numbers, step: low });
    }
    let step =
        if axis.range.is_none() { fitting_step(low, high, intervals) } else { inner_step(high - low, intervals) };
    if axis.range.is_none() {
        (low, high) = ((low / step + 1e-9).floor() * step, (high / step - 1e-9).ceil() * step);
    }
    let numbers = multiples((low / step - 1e-9).ceil() * step, high + 1e-9 * step, step).collect();
    (Scale { low, high, from, to, logarithmic: false }, Ticks { numbers, step })
}

/// Returns the largest of 1, 2 and 5 times a power of ten that is at most this.
fn round_below(number: f64) -> f64 {
    let power = 10_f64.powf((number * (1.0 + 1e-9)).log10().floor());
    [5.0, 2.0, 1.0]
        .map(|round| round * power)
        .into_iter()
        .find(|&round| round <= number * (1.0 + 1e-9))
        .unwrap_or(power)
}

/// Returns the smallest of 1, 2 and 5 times a power of ten that is at least this.
fn round_above(number: f64) -> f64 {
    let power = 10_f64.powf(number.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|round| round * power)
        .into_iter()
        .find(|&round| round >= number * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

/// Returns powers of ten with the wanted spacing; if the range has fewer than two, also 2 and 5 times them.
fn logarithmic_ticks(low: f64, high: f64, intervals: f64) -> Vec<f64> {
    let (first, last) = (low.log10().floor(), high.log10().ceil());
    let within = |number: &f64| *number >= low * (1.0 - 1e-9) && *number <= high * (1.0 + 1e-9);
    let powers: Vec<f64> = multiples(first, last, 1.0).map(|power| 10_f64.powf(power)).filter(within).collect();
    if powers.len() > 1 {
        let every =
            (1..powers.len()).find(|&every| count(powers.len()) <= (intervals + 1.0) * count(every)).unwrap_or(1);
        return powers.into_iter().step_by(every).collect();
    }
    let fine = multiples(first, last, 1.0).flat_map(|power| [1.0, 2.0, 5.0].map(|round| round * 10_f64.powf(power)));
    let fine: Vec<f64> = fine.filter(within).collect();
    let skip = fine.len().div_ceil(4).max(1);
    fine.into_iter().rev().step_by(skip).collect()
}

fn multiples(first: f64, last: f64, step: f64) -> impl Iterator<Item = f64> {
    // The bound prevents a wrong step from filling the memory.
    (0..64).map(move |index| first + count(index) * step).take_while(move |&number| number <= last + 1e-9 * step)
}

const ROUND: [f64; 6] = [1.0, 2.0, 2.5, 3.0, 4.0, 5.0];

/// Returns the round step whose multiples enclose the range most tightly, in about this many intervals.
fn fitting_step(low: f64, high: f64, intervals: f64) -> f64 {
    let power = 10_f64.powf(((high - low) / intervals).log10().floor());
    let mut best = (f64::INFINITY, high - low);
    for step in [0.1, 1.0, 10.0].iter().flat_map(|scale| ROUND.map(|round| round * scale * power)) {
        let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
        let number = last - first;
        if number > 1.5 * intervals + 0.5 || number < 1.0 {
            continue;
        }
        // Empty room counts most, then the deviation from the wanted number of ticks.
        let waste = number * step / (high - low) - 1.0;
        let cost = waste + 0.12 * (number - intervals).abs();
        if cost < best.0 - 1e-9 {
            best = (cost, step);
        }
    }
    best.1
}

/// Returns the smallest round step with at most this many intervals.
fn inner_step(span: f64, intervals: f64) -> f64 {
    let least = span / intervals;
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .map(|round| round * power)
        .into_iter()
        .find(|&step| step >= least - 1e-9)
        .unwrap_or(least)
}

/// Returns a round number near the middle of an x axis, to draw between its ends.
pub(super) fn middle(scale: &Scale) -> Option<(f64, f64)> {
    if scale.logarithmic {
        let power = 10_f64.powf((0.5 * (scale.low.log10() + scale.high.log10())).round());
        return (0.25..0.75).contains(&scale.share(power)).then_some((power, power));
    }
    let step = inner_step(scale.high - scale.low, 4.0);
    if scale.low < 0.0 && scale.high > 0.0 && (0.2..0.8).contains(&scale.share(0.0)) {
        return Some((0.0, step));
    }
    let number = (0.5 * (scale.low + scale.high) / step).round() * step;
    (0.3..0.7).contains(&scale.share(number)).then_some((number, step))
}
