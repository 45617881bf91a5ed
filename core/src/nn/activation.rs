//! LayerNorm, Mish and SimNorm.

use bootstride_shaders::{LAYER_NORM_EPSILON, MISH_BOUND};
use burn::tensor::{Tensor, activation::softmax};

/// LayerNorm over the last axis with an affine map.
///
/// `x` is `[members, rows, width]`, `scale` and `shift` are `[members, 1, width]`.
#[must_use]
pub fn layer_norm(x: Tensor<3>, scale: Tensor<3>, shift: Tensor<3>) -> Tensor<3> {
    let [members, _, width] = scale.dims();
    if members == 1 && !x.is_autodiff() {
        // A single member outside autodiff uses the device's own single pass.
        return burn::tensor::module::layer_norm(
            x,
            scale.reshape([width]),
            Some(shift.reshape([width])),
            LAYER_NORM_EPSILON,
        );
    }
    let centred = x.clone() - x.mean_dim(2);
    let variance = centred.clone().square().mean_dim(2);
    centred / (variance + LAYER_NORM_EPSILON).sqrt() * scale + shift
}

/// Mish, x tanh(ln(1 + exp(x))) (Misra, 2019), for any shape.
///
/// Written without tanh: with n = exp(x), tanh(ln(1 + n)) = n (n + 2) / (n (n + 2) + 2). Above x = 20 the fraction is 1
/// in f32, and the bound keeps exp from overflowing.
#[must_use]
pub fn mish<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let n = x.clone().clamp_max(MISH_BOUND).exp();
    let product = n.clone() * (n + 2.0);
    x * (product.clone() / (product + 2.0))
}

/// SimNorm: softmax inside groups of `group` neighbouring features (TD-MPC2, Eq. 5).
///
/// `x` is `[members, rows, width]` with `width` a multiple of `group`.
#[must_use]
pub fn simnorm(x: Tensor<3>, group: usize) -> Tensor<3> {
    let [members, rows, width] = x.dims();
    softmax(x.reshape([members, rows, width / group, group]), 3).reshape([members, rows, width])
}
