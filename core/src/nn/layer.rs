//! `NormedLinear` and the multilayer perceptrons made of it (TD-MPC2, section 3.1).

use burn::tensor::{Device, Tensor, TensorData};

use super::{Parameters, fused, layer_norm, mish, simnorm};
use crate::math::Stream;

/// Standard deviation of initial weights. The released code truncates at plus and minus 2, a hundred standard
/// deviations.
const INITIAL_STD: f64 = 0.02;

/// What follows a layer's product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Nothing, not even LayerNorm: the last layer of a head.
    None,
    /// LayerNorm, then Mish.
    Mish,
    /// LayerNorm, then SimNorm with this group size.
    SimNorm(usize),
}

/// How layers, losses and the optimiser compute; the results agree up to rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ops {
    /// Tensor operations with Burn's own gradients: readable, for any device.
    #[default]
    Plain,
    /// One fused operation each, with its own gradients (`nn::fused`).
    Fused,
}

/// Multipliers for the first layer's outputs, `[members, rows, width]`: 0 or 1 / (1 - rate).
pub type Dropout = Tensor<3>;

/// `activation(LayerNorm(x W + b))` for each member.
#[derive(Clone, Debug)]
pub struct Layer {
    /// `[members, in, out]`.
    pub weight: Tensor<3>,
    /// `[members, 1, out]`.
    pub bias: Tensor<3>,
    /// Scale and shift of LayerNorm, each `[members, 1, out]`; `None` without activation.
    pub norm: Option<(Tensor<3>, Tensor<3>)>,
    /// What follows the product.
    pub activation: Activation,
    /// How the layer computes.
    pub ops: Ops,
}

impl Layer {
    fn new(
        members: usize,
        input: usize,
        output: usize,
        activation: Activation,
        zero: bool,
        random: &mut Stream,
        device: &Device,
    ) -> Self {
        let count = members * input * output;
        #[allow(clippy::cast_possible_truncation, reason = "initial weights need no more than f32 precision")]
        let mut draw = || (INITIAL_STD * random.normal()) as f32;
        let weights = (0..count).map(|_| if zero { 0.0 } else { draw() }).collect::<Vec<f32>>();
        Self {
            weight: Tensor::from_data(TensorData::new(weights, [members, input, output]), device),
            bias: Tensor::zeros([members, 1, output], device),
            norm: (activation != Activation::None)
                .then(|| (Tensor::ones([members, 1, output], device), Tensor::zeros([members, 1, output], device))),
            activation,
            ops: Ops::Plain,
        }
    }

    /// `x` is `[members or 1, rows, in]`; returns `[members, rows, out]`.
    #[must_use]
    pub fn forward(&self, x: Tensor<3>, dropout: Option<Dropout>) -> Tensor<3> {
        if self.ops == Ops::Fused {
            return fused::layer_forward(self, x, dropout);
        }
        let mut x = x.matmul(self.weight.clone()) + self.bias.clone();
        if let Some(mask) = dropout {
            x = x * mask;
        }
        if let Some((scale, shift)) = &self.norm {
            x = layer_norm(x, scale.clone(), shift.clone());
        }
        match self.activation {
            Activation::None => x,
            Activation::Mish => mish(x),
            Activation::SimNorm(group) => simnorm(x, group),
        }
    }

    fn select(&self, members: &[usize]) -> Self {
        let pick = |tensor: &Tensor<3>| {
            Tensor::cat(members.iter().map(|&member| tensor.clone().narrow(0, member, 1)).collect(), 0)
        };
        Self {
            weight: pick(&self.weight),
            bias: pick(&self.bias),
            norm: self.norm.as_ref().map(|(scale, shift)| (pick(scale), pick(shift))),
            activation: self.activation,
            ops: self.ops,
        }
    }
}

/// The shape of a multilayer perceptron.
#[derive(Clone, Debug)]
pub struct MlpShape {
    /// Ensemble members.
    pub members: usize,
    /// Input width.
    pub input: usize,
    /// Widths of the hidden layers, each with Mish.
    pub hidden: Vec<usize>,
    /// Output width.
    pub output: usize,
    /// Activation of the last layer.
    pub last: Activation,
    /// Whether the last layer's weights start at zero.
    pub zero_last: bool,
}

/// A sequence of layers.
#[derive(Clone, Debug)]
pub struct Mlp {
    /// Layers, first one first.
    pub layers: Vec<Layer>,
}

impl Mlp {
    /// Draws initial weights from `random`; biases are 0 and LayerNorm is the identity.
    #[must_use]
    pub fn new(shape: &MlpShape, random: &mut Stream, device: &Device) -> Self {
        let mut input = shape.input;
        let mut layers = Vec::new();
        for &width in &shape.hidden {
            layers.push(Layer::new(shape.members, input, width, Activation::Mish, false, random, device));
            input = width;
        }
        layers.push(Layer::new(shape.members, input, shape.output, shape.last, shape.zero_last, random, device));
        Self { layers }
    }

    /// `x` is `[members or 1, rows, in]`; returns `[members, rows, out]`.
    #[must_use]
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.forward_with_dropout(x, None)
    }

    /// Same as [`forward`](Self::forward), with dropout on the first layer.
    #[must_use]
    pub fn forward_with_dropout(&self, x: Tensor<3>, mut dropout: Option<Dropout>) -> Tensor<3> {
        self.layers.iter().fold(x, |x, layer| layer.forward(x, dropout.take()))
    }

    /// Applies a network with one member to `[rows, in]`; returns `[rows, out]`.
    #[must_use]
    pub fn forward_single(&self, x: Tensor<2>) -> Tensor<2> {
        self.forward(x.unsqueeze_dim(0)).squeeze_dim(0)
    }

    /// Returns an ensemble of only these members, in this order.
    #[must_use]
    pub fn select(&self, members: &[usize]) -> Self {
        Self { layers: self.layers.iter().map(|layer| layer.select(members)).collect() }
    }

    /// Selects how all layers compute.
    pub fn set_ops(&mut self, ops: Ops) {
        self.layers.iter_mut().for_each(|layer| layer.ops = ops);
    }

    /// Returns the number of ensemble members.
    #[must_use]
    pub fn members(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.weight.dims()[0])
    }
}

impl Parameters for Mlp {
    fn visit_mut(&mut self, prefix: &str, visit: &mut dyn FnMut(&str, &mut Tensor<3>)) {
        for (i, layer) in self.layers.iter_mut().enumerate() {
            visit(&format!("{prefix}.{i}.weight"), &mut layer.weight);
            visit(&format!("{prefix}.{i}.bias"), &mut layer.bias);
            if let Some((scale, shift)) = &mut layer.norm {
                visit(&format!("{prefix}.{i}.norm.weight"), scale);
                visit(&format!("{prefix}.{i}.norm.bias"), shift);
            }
        }
    }
}
