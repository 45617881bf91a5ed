//! Where the networks of a model lie in the one buffer of packed weights.
//!
//! The layout is that of `shaders/network.wgsl`; everything is counted in vec4s.

use burn::tensor::Tensor;

use crate::config::Precision;
use crate::model::WorldModel;
use crate::nn::{Activation, Mlp};

/// Layers that a plan's parameters have room for.
pub const MAX_LAYERS: usize = 32;

/// One layer: the twin of `Layer` in `shaders/planner.wgsl`.
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

/// Where one tensor goes.
#[derive(Clone, Debug)]
pub struct Placement {
    /// `[members, rows, columns]`.
    pub tensor: Tensor<3>,
    pub at: usize,
    /// Whether two rows share a vec4, as halves.
    pub pairs: bool,
    /// Rows of vec4s of a member.
    rows: usize,
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
    /// Where the bins' positions lie.
    pub bins: usize,
    /// Of the whole buffer.
    pub size: usize,
}

impl Placement {
    /// Members, rows and columns.
    pub fn dims(&self) -> [usize; 3] {
        self.tensor.dims()
    }

    /// What one member takes.
    pub fn per_member(&self) -> usize {
        self.rows * self.dims()[2].div_ceil(4)
    }
}

impl Layout {
    /// The layout of `model`, outside autodiff.
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
        layout.bins = layout.place(&positions, false, 1);
        layout
    }

    fn add(&mut self, network: &Mlp, half: bool) {
        self.networks.push((self.layers.len(), network.layers.len()));
        for layer in &network.layers {
            let [members, input, output] = layer.weight.dims();
            let groups = output.div_ceil(4);
            // An odd number of rows gets one of zeros.
            let rows = if half { input.div_ceil(2) } else { input.next_multiple_of(2) };
            let weight = self.place(&layer.weight, half, rows);
            // A member's bias, scale and shift lie together.
            let vectors = self.size;
            let norm = layer.norm.iter().flat_map(|(scale, shift)| [scale, shift]);
            for (i, tensor) in [&layer.bias].into_iter().chain(norm).enumerate() {
                let at = vectors + i * groups;
                self.tensors.push(Placement { tensor: tensor.clone(), at, pairs: false, rows: 1, stride: 3 * groups });
            }
            self.size += members * 3 * groups;
            self.layers.push(LayerLayout {
                weight,
                vectors,
                weight_stride: rows * groups,
                vectors_stride: 3 * groups,
                input,
                output,
                activation: layer.activation,
            });
        }
    }

    /// Puts a tensor behind everything else; gives its place.
    fn place(&mut self, tensor: &Tensor<3>, pairs: bool, rows: usize) -> usize {
        let at = self.size;
        let mut placement = Placement { tensor: tensor.clone(), at, pairs, rows, stride: 0 };
        placement.stride = placement.per_member();
        self.size += placement.stride * placement.dims()[0];
        self.tensors.push(placement);
        at
    }

    /// The widest input of any layer.
    pub fn widest_input(&self) -> usize {
        self.layers.iter().map(|layer| layer.input).max().unwrap_or(1)
    }

    /// The widest output of any layer.
    pub fn widest_output(&self) -> usize {
        self.layers.iter().map(|layer| layer.output).max().unwrap_or(1)
    }
}
