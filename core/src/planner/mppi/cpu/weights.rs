//! The networks in host memory, packed for products once per set of weights.

use burn::tensor::Tensor;

use super::tile::room;
use crate::compute::cpu::{Epilogue, Last, Matrix, Packed, product};
use crate::model::{PolicyKind, WorldModel};
use crate::nn::{Activation, Layer, Mlp, ReadError, read};

/// One layer of one ensemble member.
#[derive(Clone, Debug, Default)]
pub struct Dense {
    pub weight: Packed,
    pub bias: Vec<f32>,
    pub norm: Option<(Vec<f32>, Vec<f32>)>,
    pub last: Last,
}

impl Dense {
    pub fn output(&self) -> usize {
        self.bias.len()
    }

    /// Returns everything after the product.
    pub fn epilogue(&self) -> Epilogue<'_> {
        let norm = self.norm.as_ref().map(|(scale, shift)| (&scale[..], &shift[..]));
        Epilogue { bias: &self.bias, norm, last: self.last }
    }

    /// Applies the whole layer to `rows` rows of `x`; writes to rows of `out` that are `stride` apart.
    pub fn forward(&self, out: &mut [f32], stride: usize, x: Matrix<'_>, rows: usize) {
        product(out, stride, x, rows, &self.weight, false);
        self.epilogue().apply(&mut out[..rows * stride], stride, 0);
    }
}

/// Returns the stride for rows of this width between layers: whole cache lines, but no large power of two, at which the
/// rows of a product's tile would evict each other from the cache.
pub fn apart(width: usize) -> usize {
    width.next_multiple_of(16) + 16
}

/// One network.
#[derive(Clone, Debug, Default)]
pub struct Network {
    pub layers: Vec<Dense>,
}

impl Network {
    /// Applies the layers from number `first` on to `rows` rows of `x`; the last one writes rows of `out`, `stride`
    /// apart.
    pub fn forward(
        &self,
        first: usize,
        x: Matrix<'_>,
        rows: usize,
        between: &mut [Vec<f32>; 2],
        out: &mut [f32],
        stride: usize,
    ) {
        let Some((end, hidden)) = self.layers[first..].split_last() else { return };
        let [current, next] = between;
        let mut before = None;
        for layer in hidden {
            let distance = apart(layer.output());
            let input = before.map_or(x, |distance| Matrix::rows(&current[..], distance));
            layer.forward(room(next, rows * distance), distance, input, rows);
            std::mem::swap(current, next);
            before = Some(distance);
        }
        end.forward(out, stride, before.map_or(x, |distance| Matrix::rows(&current[..], distance)), rows);
    }
}

/// All networks that planning needs.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    pub encoder: Network,
    pub dynamics: Network,
    pub reward: Network,
    /// First layers of dynamics and reward side by side, `[latent + action, 2 mlp_dim]`: they read the same input.
    pub both_first: Packed,
    /// The rows of `both_first` for the latent state.
    pub both_latent: Packed,
    /// The rows of `both_first` for the action.
    pub both_action: Packed,
    /// Their biases.
    pub both_bias: Vec<f32>,
    /// One per member.
    pub value: Vec<Network>,
    pub policies: Vec<(PolicyKind, Network)>,
    /// Positions of the bins, in symlog space.
    pub bins: Vec<f32>,
}

impl Weights {
    /// Reads the weights of `model`, in one transfer, replacing the previous ones.
    pub async fn update(&mut self, model: &WorldModel) -> Result<(), ReadError> {
        let policies = model.policies.iter().map(|policy| &policy.network);
        let networks: Vec<&Mlp> =
            [&model.encoder, &model.dynamics, &model.reward, &model.value].into_iter().chain(policies).collect();
        let mut tensors: Vec<Tensor<1>> = networks.iter().flat_map(|mlp| &mlp.layers).flat_map(parts).collect();
        tensors.push(model.regression.positions().flatten(0, 1));
        let mut data = read(tensors).await?.into_iter();
        // First layers of dynamics and reward are kept unpacked until they are combined.
        let mut firsts = Vec::new();
        self.policies.resize_with(model.policies.len(), || (PolicyKind::Imitation, Network::default()));
        self.value.resize_with(model.value.members(), Network::default);
        for (kind, policy) in self.policies.iter_mut().map(|(kind, _)| kind).zip(&model.policies) {
            *kind = policy.kind;
        }
        let single = std::slice::from_mut::<Network>;
        fill(single(&mut self.encoder), &model.encoder, &mut data);
        for (network, mlp) in [(&mut self.dynamics, &model.dynamics), (&mut self.reward, &model.reward)] {
            firsts.extend(fill(single(network), mlp, &mut data));
        }
        fill(&mut self.value, &model.value, &mut data);
        for ((_, network), policy) in self.policies.iter_mut().zip(&model.policies) {
            fill(single(network), &policy.network, &mut data);
        }
        self.bins = data.next().unwrap_or_default();
        self.put_side_by_side(&firsts, model.latent_dim);
        Ok(())
    }

    fn put_side_by_side(&mut self, firsts: &[Vec<f32>], latent: usize) {
        let layers = [&self.dynamics, &self.reward].map(|network| &network.layers[0]);
        let [dynamics, reward] = layers.map(Dense::output);
        let width = dynamics + reward;
        self.both_bias.clear();
        for layer in layers {
            self.both_bias.extend_from_slice(&layer.bias);
        }
        let both: Vec<f32> = match firsts {
            [a, b] => a
                .chunks_exact(dynamics)
                .zip(b.chunks_exact(reward))
                .flat_map(|(a, b)| [a, b])
                .flatten()
                .copied()
                .collect(),
            _ => Vec::new(),
        };
        let input = both.len() / width;
        self.both_first.pack(Matrix::rows(&both, width), input, width);
        self.both_latent.pack(Matrix::rows(&both, width), latent, width);
        self.both_action.pack(Matrix::rows(&both[latent * width..], width), input - latent, width);
    }

    /// Returns the policy of this kind, or the first.
    pub fn policy(&self, kind: PolicyKind) -> &Network {
        let found = self.policies.iter().find(|(known, _)| *known == kind).or(self.policies.first());
        found.map_or(&self.encoder, |(_, network)| network)
    }
}

fn parts(layer: &Layer) -> Vec<Tensor<1>> {
    let norm = layer.norm.iter().flat_map(|(scale, shift)| [scale, shift]);
    [&layer.weight, &layer.bias].into_iter().chain(norm).map(|tensor| tensor.clone().flatten(0, 2)).collect()
}

/// Fills the members of one ensemble from the data read; returns the weights of the first layers, unpacked.
fn fill(networks: &mut [Network], mlp: &Mlp, data: &mut impl Iterator<Item = Vec<f32>>) -> Option<Vec<f32>> {
    let mut first = None;
    for network in &mut *networks {
        network.layers.resize_with(mlp.layers.len(), Dense::default);
    }
    for (i, layer) in mlp.layers.iter().enumerate() {
        let [members, input, output] = layer.weight.dims();
        let mut next = || data.next().unwrap_or_default();
        let (weights, biases) = (next(), next());
        let norms = layer.norm.is_some().then(|| (next(), next()));
        for (member, network) in networks.iter_mut().enumerate().take(members) {
            let dense = &mut network.layers[i];
            dense.weight.pack(Matrix::rows(&weights[member * input * output..], output), input, output);
            let part = |all: &[f32]| all[member * output..(member + 1) * output].to_vec();
            dense.bias = part(&biases);
            dense.norm = norms.as_ref().map(|(scale, shift)| (part(scale), part(shift)));
            dense.last = match layer.activation {
                Activation::None => Last::Identity,
                Activation::Mish => Last::Mish,
                Activation::SimNorm(group) => Last::SimNorm(group),
            };
        }
        first = first.or(Some(weights));
    }
    first
}
