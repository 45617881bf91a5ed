//! Gaussians with independent dimensions.

use burn::tensor::Tensor;

/// Returns the divergence `KL(N(mean, exp(log_std)) || N(other_mean, other_std))` of each dimension; all have the same
/// shape.
#[must_use]
pub fn gaussian_kl<const D: usize>(
    mean: Tensor<D>,
    log_std: Tensor<D>,
    other_mean: Tensor<D>,
    other_std: Tensor<D>,
) -> Tensor<D> {
    let variance = (log_std.clone() * 2.0).exp();
    let distance = (mean - other_mean).square();
    other_std.clone().log() - log_std + (variance + distance) / (other_std.square() * 2.0) - 0.5
}
