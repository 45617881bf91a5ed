//! Passes over a row of numbers: maps, sums and maxima, in vectors.
//!
//! Every sum is made in [`LANES`] chains, whatever the width of a vector, so that it is the same on all CPUs that round
//! alike.

use pulp::Simd;
use pulp::bytemuck::cast_slice;

use super::elementary::{Function, LANES, MishSlope, Vector, max};

/// Calls a function that is generic over the number of vectors that hold [`LANES`] numbers.
macro_rules! in_lanes {
    ($simd:ty, $function:ident($($argument:expr),* $(,)?)) => {
        match LANES / <$simd>::F32_LANES {
            1 => $function::<$simd, 1>($($argument),*),
            2 => $function::<$simd, 2>($($argument),*),
            4 => $function::<$simd, 4>($($argument),*),
            _ => $function::<$simd, 16>($($argument),*),
        }
    };
}
pub(super) use in_lanes;

/// Sets every `x` to `f(x)`. A separate function in a browser: in long functions, the wasm compiler keeps constants and
/// sums in memory.
#[cfg_attr(target_family = "wasm", inline(never))]
#[cfg_attr(not(target_family = "wasm"), inline(always))]
pub fn map<S: Simd>(simd: S, row: &mut [f32], f: impl Function) {
    apply(simd, row, f);
}

/// Same as [`map`], inlined within a loop.
#[inline(always)]
pub fn apply<S: Simd>(simd: S, row: &mut [f32], f: impl Function) {
    let (vectors, rest) = S::as_mut_simd_f32s(row);
    for x in vectors {
        *x = f.at(Vector(simd, *x)).1;
    }
    if !rest.is_empty() {
        let x = f.at(Vector(simd, simd.partial_load_f32s(rest)));
        simd.partial_store_f32s(rest, x.1);
    }
}

/// Sets every x to f((x - mean) factor scale + shift): the rest of a `LayerNorm`, and the activation.
#[cfg_attr(target_family = "wasm", inline(never))]
#[cfg_attr(not(target_family = "wasm"), inline(always))]
pub fn normalise<S: Simd>(
    simd: S,
    row: &mut [f32],
    [mean, factor]: [f32; 2],
    scale: &[f32],
    shift: &[f32],
    f: impl Function,
) {
    let (mean, factor) = (Vector(simd, simd.splat_f32s(mean)), Vector(simd, simd.splat_f32s(factor)));
    let (vectors, rest) = S::as_mut_simd_f32s(row);
    let ((scales, scale_rest), (shifts, shift_rest)) = (S::as_simd_f32s(scale), S::as_simd_f32s(shift));
    for ((x, scale), shift) in vectors.iter_mut().zip(scales).zip(shifts) {
        let normalised = (Vector(simd, *x) - mean) * factor;
        *x = f.at(normalised.mul_add(Vector(simd, *scale), Vector(simd, *shift))).1;
    }
    if !rest.is_empty() {
        let normalised = (load(simd, rest) - mean) * factor;
        simd.partial_store_f32s(rest, f.at(normalised.mul_add(load(simd, scale_rest), load(simd, shift_rest))).1);
    }
}

/// Loads the available numbers, padded with zeros.
#[inline(always)]
fn load<S: Simd>(simd: S, numbers: &[f32]) -> Vector<S> {
    Vector(simd, simd.partial_load_f32s(numbers))
}

/// Sets every gradient to gradient mish'(x scale + shift).
#[inline(always)]
pub fn mish_backward<S: Simd>(simd: S, gradients: &mut [f32], x: &[f32], scale: &[f32], shift: &[f32]) {
    let (vectors, rest) = S::as_mut_simd_f32s(gradients);
    let ((xs, x_rest), (scales, scale_rest)) = (S::as_simd_f32s(x), S::as_simd_f32s(scale));
    let (shifts, shift_rest) = S::as_simd_f32s(shift);
    for (((gradient, x), scale), shift) in vectors.iter_mut().zip(xs).zip(scales).zip(shifts) {
        let x = Vector(simd, *x).mul_add(Vector(simd, *scale), Vector(simd, *shift));
        *gradient = (Vector(simd, *gradient) * MishSlope.at(x)).1;
    }
    if !rest.is_empty() {
        let x = load(simd, x_rest).mul_add(load(simd, scale_rest), load(simd, shift_rest));
        simd.partial_store_f32s(rest, (load(simd, rest) * MishSlope.at(x)).1);
    }
}

/// Returns the sum of a row.
#[inline(always)]
#[must_use]
pub fn sum(row: &[f32]) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for i in 0..LANES {
            lanes[i] += chunk[i];
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane += x;
    }
    total(lanes)
}

/// Returns the sum of (x - from)².
#[inline(always)]
#[must_use]
pub fn squares(row: &[f32], from: f32) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for i in 0..LANES {
            lanes[i] += (chunk[i] - from) * (chunk[i] - from);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane += (x - from) * (x - from);
    }
    total(lanes)
}

/// Returns the sum of products.
#[inline(always)]
#[must_use]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for i in 0..LANES {
            lanes[i] += a[i] * b[i];
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += a * b;
    }
    total(lanes)
}

/// Returns the sum of e^(x - top).
#[inline(always)]
#[must_use]
pub fn exp_sum<S: Simd>(simd: S, row: &[f32], top: f32) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    let mut room = [0.0; LANES];
    for chunk in chunks {
        for i in 0..LANES {
            room[i] = chunk[i] - top;
        }
        apply(simd, &mut room, super::elementary::Exp);
        for i in 0..LANES {
            lanes[i] += room[i];
        }
    }
    for (room, x) in room.iter_mut().zip(rest) {
        *room = x - top;
    }
    apply(simd, &mut room[..rest.len()], super::elementary::Exp);
    for (lane, x) in lanes.iter_mut().zip(&room[..rest.len()]) {
        *lane += x;
    }
    total(lanes)
}

/// Returns the largest element.
#[inline(always)]
#[must_use]
pub fn largest(row: &[f32]) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for i in 0..LANES {
            lanes[i] = max(lanes[i], chunk[i]);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane = max(*lane, *x);
    }
    let mut eight = [0.0; 8];
    for i in 0..8 {
        eight[i] = max(lanes[i], lanes[i + 8]);
    }
    let four = [max(eight[0], eight[4]), max(eight[1], eight[5]), max(eight[2], eight[6]), max(eight[3], eight[7])];
    max(max(four[0], four[2]), max(four[1], four[3]))
}

/// Returns the sum of all lanes, by halves.
#[inline(always)]
#[must_use]
pub fn total(lanes: [f32; LANES]) -> f32 {
    let mut eight = [0.0; 8];
    for i in 0..8 {
        eight[i] = lanes[i] + lanes[i + 8];
    }
    let four = [eight[0] + eight[4], eight[1] + eight[5], eight[2] + eight[6], eight[3] + eight[7]];
    (four[0] + four[2]) + (four[1] + four[3])
}

/// Same for lanes in vectors.
#[inline(always)]
pub(super) fn total_of<S: Simd, const N: usize>(vectors: &[S::f32s; N]) -> f32 {
    cast_slice::<S::f32s, f32>(vectors).first_chunk().copied().map_or(0.0, total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_take_in_what_is_left_over() {
        let row: Vec<f32> = (1..=21_u8).map(f32::from).collect();
        assert!((sum(&row) - 231.0).abs() < 1e-3);
        assert!((squares(&row, 11.0) - 770.0).abs() < 1e-3);
        assert!((dot(&row, &row) - 3311.0).abs() < 1e-2);
        assert!((largest(&row) - 21.0).abs() < 1e-6);
    }
}
