//! The positions of a model's networks in the buffer of packed weights.
//!
//! The layout is that of `shaders/network.wgsl`; everything is counted in vec4s.

use burn::tensor::Tensor;

use crate::model::WorldModel;
use crate::nn::{Activation, Mlp};
use crate::planner::Precision;

/// Most layers in a plan's parameters.
pub const MAX_LAYERS: usize = 32;

/// One layer. Must match `Layer` in `shaders/planner.wgsl`.
#[derive(Clone, Copy, Debug)]
pub struct LayerLayout {
    pub weight: usize,
    pub vectors: usize,
    pub weight_stride: usize,
    pub vectors_stride: usize,
    pub input: usize,
    pub output: usize,
    pub activation: Activation,
}

/// The position of one tensor.
#[derive(Clone, Debug)]
pub struct Placement {
    /// `[members, rows, columns]`.
    pub tensor: Tensor<3>,
    pub at: usize,
    /// Rows of vec4s of a member.
    pub rows: usize,
    /// Distance between members.
    pub stride: usize,
    /// The position of the columns' factors, for a matrix whose weights become 16-bit fractions, two rows to a vec4.
    pub factors: Option<Factors>,
}

/// The position of a weight matrix's factors: the largest |weight| of each column, of which its weights are fractions.
#[derive(Clone, Copy, Debug)]
pub struct Factors {
    pub at: usize,
    /// Distance between members.
    pub stride: usize,
}

/// All networks: encoder, dynamics, reward, value, then the policies.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// First layer and number of layers of each.
    pub networks: Vec<(usize, usize)>,
    pub layers: Vec<LayerLayout>,
    pub tensors: Vec<Placement>,
    /// Position of the bins.
    pub bins: usize,
    /// Size of the whole buffer.
    pub size: usize,
}

impl Placement {
    /// Returns members, rows and columns.
    pub fn dims(&self) -> [usize; 3] {
        self.tensor.dims()
    }

    /// Returns the number of groups of four columns.
    pub fn groups(&self) -> usize {
        self.dims()[2].div_ceil(4)
    }
}

impl Layout {
    /// Returns the layout of `model`, outside autodiff.
    pub fn of(model: &WorldModel, precision: Precision) -> Self {
        let mut layout = Self::default();
        let half = precision == Precision::Half;
        for network in [&model.encoder, &model.dynamics, &model.reward, &model.value] {
            layout.add(network, half);
        }
        for policy in &model.policies {
            layout.add(&policy.network, half);
        }
        let positions = model.regression.positions().unsqueeze_dim(0);
        layout.bins = layout.place(&positions, 1);
        layout
    }

    fn add(&mut self, network: &Mlp, half: bool) {
        self.networks.push((self.layers.len(), network.layers.len()));
        for layer in &network.layers {
            let [members, input, output] = layer.weight.dims();
            let groups = output.div_ceil(4);
            // An odd number of rows is padded with a row of zeros.
            let rows = if half { input.div_ceil(2) } else { input.next_multiple_of(2) };
            let weight = self.place(&layer.weight, rows);
            // A member's bias, scale and shift are stored together, followed by the factors of 16-bit weights.
            let vectors = self.size;
            let vectors_stride = groups * if half { 4 } else { 3 };
            if half && let Some(placement) = self.tensors.last_mut() {
                placement.factors = Some(Factors { at: vectors + 3 * groups, stride: vectors_stride });
            }
            let norm = layer.norm.iter().flat_map(|(scale, shift)| [scale, shift]);
            for (i, tensor) in [&layer.bias].into_iter().chain(norm).enumerate() {
                let (tensor, at) = (tensor.clone(), vectors + i * groups);
                self.tensors.push(Placement { tensor, at, rows: 1, stride: vectors_stride, factors: None });
            }
            self.size += members * vectors_stride;
            self.layers.push(LayerLayout {
                weight,
                vectors,
                weight_stride: rows * groups,
                vectors_stride,
                input,
                output,
                activation: layer.activation,
            });
        }
    }

    /// Appends a tensor; returns its position.
    fn place(&mut self, tensor: &Tensor<3>, rows: usize) -> usize {
        let at = self.size;
        let mut placement = Placement { tensor: tensor.clone(), at, rows, stride: 0, factors: None };
        placement.stride = rows * placement.groups();
        self.size += placement.stride * placement.dims()[0];
        self.tensors.push(placement);
        at
    }

    /// Returns the widest input of any layer.
    pub fn widest_input(&self) -> usize {
        self.layers.iter().map(|layer| layer.input).max().unwrap_or(1)
    }

    /// Returns the widest output of any layer.
    pub fn widest_output(&self) -> usize {
        self.layers.iter().map(|layer| layer.output).max().unwrap_or(1)
    }
}
