//! One row at a time: what follows a layer's product, and the way back through it. The loops are vectorised for the
//! machine's instructions by whoever dispatches them.

#![allow(
    clippy::inline_always,
    reason = "only what is inlined into a dispatch is compiled for the machine's instructions"
)]

use std::array;

use pulp::Simd;

use super::Form;
use crate::kernel::{
    Function as _, LANES, LAYER_NORM_EPSILON, Mish, MishSlope, apply, map, mul_add, sim_norm, sum, total,
};

/// What follows the product in every row. Each `[m, out]` but where said.
#[derive(Clone, Copy)]
pub struct NormRows<'a> {
    pub bias: &'a [f32],
    pub scale: &'a [f32],
    pub shift: &'a [f32],
    /// `[m, n, out]`.
    pub mask: Option<&'a [f32]>,
    pub form: Form,
}

/// What the forward pass kept.
pub struct SavedRows<'a> {
    /// `[m, n, out]`.
    pub normalised: &'a [f32],
    /// `[m, n]`.
    pub factor: &'a [f32],
    /// `[m, n, out]`.
    pub output: &'a [f32],
}

/// Sums over the rows of a block, `[out]` each.
#[derive(Clone)]
pub struct Sums {
    pub bias: Vec<f32>,
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
}

impl Sums {
    pub fn new(width: usize) -> Self {
        Self { bias: vec![0.0; width], scale: vec![0.0; width], shift: vec![0.0; width] }
    }

    pub fn add(&mut self, other: &Self) {
        let pairs = [(&mut self.bias, &other.bias), (&mut self.scale, &other.scale), (&mut self.shift, &other.shift)];
        for (sum, more) in pairs {
            sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
    }
}

/// The part of [`NormRows`] that one row of a member needs.
pub struct NormRow<'a> {
    pub scale: &'a [f32],
    pub shift: &'a [f32],
    pub mask: Option<&'a [f32]>,
    pub form: Form,
}

impl NormRow<'_> {
    /// From the product to the output, in place; keeps the normalised row where there is room for it, and gives the
    /// reciprocal standard deviation.
    #[cfg_attr(target_family = "wasm", inline(never))]
    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    #[allow(clippy::cast_precision_loss, reason = "layers are narrower than 2^24")]
    pub fn forward<S: Simd>(&self, simd: S, row: &mut [f32], bias: &[f32], normalised: Option<&mut [f32]>) -> f32 {
        row.iter_mut().zip(bias).for_each(|(x, bias)| *x += bias);
        if let Some(mask) = self.mask {
            row.iter_mut().zip(mask).for_each(|(x, mask)| *x *= mask);
        }
        let width = row.len() as f32;
        let mean = sum(row, |x| x) / width;
        let variance = sum(row, |x| (x - mean) * (x - mean)) / width;
        let factor = 1.0 / (variance + LAYER_NORM_EPSILON).sqrt();
        for x in row.iter_mut() {
            *x = (*x - mean) * factor;
        }
        if let Some(normalised) = normalised {
            normalised.copy_from_slice(row);
        }
        let affine = row.iter_mut().zip(self.scale).zip(self.shift);
        affine.for_each(|((x, scale), shift)| *x = mul_add::<S>(*x, *scale, *shift));
        match self.form {
            Form::Mish => map(simd, row, Mish),
            Form::SimNorm(group) => sim_norm(simd, row, group),
        }
        factor
    }

    /// From the output's gradient to the product's, in `row`, which holds the output's at first.
    #[cfg_attr(target_family = "wasm", inline(never))]
    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    #[allow(clippy::cast_precision_loss, reason = "layers are narrower than 2^24")]
    pub fn backward<S: Simd>(
        &self,
        simd: S,
        row: &mut [f32],
        normalised: &[f32],
        factor: f32,
        output: &[f32],
        sums: &mut Sums,
    ) {
        match self.form {
            Form::Mish => {
                let affine = |x: f32, scale: f32, shift: f32| mul_add::<S>(x, scale, shift);
                let (gradients, gradients_rest) = row.as_chunks_mut::<LANES>();
                let (x, x_rest) = normalised.as_chunks::<LANES>();
                let (scale, scale_rest) = self.scale.as_chunks::<LANES>();
                let (shift, shift_rest) = self.shift.as_chunks::<LANES>();
                for (((gradient, x), scale), shift) in gradients.iter_mut().zip(x).zip(scale).zip(shift) {
                    let mut slopes: [f32; LANES] = array::from_fn(|i| affine(x[i], scale[i], shift[i]));
                    apply(simd, &mut slopes, MishSlope);
                    gradient.iter_mut().zip(slopes).for_each(|(gradient, slope)| *gradient *= slope);
                }
                let rest = gradients_rest.iter_mut().zip(x_rest).zip(scale_rest).zip(shift_rest);
                for (((gradient, x), scale), shift) in rest {
                    *gradient *= MishSlope.at::<S, f32>(affine(*x, *scale, *shift));
                }
            }
            Form::SimNorm(8) => {
                let groups = row.as_chunks_mut::<8>().0.iter_mut().zip(output.as_chunks::<8>().0);
                groups.for_each(|(gradient, y)| softmax_backward(gradient, y));
            }
            Form::SimNorm(group) => {
                let groups = row.chunks_exact_mut(group).zip(output.chunks_exact(group));
                groups.for_each(|(gradient, y)| softmax_backward(gradient, y));
            }
        }
        let both = sums.scale.iter_mut().zip(&mut sums.shift);
        for ((gradient, x), (scale, shift)) in row.iter_mut().zip(normalised).zip(both) {
            *scale += *gradient * x;
            *shift += *gradient;
        }
        row.iter_mut().zip(self.scale).for_each(|(gradient, scale)| *gradient *= scale);
        let width = row.len() as f32;
        let mean = sum(row, |gradient| gradient) / width;
        let along = dot(row, normalised) / width;
        for (gradient, x) in row.iter_mut().zip(normalised) {
            *gradient = factor * (*gradient - mean - x * along);
        }
        if let Some(mask) = self.mask {
            row.iter_mut().zip(mask).for_each(|(gradient, mask)| *gradient *= mask);
        }
        sums.bias.iter_mut().zip(row.iter()).for_each(|(sum, gradient)| *sum += gradient);
    }
}

/// From the gradient of a softmax to that of what goes into it, in place.
#[inline(always)]
fn softmax_backward(gradient: &mut [f32], y: &[f32]) {
    let mean: f32 = gradient.iter().zip(y).map(|(gradient, y)| gradient * y).sum();
    gradient.iter_mut().zip(y).for_each(|(gradient, y)| *gradient = y * (*gradient - mean));
}

/// In lanes, so that it can be vectorised.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += a * b;
    }
    total(lanes)
}
