//! The operations after a product in a network: bias, `LayerNorm`, activation; and after the last one, two-hot
//! decoding. Row by row, each while it is in the first-level cache.

use pulp::{Simd, WithSimd};

use super::arch;
use super::elementary::{Exp, Function, Identity, LANES, Mish, Vector, max};
use super::rows::{apply, in_lanes, largest, map, normalise, squares, sum, total, total_of};

/// Epsilon of `LayerNorm`.
#[allow(clippy::cast_possible_truncation, reason = "the nearest f32")]
pub const LAYER_NORM_EPSILON: f32 = bootstride_shaders::LAYER_NORM_EPSILON as f32;

/// Bias, `LayerNorm`, then Mish or `SimNorm`, on a range of columns of each row.
#[derive(Clone, Copy, Debug)]
pub struct Epilogue<'a> {
    /// `[width]`.
    pub bias: &'a [f32],
    /// Scale and shift of `LayerNorm`, `[width]` each.
    pub norm: Option<(&'a [f32], &'a [f32])>,
    /// The activation.
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
    /// Applies it in place to columns `start..start + bias.len()` of rows of `stride`; the last row may end with its
    /// columns.
    ///
    /// # Panics
    /// If a row is shorter.
    pub fn apply(&self, rows: &mut [f32], stride: usize, start: usize) {
        arch().dispatch(Apply { epilogue: *self, rows, stride, start });
    }
}

struct Apply<'a> {
    epilogue: Epilogue<'a>,
    rows: &'a mut [f32],
    stride: usize,
    start: usize,
}

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Epilogue { bias, norm, last } = self.epilogue;
        for row in self.rows.chunks_mut(self.stride) {
            let row = &mut row[self.start..][..bias.len()];
            match (norm, last) {
                (Some(norm), Last::Mish) => layer_norm(simd, row, bias, norm, Mish),
                (Some(norm), _) => layer_norm(simd, row, bias, norm, Identity),
                (None, last) => {
                    for (x, bias) in row.iter_mut().zip(bias) {
                        *x += bias;
                    }
                    if last == Last::Mish {
                        map(simd, row, Mish);
                    }
                }
            }
            match last {
                Last::SimNorm(group) => sim_norm(simd, row, group),
                Last::Identity | Last::Mish => {}
            }
        }
    }
}

/// Applies bias, `LayerNorm` and `activation`.
#[cfg_attr(target_family = "wasm", inline(never))]
#[cfg_attr(not(target_family = "wasm"), inline(always))]
#[allow(clippy::cast_precision_loss, reason = "layers are narrower than 2^24")]
fn layer_norm<S: Simd>(
    simd: S,
    row: &mut [f32],
    bias: &[f32],
    (scale, shift): (&[f32], &[f32]),
    activation: impl Function,
) {
    let width = row.len() as f32;
    for (x, bias) in row.iter_mut().zip(bias) {
        *x += bias;
    }
    let mean = sum(row) / width;
    let variance = squares(row, mean) / width;
    let factor = 1.0 / (variance + LAYER_NORM_EPSILON).sqrt();
    normalise(simd, row, [mean, factor], scale, shift, activation);
}

/// Softmax in groups of this size.
#[inline(always)]
pub fn sim_norm<S: Simd>(simd: S, row: &mut [f32], group: usize) {
    match group {
        8 => softmax_8(simd, row),
        _ => {
            for group in row.chunks_exact_mut(group) {
                softmax(simd, group);
            }
        }
    }
}

/// Softmax in groups of 8, the published size: many groups at once, since one group is too short for long vectors.
#[cfg_attr(target_family = "wasm", inline(never))]
#[cfg_attr(not(target_family = "wasm"), inline(always))]
fn softmax_8<S: Simd>(simd: S, row: &mut [f32]) {
    const GROUPS: usize = 16;
    let (blocks, rest) = row.as_chunks_mut::<{ 8 * GROUPS }>();
    for block in blocks {
        exp_8(simd, block);
        for group in block.as_chunks_mut::<8>().0 {
            let factor = 1.0 / by_halves(group, Add);
            for x in group {
                *x *= factor;
            }
        }
    }
    exp_8(simd, rest);
    for group in rest.as_chunks_mut::<8>().0 {
        let factor = 1.0 / in_order(group);
        for x in group {
            *x *= factor;
        }
    }
}

/// e^(x - max) of every x in groups of 8, where max is the largest of the group.
#[inline(always)]
fn exp_8<S: Simd>(simd: S, row: &mut [f32]) {
    for group in row.as_chunks_mut::<8>().0 {
        let top = by_halves(group, Larger);
        for x in group {
            *x -= top;
        }
    }
    apply(simd, row, Exp);
}

/// Combines two numbers into one. Not a closure: closures are inlined only if the compiler decides to.
trait Pair: Copy {
    fn of(self, a: f32, b: f32) -> f32;
}

#[derive(Clone, Copy)]
struct Add;

#[derive(Clone, Copy)]
struct Larger;

impl Pair for Add {
    #[inline(always)]
    fn of(self, a: f32, b: f32) -> f32 {
        a + b
    }
}

impl Pair for Larger {
    #[inline(always)]
    fn of(self, a: f32, b: f32) -> f32 {
        max(a, b)
    }
}

/// Reduces eight numbers to one, by halves.
#[inline(always)]
fn by_halves(x: &[f32; 8], f: impl Pair) -> f32 {
    let four = [f.of(x[0], x[4]), f.of(x[1], x[5]), f.of(x[2], x[6]), f.of(x[3], x[7])];
    f.of(f.of(four[0], four[2]), f.of(four[1], four[3]))
}

/// Returns the sum, in one chain.
#[inline(always)]
fn in_order(row: &[f32]) -> f32 {
    let mut total = 0.0;
    for x in row {
        total += x;
    }
    total
}

/// Softmax, in place.
#[inline(always)]
pub fn softmax<S: Simd>(simd: S, group: &mut [f32]) {
    let mut top = f32::NEG_INFINITY;
    for x in group.iter() {
        top = max(top, *x);
    }
    for x in group.iter_mut() {
        *x -= top;
    }
    apply(simd, group, Exp);
    let factor = 1.0 / in_order(group);
    for x in group.iter_mut() {
        *x *= factor;
    }
}

/// For each row of logits `[rows, bins]`, calls `each` with the number that the distribution over `bins` (positions in
/// symlog space) encodes.
pub fn decode(logits: &[f32], bins: &[f32], each: impl FnMut(usize, f32)) {
    arch().dispatch(Decode { logits, bins, each });
}

struct Decode<'a, F> {
    logits: &'a [f32],
    bins: &'a [f32],
    each: F,
}

impl<F: FnMut(usize, f32)> WithSimd for Decode<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        for (row, logits) in self.logits.chunks_exact(self.bins.len()).enumerate() {
            let x = in_lanes!(S, mean_bin(simd, logits, self.bins));
            (self.each)(row, x.signum() * (x.abs().exp() - 1.0));
        }
    }
}

/// Returns the mean of the bins, weighted by the softmax of the logits.
#[inline(always)]
fn mean_bin<S: Simd, const N: usize>(simd: S, logits: &[f32], bins: &[f32]) -> f32 {
    let top = largest(logits);
    let mut sums = BinSums {
        top: Vector(simd, simd.splat_f32s(top)),
        weights: [simd.splat_f32s(0.0); N],
        weighted: [simd.splat_f32s(0.0); N],
    };
    let (chunks, rest) = logits.as_chunks::<LANES>();
    let (bin_chunks, rest_bins) = bins.as_chunks::<LANES>();
    let all = [1.0; LANES];
    for (logits, bins) in chunks.iter().zip(bin_chunks) {
        sums.add(logits, bins, &all);
    }
    if chunks.is_empty() {
        return mean_of_few(simd, rest, rest_bins, top);
    }
    if let (false, Some(logits), Some(bins)) = (rest.is_empty(), logits.last_chunk(), bins.last_chunk()) {
        // The last vector overlaps earlier ones, which have already been counted.
        let mut new = all;
        new[..LANES - rest.len()].fill(0.0);
        sums.add(logits, bins, &new);
    }
    total_of::<S, N>(&sums.weighted) / total_of::<S, N>(&sums.weights)
}

/// The same for fewer than [`LANES`] bins.
#[inline(always)]
fn mean_of_few<S: Simd>(simd: S, logits: &[f32], bins: &[f32], top: f32) -> f32 {
    let (mut weights, mut weighted) = ([0.0; LANES], [0.0; LANES]);
    for (weight, logit) in weights.iter_mut().zip(logits) {
        *weight = logit - top;
    }
    apply(simd, &mut weights[..logits.len()], Exp);
    for ((weighted, weight), bin) in weighted.iter_mut().zip(&weights).zip(bins) {
        *weighted = weight * bin;
    }
    total(weighted) / total(weights)
}

/// Sums of weights and of weighted bins, in [`LANES`] chains.
struct BinSums<S: Simd, const N: usize> {
    top: Vector<S>,
    weights: [S::f32s; N],
    weighted: [S::f32s; N],
}

impl<S: Simd, const N: usize> BinSums<S, N> {
    /// Adds these logits and bins, weighted by `share`.
    #[inline(always)]
    fn add(&mut self, logits: &[f32; LANES], bins: &[f32; LANES], share: &[f32; LANES]) {
        let simd = self.top.0;
        let (logits, bins, share) = (S::as_simd_f32s(logits).0, S::as_simd_f32s(bins).0, S::as_simd_f32s(share).0);
        for i in 0..N {
            let weight = Exp.at(Vector(simd, logits[i]) - self.top) * Vector(simd, share[i]);
            self.weights[i] = simd.add_f32s(self.weights[i], weight.1);
            self.weighted[i] = simd.mul_add_e_f32s(weight.1, bins[i], self.weighted[i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::cpu::on_every;

    /// Rows of `width` numbers between other columns, which must not change.
    fn applied(width: usize, norm: bool, last: Last) -> (Vec<Vec<f64>>, Vec<Vec<f32>>) {
        let wave = |from: f32| (0..width).map(move |i| (from + f32::from(u8::try_from(i % 200).unwrap())).sin());
        let (bias, scale, shift): (Vec<f32>, Vec<f32>, Vec<f32>) =
            (wave(1.0).collect(), wave(2.0).collect(), wave(3.0).collect());
        let inputs: Vec<Vec<f32>> =
            (0..3_u8).map(|row| wave(10.0 * f32::from(row)).map(|x| 4.0 * x).collect()).collect();
        let mut rows: Vec<f32> = inputs.iter().flat_map(|row| [&[7.0], &row[..], &[8.0, 9.0]].concat()).collect();
        let norms = norm.then_some((&scale[..], &shift[..]));
        Epilogue { bias: &bias, norm: norms, last }.apply(&mut rows, width + 3, 1);
        let expected = inputs.iter().map(|row| {
            let x: Vec<f64> = row.iter().zip(&bias).map(|(x, bias)| f64::from(x + bias)).collect();
            if !norm {
                return x;
            }
            let count = f64::from(u16::try_from(width).unwrap());
            let mean = x.iter().sum::<f64>() / count;
            let std = (x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count + 1e-5).sqrt();
            let affine = scale.iter().zip(&shift);
            x.iter().zip(affine).map(|(x, (a, b))| (x - mean) / std * f64::from(*a) + f64::from(*b)).collect()
        });
        let found = rows.chunks(width + 3).map(|row| {
            assert_eq!([row[0], row[width + 1], row[width + 2]].map(f32::to_bits), [7.0, 8.0, 9.0].map(f32::to_bits));
            row[1..=width].to_vec()
        });
        (expected.collect(), found.collect())
    }

    fn assert_close(expected: &[f64], found: &[f32]) {
        for (i, (expected, found)) in expected.iter().zip(found).enumerate() {
            assert!((expected - f64::from(*found)).abs() < 1e-5, "{i}: {found}, expected {expected}");
        }
    }

    #[test]
    fn an_epilogue_is_bias_norm_and_activation_at_any_width() {
        on_every(|| {
            for (width, norm) in [(1, false), (7, true), (16, true), (101, false), (128, true), (517, true)] {
                let (expected, found) = applied(width, norm, Last::Identity);
                expected.iter().zip(&found).for_each(|(expected, found)| assert_close(expected, found));
                let (expected, found) = applied(width, norm, Last::Mish);
                for (expected, found) in expected.iter().zip(&found) {
                    let mish: Vec<f64> = expected.iter().map(|x| x * x.exp().ln_1p().tanh()).collect();
                    assert_close(&mish, found);
                }
            }
        });
    }

    #[test]
    fn sim_norm_is_a_softmax_in_each_group() {
        on_every(|| {
            for (width, group) in [(8, 8), (24, 8), (128, 8), (20, 4), (6, 2), (48, 16)] {
                let (expected, found) = applied(width, true, Last::SimNorm(group));
                for (expected, found) in expected.iter().zip(&found) {
                    for (expected, found) in expected.chunks(group).zip(found.chunks(group)) {
                        let total: f64 = expected.iter().map(|x| x.exp()).sum();
                        let softmax: Vec<f64> = expected.iter().map(|x| x.exp() / total).collect();
                        assert_close(&softmax, found);
                    }
                }
            }
        });
    }

    #[test]
    fn decoding_takes_the_mean_of_the_bins_out_of_symlog_space() {
        on_every(|| {
            let bins: Vec<f32> = (-10..=10_i8).map(f32::from).collect();
            let mut logits = vec![-1e4; 2 * bins.len()];
            // The first row puts all weight on the bin at -2; the second splits it between those at 1 and 2.
            logits[8] = 500.0;
            (logits[bins.len() + 11], logits[bins.len() + 12]) = (-900.0, -900.0);
            let mut found = Vec::new();
            decode(&logits, &bins, |row, value| found.push((row, value)));
            assert_eq!(found.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [0, 1]);
            assert!((found[0].1 + (2.0_f32.exp() - 1.0)).abs() < 1e-4, "{found:?}");
            assert!((found[1].1 - (1.5_f32.exp() - 1.0)).abs() < 1e-4, "{found:?}");
        });
    }
}
