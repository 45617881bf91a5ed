//! Layers, discrete regression and Adam: the building blocks of the networks, as plain functions of Burn tensors.
//!
//! Every parameter is a rank-3 tensor with ensemble members along the first axis; a single network is an ensemble of
//! one. A value ensemble is therefore one batched product, and optimiser, target averaging, checkpoints and repacking
//! each handle a single data type: a list of named [`Parameter`] tensors. Burn's `Module` and its optimisers would add
//! a record format of their own and clip each tensor by itself, whereas the published algorithm clips the global norm.

mod activation;
mod adam;
mod fused;
mod gaussian;
mod layer;
mod read;
mod two_hot;

pub use activation::{layer_norm, mish, simnorm};
pub use adam::{Adam, Clip, Follower, Schedule, clip_global_norm};
pub use gaussian::gaussian_kl;
pub use layer::{Activation, Dropout, Layer, Mlp, MlpShape, Ops};
pub use read::read;

pub use crate::compute::ReadError;
pub use two_hot::{DiscreteRegression, symexp, symlog};

use burn::tensor::Tensor;

/// A named parameter: `[members, in, out]` for weights, `[members, 1, out]` for biases and LayerNorm.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Name that follows the module tree, as in checkpoints: `dynamics.0.norm.weight`.
    pub name: String,
    /// The tensor.
    pub tensor: Tensor<3>,
}

/// A type that has parameters.
pub trait Parameters {
    /// Calls `visit` with the name (under `prefix`) and the tensor of every parameter, always in the same order; the
    /// visitor may replace the tensor.
    fn visit_mut(&mut self, prefix: &str, visit: &mut dyn FnMut(&str, &mut Tensor<3>));

    /// Returns all parameters under `prefix`, in order. Handles, not copies.
    fn parameters(&self, prefix: &str) -> Vec<Parameter>
    where
        Self: Clone,
    {
        let mut list = Vec::new();
        self.clone().visit_mut(prefix, &mut |name, tensor| {
            list.push(Parameter { name: name.to_owned(), tensor: tensor.clone() });
        });
        list
    }

    /// Returns the same parameters outside autodiff: for planning, targets and evaluation. Handles, not copies.
    #[must_use]
    fn inner(&self) -> Self
    where
        Self: Clone,
    {
        let mut copy = self.clone();
        copy.visit_mut("", &mut |_, tensor| *tensor = tensor.clone().without_autodiff());
        copy
    }

    /// Marks every parameter as a leaf that collects gradients, on `tensor.device().autodiff()`.
    #[must_use]
    fn learnable(mut self) -> Self
    where
        Self: Sized,
    {
        self.visit_mut("", &mut |_, tensor| {
            *tensor = tensor.clone().without_autodiff().autodiff().require_grad();
        });
        self
    }
}
