//! Discrete regression in symlog space (Hafner et al., 2023; TD-MPC2, section 3.2).

use burn::tensor::{
    Device, Tensor,
    activation::{log_softmax, softmax},
};

use super::{Ops, fused};

/// Rewards and values as distributions over bins that are evenly spaced in symlog space.
#[derive(Clone, Debug)]
pub struct DiscreteRegression {
    min: f32,
    max: f32,
    count: usize,
    /// `[1, bins]`, on the inner device.
    bins: Tensor<2>,
    ops: Ops,
}

/// sign(x) ln(1 + |x|), for any shape.
#[must_use]
pub fn symlog<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.clone().sign() * x.abs().log1p()
}

/// sign(x) (exp(|x|) - 1), the inverse of [`symlog`].
#[must_use]
pub fn symexp<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.clone().sign() * (x.abs().exp() - 1.0)
}

impl DiscreteRegression {
    /// Returns `count` bins from `min` to `max`, in symlog space, on `device`.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "bins are few")]
    pub fn new(min: f32, max: f32, count: usize, device: &Device) -> Self {
        let step = (max - min) / (count - 1) as f32;
        let bins: Vec<f32> = (0..count).map(|i| min + step * i as f32).collect();
        let bins = Tensor::<1>::from_floats(bins.as_slice(), &device.clone().without_autodiff()).unsqueeze_dim(0);
        Self { min, max, count, bins, ops: Ops::Plain }
    }

    /// Selects how losses are computed.
    pub fn set_ops(&mut self, ops: Ops) {
        self.ops = ops;
    }

    /// Returns the number of bins.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.count
    }

    /// Returns the positions of the bins in symlog space, `[1, bins]`.
    #[must_use]
    pub fn positions(&self) -> Tensor<2> {
        self.bins.clone()
    }

    fn bins_like(&self, like: &Tensor<2>) -> Tensor<2> {
        if like.is_autodiff() { self.bins.clone().autodiff() } else { self.bins.clone() }
    }

    /// Splits the weight of each number linearly between its two neighbouring bins: `[rows, 1]` to `[rows, bins]`.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "bins are few")]
    pub fn two_hot(&self, x: Tensor<2>) -> Tensor<2> {
        let step = (self.max - self.min) / (self.count - 1) as f32;
        let bins = self.bins_like(&x);
        // A triangle around the number that reaches one bin to either side, sampled at the bins.
        let distance = (symlog(x).clamp(self.min, self.max) - bins).abs() / step;
        (distance.neg() + 1.0).clamp_min(0.0)
    }

    /// Returns the number that a distribution encodes: `[rows, bins]` logits to `[rows, 1]`.
    #[must_use]
    pub fn decode(&self, logits: Tensor<2>) -> Tensor<2> {
        let bins = self.bins_like(&logits);
        symexp((softmax(logits, 1) * bins).sum_dim(1))
    }

    /// Same as [`decode`](Self::decode) for an ensemble: `[members, rows, bins]` to `[members, rows]`.
    #[must_use]
    pub fn decode_members(&self, logits: Tensor<3>) -> Tensor<2> {
        let [members, rows, bins] = logits.dims();
        self.decode(logits.reshape([members * rows, bins])).reshape([members, rows])
    }

    /// Cross-entropy of an ensemble's logits `[members, rows, bins]` against the two-hot form of targets `[rows, 1]`,
    /// which are outside autodiff and the same for all members; returns `[members * rows, 1]`.
    #[must_use]
    pub fn loss(&self, logits: Tensor<3>, targets: Tensor<2>) -> Tensor<2> {
        let [members, rows, bins] = logits.dims();
        match self.ops {
            Ops::Plain => {
                let targets = self.two_hot(targets).autodiff().repeat_dim(0, members);
                self.cross_entropy(logits.reshape([members * rows, bins]), targets)
            }
            Ops::Fused => {
                let bins = fused::Bins { min: self.min, max: self.max, count: self.count };
                fused::two_hot_cross_entropy(logits, targets, bins).reshape([members * rows, 1])
            }
        }
    }

    /// Cross-entropy of logits against two-hot targets, both `[rows, bins]`; returns `[rows, 1]`.
    #[must_use]
    pub fn cross_entropy(&self, logits: Tensor<2>, targets: Tensor<2>) -> Tensor<2> {
        (log_softmax(logits, 1) * targets).sum_dim(1).neg()
    }
}
