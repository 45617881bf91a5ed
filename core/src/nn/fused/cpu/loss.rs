//! The two-hot cross-entropy of rows of logits.

#![allow(clippy::inline_always, reason = "only what is inlined into a dispatch is compiled for the CPU's instructions")]

use pulp::{Simd, WithSimd};

use super::Bins;
use crate::compute::cpu::{arch, each, exp_sum, largest, softmax};

/// Rows per block.
const BLOCK: usize = 32;

/// Returns the two neighbouring bins between which a number's weight is split, and the share of the upper one.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bins are few")]
fn split(target: f32, bins: Bins) -> (usize, usize, f32) {
    let last = bins.count - 1;
    let step = (bins.max - bins.min) / last as f32;
    let symlog = target.signum() * target.abs().ln_1p();
    let position = (symlog.clamp(bins.min, bins.max) - bins.min) / step;
    let lower = (position.max(0.0) as usize).min(last);
    (lower, (lower + 1).min(last), position - lower as f32)
}

/// A contiguous range of rows.
struct Rows<'a> {
    /// `[rows, bins]`.
    logits: &'a [f32],
    /// Index of the range's first row, over all members.
    first: usize,
    targets: &'a [f32],
    bins: Bins,
}

impl Rows<'_> {
    fn target(&self, row: usize) -> (usize, usize, f32) {
        split(self.targets[(self.first + row) % self.targets.len()], self.bins)
    }
}

struct Forward<'a> {
    rows: Rows<'a>,
    out: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { rows, out } = self;
        for (row, (out, logits)) in out.iter_mut().zip(rows.logits.chunks_exact(rows.bins.count)).enumerate() {
            let (lower, upper, share) = rows.target(row);
            let top = largest(logits);
            let total = exp_sum(simd, logits, top).ln() + top;
            *out = total - (logits[lower] * (1.0 - share) + logits[upper] * share);
        }
    }
}

struct Backward<'a> {
    rows: Rows<'a>,
    gradient: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { rows, gradient, out } = self;
        let count = rows.bins.count;
        let all = out.chunks_exact_mut(count).zip(rows.logits.chunks_exact(count)).zip(gradient);
        for (row, ((out, logits), gradient)) in all.enumerate() {
            let (lower, upper, share) = rows.target(row);
            out.copy_from_slice(logits);
            softmax(simd, out);
            out[lower] -= 1.0 - share;
            out[upper] -= share;
            for x in out {
                *x *= gradient;
            }
        }
    }
}

/// Cross-entropy of `[members, rows, bins]` logits against `[rows]` targets; returns `[members, rows]`.
pub fn cross_entropy(logits: &[f32], targets: &[f32], bins: Bins) -> Vec<f32> {
    let mut result = vec![0.0; logits.len() / bins.count];
    let blocks = result.chunks_mut(BLOCK).zip(logits.chunks(BLOCK * bins.count)).enumerate().collect();
    each(blocks, |(block, (out, logits))| {
        let rows = Rows { logits, first: block * BLOCK, targets, bins };
        arch().dispatch(Forward { rows, out });
    });
    result
}

/// Returns the gradient of the logits; `gradient` `[members, rows]` is that of the result.
pub fn cross_entropy_backward(logits: &[f32], targets: &[f32], gradient: &[f32], bins: Bins) -> Vec<f32> {
    let mut result = vec![0.0; logits.len()];
    let size = BLOCK * bins.count;
    let parts = logits.chunks(size).zip(gradient.chunks(BLOCK));
    let blocks = result.chunks_mut(size).zip(parts).enumerate().collect();
    each(blocks, |(block, (out, (logits, gradient)))| {
        let rows = Rows { logits, first: block * BLOCK, targets, bins };
        arch().dispatch(Backward { rows, gradient, out });
    });
    result
}
