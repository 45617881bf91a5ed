//! The arithmetic of the fused engine on plain slices: products by the `gemm` crate, everything around them in loops that
//! the compiler vectorises for the instructions that the machine turns out to have (`pulp`).
//!
//! All matrices are row-major. The only unsafe code of the planner is the call of `gemm`, which checks nothing itself.

#![allow(
    clippy::inline_always,
    reason = "only what is inlined into a dispatch is compiled for the machine's instructions"
)]

use pulp::Arch;

/// Epsilon of `LayerNorm`, as in [`crate::nn`].
const LAYER_NORM_EPSILON: f32 = 1e-5;
/// Accumulators of a sum: enough for the widest vectors, and few enough for registers.
const LANES: usize = 16;

/// A row-major matrix that may be a range of columns of a wider one.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// From the first element of the first row.
    pub data: &'a [f32],
    /// Distance between two rows.
    pub stride: usize,
}

/// `out[rows, n] = x[rows, k] w[k, n]`, or added to `out` where `add`.
///
/// # Panics
/// When a slice is shorter than its shape says.
pub fn product(out: &mut [f32], x: Rows<'_>, w: &[f32], [rows, k, n]: [usize; 3], add: bool) {
    assert!(out.len() >= rows * n && w.len() >= k * n, "a product's result or weights are too short");
    assert!(rows == 0 || x.data.len() >= (rows - 1) * x.stride + k, "a product's rows are too short");
    #[allow(clippy::cast_possible_wrap, reason = "slices are shorter than isize::MAX")]
    let (n_stride, x_stride) = (n as isize, x.stride as isize);
    let scale = if add { 1.0 } else { 0.0 };
    #[allow(unsafe_code, reason = "gemm takes pointers")]
    // SAFETY: the asserts above keep all accesses, rows * n of `out`, k * n of `w` and `rows` rows of k of `x`, inside
    // their slices; `out` is borrowed alone.
    unsafe {
        gemm::gemm(
            rows,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n_stride,
            add,
            x.data.as_ptr(),
            1,
            x_stride,
            w.as_ptr(),
            1,
            n_stride,
            scale,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// Bias, `LayerNorm`, then Mish or `SimNorm`, on a range of columns of each row.
pub struct Epilogue<'a> {
    /// `[width]`.
    pub bias: &'a [f32],
    /// Scale and shift of `LayerNorm`, `[width]` each.
    pub norm: Option<(&'a [f32], &'a [f32])>,
    /// What follows.
    pub last: Last,
}

/// The activation of an [`Epilogue`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Last {
    /// None.
    #[default]
    Identity,
    /// Mish.
    Mish,
    /// `SimNorm` in groups of this size.
    SimNorm(usize),
}

impl Epilogue<'_> {
    /// In place on columns `start..start + bias.len()` of rows of `stride`.
    pub fn apply(&self, rows: &mut [f32], stride: usize, start: usize) {
        let width = self.bias.len();
        Arch::new().dispatch(
            #[inline(always)]
            || {
                for row in rows.chunks_exact_mut(stride) {
                    self.row(&mut row[start..start + width]);
                }
            },
        );
    }

    #[inline(always)]
    fn row(&self, row: &mut [f32]) {
        for (x, bias) in row.iter_mut().zip(self.bias) {
            *x += bias;
        }
        if let Some((scale, shift)) = self.norm {
            layer_norm(row, scale, shift);
        }
        match self.last {
            Last::Identity => {}
            Last::Mish => row.iter_mut().for_each(|x| *x = mish(*x)),
            Last::SimNorm(group) => row.chunks_exact_mut(group).for_each(softmax),
        }
    }
}

#[inline(always)]
#[allow(clippy::cast_precision_loss, reason = "layers are narrower than 2^24")]
fn layer_norm(row: &mut [f32], scale: &[f32], shift: &[f32]) {
    let width = row.len() as f32;
    let mean = sum(row, |x| x) / width;
    let variance = sum(row, |x| (x - mean) * (x - mean)) / width;
    let factor = 1.0 / (variance + LAYER_NORM_EPSILON).sqrt();
    for ((x, scale), shift) in row.iter_mut().zip(scale).zip(shift) {
        *x = (*x - mean) * factor * scale + shift;
    }
}

/// The sum of `f` over all elements, in lanes, so that it can be vectorised.
#[inline(always)]
fn sum(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += f(*x);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane += f(*x);
    }
    lanes.iter().sum()
}

/// exp for any finite x, to two units in the last place: 2^n times a polynomial (Cephes).
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Adding it rounds to a whole number, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_2e-4;
    let p = p * r + 1.398_2e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_6e-1;
    let p = p * r + 0.5;
    let p = p * r * r + r + 1.0;
    let power = f32::from_bits(shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23);
    p * power
}

/// Mish, as in [`crate::nn::mish`].
#[inline(always)]
fn mish(x: f32) -> f32 {
    let n = exp(x.min(20.0));
    let product = n * (n + 2.0);
    x * (product / (product + 2.0))
}

#[inline(always)]
fn softmax(group: &mut [f32]) {
    let top = group.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for x in group.iter_mut() {
        *x = exp(*x - top);
    }
    let total = 1.0 / group.iter().sum::<f32>();
    for x in group.iter_mut() {
        *x *= total;
    }
}

/// For each row of logits `[rows, bins]`, calls `each` with the number that the distribution stands for.
pub fn decode(logits: &[f32], bins: &[f32], mut each: impl FnMut(usize, f32)) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for (row, logits) in logits.chunks_exact(bins.len()).enumerate() {
                let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let (mut total, mut mean) = ([0.0; LANES], [0.0; LANES]);
                for (logits, bins) in logits.chunks(LANES).zip(bins.chunks(LANES)) {
                    for (((total, mean), logit), bin) in total.iter_mut().zip(&mut mean).zip(logits).zip(bins) {
                        let weight = exp(logit - top);
                        *total += weight;
                        *mean += weight * bin;
                    }
                }
                let x = mean.iter().sum::<f32>() / total.iter().sum::<f32>();
                each(row, x.signum() * (x.abs().exp() - 1.0));
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_right_to_two_units_in_the_last_place() {
        for i in -8600..=8700_i16 {
            let x = f32::from(i) / 100.0;
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(error < 2.4e-7, "exp({x}) is off by {error:e}");
        }
        assert!(exp(-1e9) < 1e-37 && exp(1e9).is_finite());
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "small whole numbers are exact")]
    fn a_product_reads_rows_at_their_stride_and_adds_where_asked() {
        let x = [1.0, 2.0, 9.0, 3.0, 4.0];
        let w = [1.0, 0.0, 2.0, 0.0, 1.0, 1.0];
        let mut out = [1.0; 6];
        product(&mut out, Rows { data: &x, stride: 3 }, &w, [2, 2, 3], false);
        assert_eq!(out, [1.0, 2.0, 4.0, 3.0, 4.0, 10.0]);
        product(&mut out, Rows { data: &x, stride: 3 }, &w, [2, 2, 3], true);
        assert_eq!(out, [2.0, 4.0, 8.0, 6.0, 8.0, 20.0]);
    }
}
