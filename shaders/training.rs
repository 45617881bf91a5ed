//! Kernels of an update, around Burn's matrix products. Each works on the tensors listed at its head.

use crate::Wgsl;

const COMMON: &str = include_str!("training/common.wgsl");
const BINS: &str = include_str!("training/bins.wgsl");

/// Bias, LayerNorm and activation after a product.
pub const LAYER: Wgsl = Wgsl { name: "layer", parts: &[COMMON, include_str!("training/layer.wgsl")] };
/// The backward pass of those.
pub const LAYER_BACKWARD: Wgsl =
    Wgsl { name: "layer_backward", parts: &[COMMON, include_str!("training/layer_backward.wgsl")] };
/// Cross-entropy of logits against two-hot numbers.
pub const TWO_HOT: Wgsl = Wgsl { name: "two_hot", parts: &[COMMON, BINS, include_str!("training/two_hot.wgsl")] };
/// Its gradient.
pub const TWO_HOT_BACKWARD: Wgsl =
    Wgsl { name: "two_hot_backward", parts: &[COMMON, BINS, include_str!("training/two_hot_backward.wgsl")] };
/// Adam with clipping, and the target that follows the parameter.
pub const ADAM: Wgsl = Wgsl { name: "adam", parts: &[COMMON, include_str!("training/adam.wgsl")] };
/// Sums of squares, for the gradient norm.
pub const SQUARED_SUM: Wgsl = Wgsl { name: "squared_sum", parts: &[COMMON, include_str!("training/squared_sum.wgsl")] };

/// All of them.
pub const KERNELS: [Wgsl; 6] = [LAYER, LAYER_BACKWARD, TWO_HOT, TWO_HOT_BACKWARD, ADAM, SQUARED_SUM];
