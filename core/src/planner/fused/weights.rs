//! The networks as flat arrays on the host, read once per set of weights.

use burn::tensor::Tensor;

use super::kernel::{Epilogue, Last, Rows, product};
use crate::config::PolicyKind;
use crate::model::WorldModel;
use crate::nn::{Activation, Layer, Mlp, ReadError, read};

/// One layer of one ensemble member.
#[derive(Clone, Debug, Default)]
pub struct Dense {
    pub input: usize,
    pub output: usize,
    /// `[input, output]`.
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub norm: Option<(Vec<f32>, Vec<f32>)>,
    pub last: Last,
}

impl Dense {
    fn epilogue(&self) -> Epilogue<'_> {
        Epilogue {
            bias: &self.bias,
            norm: self.norm.as_ref().map(|(scale, shift)| (&scale[..], &shift[..])),
            last: self.last,
        }
    }

    /// Everything after the product, on columns from `start` of rows of `stride`.
    pub fn finish(&self, rows: &mut [f32], stride: usize, start: usize) {
        self.epilogue().apply(rows, stride, start);
    }

    /// The whole layer on `rows` rows of `x`, into `out`.
    pub fn forward(&self, out: &mut [f32], x: Rows<'_>, rows: usize) {
        product(out, x, &self.weight, [rows, self.input, self.output], false);
        self.finish(&mut out[..rows * self.output], self.output, 0);
    }
}

/// One network.
#[derive(Clone, Debug, Default)]
pub struct Network {
    pub layers: Vec<Dense>,
}

impl Network {
    /// The layers from number `first` on `rows` rows of `x`; gives the rows of the last one, inside `scratch`.
    pub fn forward<'s>(&self, first: usize, x: Rows<'_>, rows: usize, scratch: &'s mut [Vec<f32>; 2]) -> &'s mut [f32] {
        let [current, next] = scratch;
        let mut size = 0;
        for (i, layer) in self.layers[first..].iter().enumerate() {
            size = rows * layer.output;
            next.resize(next.len().max(size), 0.0);
            let input = if i == 0 { x } else { Rows { data: current, stride: layer.input } };
            layer.forward(next, input, rows);
            std::mem::swap(current, next);
        }
        &mut current[..size]
    }
}

/// All networks that planning needs.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    pub encoder: Network,
    pub dynamics: Network,
    pub reward: Network,
    /// First layers of dynamics and reward side by side, `[latent + action, 2 mlp_dim]`: they read the same input.
    pub both_first: Vec<f32>,
    /// One per member.
    pub value: Vec<Network>,
    pub policies: Vec<(PolicyKind, Network)>,
    /// Positions of the bins, in symlog space.
    pub bins: Vec<f32>,
}

impl Weights {
    /// Reads the weights of `model`, in one transfer.
    pub async fn read(model: &WorldModel) -> Result<Self, ReadError> {
        let singles = [&model.encoder, &model.dynamics, &model.reward, &model.value];
        let networks: Vec<&Mlp> =
            singles.into_iter().chain(model.policies.iter().map(|policy| &policy.network)).collect();
        let mut tensors: Vec<Tensor<1>> = networks.iter().flat_map(|mlp| &mlp.layers).flat_map(parts).collect();
        tensors.push(model.regression.positions().flatten(0, 1));
        let mut data = read(tensors).await?.into_iter();
        let mut unpacked = networks.into_iter().map(|mlp| members(mlp, &mut data));
        let mut next = || unpacked.next().unwrap_or_default();
        let mut single = || next().pop().unwrap_or_default();
        let (encoder, dynamics, reward) = (single(), single(), single());
        let value = next();
        let policies = model.policies.iter().map(|policy| (policy.kind, next().pop().unwrap_or_default())).collect();
        drop(unpacked);
        let bins = data.next().unwrap_or_default();
        let both_first = side_by_side(&dynamics.layers[0], &reward.layers[0]);
        Ok(Self { encoder, dynamics, reward, both_first, value, policies, bins })
    }

    /// The policy of this kind, or the first.
    pub fn policy(&self, kind: PolicyKind) -> &Network {
        let found = self.policies.iter().find(|(known, _)| *known == kind).or(self.policies.first());
        found.map_or(&self.encoder, |(_, network)| network)
    }
}

fn parts(layer: &Layer) -> Vec<Tensor<1>> {
    let norm = layer.norm.iter().flat_map(|(scale, shift)| [scale, shift]);
    [&layer.weight, &layer.bias].into_iter().chain(norm).map(|tensor| tensor.clone().flatten(0, 2)).collect()
}

/// Takes the members of one ensemble from what was read.
fn members(mlp: &Mlp, data: &mut impl Iterator<Item = Vec<f32>>) -> Vec<Network> {
    let mut networks = vec![Network::default(); mlp.members()];
    for layer in &mlp.layers {
        let [members, input, output] = layer.weight.dims();
        let mut split = || {
            let all = data.next().unwrap_or_default();
            let size = all.len() / members;
            all.chunks_exact(size.max(1)).map(<[f32]>::to_vec).collect::<Vec<_>>().into_iter()
        };
        let (mut weights, mut biases) = (split(), split());
        let mut norms = layer.norm.is_some().then(|| (split(), split()));
        let last = match layer.activation {
            Activation::None => Last::Identity,
            Activation::Mish => Last::Mish,
            Activation::SimNorm(group) => Last::SimNorm(group),
        };
        for network in &mut networks {
            network.layers.push(Dense {
                input,
                output,
                weight: weights.next().unwrap_or_default(),
                bias: biases.next().unwrap_or_default(),
                norm: norms.as_mut().and_then(|(scale, shift)| scale.next().zip(shift.next())),
                last,
            });
        }
    }
    networks
}

fn side_by_side(a: &Dense, b: &Dense) -> Vec<f32> {
    let rows = a.weight.chunks_exact(a.output).zip(b.weight.chunks_exact(b.output));
    rows.flat_map(|(a, b)| a.iter().chain(b).copied()).collect()
}
