//! The two-hot cross-entropy of rows of logits.

#![allow(
    clippy::inline_always,
    reason = "only what is inlined into a dispatch is compiled for the machine's instructions"
)]

use pulp::Arch;

use super::Bins;
use crate::kernel::{each, exp, sum};

/// Rows that are worked on together.
const BLOCK: usize = 64;

/// The two neighbouring bins between which a number's weight is split, and the share of the upper one.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bins are few")]
fn split(target: f32, bins: Bins) -> (usize, usize, f32) {
    let last = bins.count - 1;
    let step = (bins.max - bins.min) / last as f32;
    let symlog = target.signum() * target.abs().ln_1p();
    let position = (symlog.clamp(bins.min, bins.max) - bins.min) / step;
    let lower = (position.max(0.0) as usize).min(last);
    (lower, (lower + 1).min(last), position - lower as f32)
}

/// `[members, rows, bins]` logits against `[rows]` targets; gives `[members, rows]`.
pub fn cross_entropy(logits: &[f32], targets: &[f32], bins: Bins) -> Vec<f32> {
    let mut result = vec![0.0; logits.len() / bins.count];
    let blocks = result.chunks_mut(BLOCK).zip(logits.chunks(BLOCK * bins.count)).enumerate().collect();
    each(blocks, |(block, (out, logits))| {
        Arch::new().dispatch(
            #[inline(always)]
            || {
                for (row, (out, logits)) in out.iter_mut().zip(logits.chunks_exact(bins.count)).enumerate() {
                    let (lower, upper, share) = split(targets[(block * BLOCK + row) % targets.len()], bins);
                    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                    let total = sum(logits, |x| exp(x - top)).ln() + top;
                    *out = total - (logits[lower] * (1.0 - share) + logits[upper] * share);
                }
            },
        );
    });
    result
}

/// Gradient of the logits, where `gradient` `[members, rows]` is that of the result.
pub fn cross_entropy_backward(logits: &[f32], targets: &[f32], gradient: &[f32], bins: Bins) -> Vec<f32> {
    let mut result = logits.to_vec();
    let blocks = result.chunks_mut(BLOCK * bins.count).zip(gradient.chunks(BLOCK)).enumerate().collect();
    each(blocks, |(block, (out, gradient))| {
        Arch::new().dispatch(
            #[inline(always)]
            || {
                for (row, (out, gradient)) in out.chunks_exact_mut(bins.count).zip(gradient).enumerate() {
                    let (lower, upper, share) = split(targets[(block * BLOCK + row) % targets.len()], bins);
                    crate::kernel::softmax(out);
                    out[lower] -= 1.0 - share;
                    out[upper] -= share;
                    out.iter_mut().for_each(|x| *x *= gradient);
                }
            },
        );
    });
    result
}
