//! Row operations: what follows a layer's product, and its backward pass. The loops are vectorised for the CPU's
//! instructions where they are dispatched.

#![allow(clippy::inline_always, reason = "only what is inlined into a dispatch is compiled for the CPU's instructions")]

use pulp::Simd;

use super::Form;
use crate::compute::cpu::{Identity, LAYER_NORM_EPSILON, Mish, dot, mish_backward, normalise, sim_norm, squares, sum};

/// What follows the product in every row. Each `[m, out]` unless noted.
#[derive(Clone, Copy)]
pub struct NormRows<'a> {
    pub bias: &'a [f32],
    pub scale: &'a [f32],
    pub shift: &'a [f32],
    /// `[m, n, out]`.
    pub mask: Option<&'a [f32]>,
    pub form: Form,
}

/// What the forward pass saved.
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
            for (sum, more) in sum.iter_mut().zip(more) {
                *sum += more;
            }
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
    /// Computes the output from the product, in place; saves the normalised row if there is a buffer for it, and
    /// returns the reciprocal standard deviation.
    #[cfg_attr(target_family = "wasm", inline(never))]
    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    #[allow(clippy::cast_precision_loss, reason = "layers are narrower than 2^24")]
    pub fn forward<S: Simd>(&self, simd: S, row: &mut [f32], bias: &[f32], normalised: Option<&mut [f32]>) -> f32 {
        for (x, bias) in row.iter_mut().zip(bias) {
            *x += bias;
        }
        if let Some(mask) = self.mask {
            for (x, mask) in row.iter_mut().zip(mask) {
                *x *= mask;
            }
        }
        let width = row.len() as f32;
        let mean = sum(row) / width;
        let variance = squares(row, mean) / width;
        let factor = 1.0 / (variance + LAYER_NORM_EPSILON).sqrt();
        for x in row.iter_mut() {
            *x = (*x - mean) * factor;
        }
        if let Some(normalised) = normalised {
            normalised.copy_from_slice(row);
        }
        // The identity activation needs no more than scale and shift.
        let as_it_is = [0.0, 1.0];
        match self.form {
            Form::Mish => normalise(simd, row, as_it_is, self.scale, self.shift, Mish),
            Form::SimNorm(group) => {
                normalise(simd, row, as_it_is, self.scale, self.shift, Identity);
                sim_norm(simd, row, group);
            }
        }
        factor
    }

    /// Computes the product's gradient from the output's, in `row`, which initially holds the output's.
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
            Form::Mish => mish_backward(simd, row, normalised, self.scale, self.shift),
            Form::SimNorm(8) => {
                for (gradient, y) in row.as_chunks_mut::<8>().0.iter_mut().zip(output.as_chunks::<8>().0) {
                    softmax_backward(gradient, y);
                }
            }
            Form::SimNorm(group) => {
                for (gradient, y) in row.chunks_exact_mut(group).zip(output.chunks_exact(group)) {
                    softmax_backward(gradient, y);
                }
            }
        }
        let both = sums.scale.iter_mut().zip(&mut sums.shift);
        for ((gradient, x), (scale, shift)) in row.iter_mut().zip(normalised).zip(both) {
            *scale += *gradient * x;
            *shift += *gradient;
        }
        for (gradient, scale) in row.iter_mut().zip(self.scale) {
            *gradient *= scale;
        }
        let width = row.len() as f32;
        let mean = sum(row) / width;
        let along = dot(row, normalised) / width;
        for (gradient, x) in row.iter_mut().zip(normalised) {
            *gradient = factor * (*gradient - mean - x * along);
        }
        if let Some(mask) = self.mask {
            for (gradient, mask) in row.iter_mut().zip(mask) {
                *gradient *= mask;
            }
        }
        for (sum, gradient) in sums.bias.iter_mut().zip(row.iter()) {
            *sum += gradient;
        }
    }
}

/// Computes the gradient of a softmax's input from that of its output, in place.
#[inline(always)]
fn softmax_backward(gradient: &mut [f32], y: &[f32]) {
    let mut mean = 0.0;
    for (gradient, y) in gradient.iter().zip(y) {
        mean += *gradient * y;
    }
    for (gradient, y) in gradient.iter_mut().zip(y) {
        *gradient = y * (*gradient - mean);
    }
}
