//! Fused training operations with their own backward passes: `NormedLinear`, the two-hot cross-entropy, and Adam with
//! clipping and target averaging.
//!
//! As tensor operations, a layer takes a dozen passes over memory forward and two dozen backward; here it takes one in
//! addition to each matrix product. They are Burn backend extensions: [`cpu`] for flat arrays, `gpu` for WGSL,
//! [`autodiff`] for the gradients of both. The plain operations of [`super::Layer`] remain as the readable reference
//! that tests compare with.

mod autodiff;
mod cpu;
mod gpu;
mod optimiser;

pub(super) use optimiser::{AdamStep, Moving, adam, squared_sum};

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

use super::layer::{Activation, Layer};

/// The activation of a `NormedLinear`, after LayerNorm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Mish.
    Mish,
    /// SimNorm in groups of this size.
    SimNorm(usize),
}

/// Bins of a discrete regression, evenly spaced in symlog space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bins {
    /// Position of the first bin.
    pub min: f32,
    /// Position of the last bin.
    pub max: f32,
    /// Number of bins.
    pub count: usize,
}

/// The operations, as methods of a backend. `m` members, `n` rows.
///
/// A one-element tensor in place of a mask means no mask.
#[backend_extension(Cube, Flex, Autodiff)]
pub trait FusedOps: Backend {
    /// `x W + b`: x `[m or 1, n, in]`, weight `[m, in, out]`, bias `[m, 1, out]`; returns `[m, n, out]`.
    fn linear(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self>;

    /// `form(LayerNorm(mask * (x W + b)))`, with LayerNorm's scale and shift `[m, 1, out]` and the mask `[m, n, out]`.
    fn normed_linear(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        mask: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self>;

    /// Cross-entropy of logits `[m, n, bins]` against the two-hot form of targets `[n, 1]`, the same for all members;
    /// returns `[m, n, 1]`. Gradients flow to the logits only.
    fn two_hot_cross_entropy(logits: FloatTensor<Self>, targets: FloatTensor<Self>, bins: Bins) -> FloatTensor<Self>;
}

/// What a backend implements for [`FusedOps`]: the forward passes, which also return what the backward passes need, and
/// the backward passes.
pub(crate) trait Kernels: FusedOps {
    /// Same as `linear`, or `normed_linear` with `norm`; `saving` keeps what the backward pass needs.
    fn forward(layer: &LayerTensors<Self>, saving: bool) -> (FloatTensor<Self>, Option<Saved<Self>>);

    /// Gradients of a layer, given the gradient of its output.
    fn backward(
        layer: &LayerTensors<Self>,
        saved: Option<&Saved<Self>>,
        gradient: FloatTensor<Self>,
        wanted: Wanted,
    ) -> LayerGradients<Self>;

    /// Same as `two_hot_cross_entropy`.
    fn cross_entropy(logits: FloatTensor<Self>, targets: FloatTensor<Self>, bins: Bins) -> FloatTensor<Self>;

    /// Gradient of the logits.
    fn cross_entropy_backward(
        logits: FloatTensor<Self>,
        targets: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        bins: Bins,
    ) -> FloatTensor<Self>;
}

/// All inputs of a layer.
#[derive(Clone, Debug)]
pub(crate) struct LayerTensors<B: Backend> {
    pub x: FloatTensor<B>,
    pub weight: FloatTensor<B>,
    pub bias: FloatTensor<B>,
    /// `None` for the bare product.
    pub norm: Option<NormTensors<B>>,
}

/// What follows the product.
#[derive(Clone, Debug)]
pub(crate) struct NormTensors<B: Backend> {
    pub scale: FloatTensor<B>,
    pub shift: FloatTensor<B>,
    /// One element if there is no mask.
    pub mask: FloatTensor<B>,
    pub form: Form,
}

/// What a layer saves for its backward pass.
#[derive(Clone, Debug)]
pub(crate) struct Saved<B: Backend> {
    /// Rows after LayerNorm, before its scale and shift, `[m, n, out]`.
    pub normalised: FloatTensor<B>,
    /// Reciprocal standard deviation of each row, `[m, n, 1]`.
    pub factor: FloatTensor<B>,
    /// The layer's output.
    pub output: FloatTensor<B>,
}

/// Which gradients to compute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub x: bool,
    pub parameters: bool,
}

/// Gradients of a layer.
#[derive(Clone, Debug)]
pub(crate) struct LayerGradients<B: Backend> {
    pub x: Option<FloatTensor<B>>,
    /// Gradients of weight and bias.
    pub product: Option<[FloatTensor<B>; 2]>,
    /// Gradients of scale and shift.
    pub norm: Option<[FloatTensor<B>; 2]>,
}

/// Returns a layer's output in one operation; equivalent to the plain [`Layer::forward`].
pub(super) fn layer_forward(layer: &Layer, x: Tensor<3>, mask: Option<Tensor<3>>) -> Tensor<3> {
    let (weight, bias) = (layer.weight.clone().into_dispatch(), layer.bias.clone().into_dispatch());
    let form = match layer.activation {
        Activation::None => None,
        Activation::Mish => Some(Form::Mish),
        Activation::SimNorm(group) => Some(Form::SimNorm(group)),
    };
    let output = match (form, &layer.norm) {
        (Some(form), Some((scale, shift))) => {
            let mask = mask.unwrap_or_else(|| Tensor::ones([1, 1, 1], &x.device().without_autodiff()));
            Dispatch::normed_linear(
                x.into_dispatch(),
                weight,
                bias,
                scale.clone().into_dispatch(),
                shift.clone().into_dispatch(),
                mask.into_dispatch(),
                form,
            )
        }
        _ => Dispatch::linear(x.into_dispatch(), weight, bias),
    };
    Tensor::from_dispatch(output)
}

/// Cross-entropy of logits `[m, n, bins]` against two-hot targets `[n, 1]`; returns `[m, n, 1]`.
pub(super) fn two_hot_cross_entropy(logits: Tensor<3>, targets: Tensor<2>, bins: Bins) -> Tensor<3> {
    Tensor::from_dispatch(Dispatch::two_hot_cross_entropy(logits.into_dispatch(), targets.into_dispatch(), bins))
}
