//! Adam (Kingma and Ba, 2015) and clipping of the global gradient norm.

use std::collections::BTreeMap;

use burn::tensor::Tensor;

use super::fused::{self, AdamStep, Moving};
use super::{Ops, Parameter};

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;

/// Adam's moments for a set of parameters, by name.
#[derive(Clone, Debug)]
pub struct Adam {
    epsilon: f64,
    /// Steps taken.
    pub steps: u32,
    /// First and second moment per parameter, shaped like it.
    pub moments: BTreeMap<String, (Tensor<3>, Tensor<3>)>,
    /// How it computes.
    pub ops: Ops,
}

/// The values that all updates of one step share, `[3]`: the clipping factor, 1 / (1 - beta1^t) and sqrt(1 - beta2^t).
#[derive(Clone, Debug)]
pub struct Schedule(Tensor<1>);

/// A copy of a parameter that follows it by Polyak averaging.
#[derive(Debug)]
pub struct Follower<'a> {
    /// The copy, outside autodiff.
    pub target: &'a mut Tensor<3>,
    /// Rate at which it moves to the parameter.
    pub rate: f32,
}

impl Adam {
    /// Returns an optimiser with no steps taken; `epsilon` keeps the quotient finite.
    #[must_use]
    pub fn new(epsilon: f64, ops: Ops) -> Self {
        Self { epsilon, steps: 0, moments: BTreeMap::new(), ops }
    }

    /// Counts one step whose gradients are multiplied by `factor`, `[1]`, and returns the schedule for the updates of
    /// its parameters.
    #[must_use]
    pub fn begin_step(&mut self, factor: Tensor<1>) -> Schedule {
        // A stored count may be any number; when it saturates, its corrections are 1 anyway.
        self.steps = self.steps.saturating_add(1);
        let steps = f64::from(self.steps);
        #[allow(clippy::cast_possible_truncation, reason = "the arithmetic is in f32")]
        let corrections = [1.0 / (1.0 - BETA1.powf(steps)), (1.0 - BETA2.powf(steps)).sqrt()].map(|x| x as f32);
        let corrections = Tensor::from_floats(corrections, &factor.device());
        Schedule(Tensor::cat(vec![factor, corrections], 0))
    }

    /// Returns the parameter after this step; a follower moves after it. All tensors are outside autodiff.
    pub fn update(
        &mut self,
        name: &str,
        parameter: Tensor<3>,
        gradient: Tensor<3>,
        schedule: &Schedule,
        learning_rate: f64,
        follower: Option<Follower<'_>>,
    ) -> Tensor<3> {
        let (first, second) =
            self.moments.remove(name).unwrap_or_else(|| (gradient.zeros_like(), gradient.zeros_like()));
        let (parameter, moments) = match self.ops {
            Ops::Plain => {
                let part = |i: usize| schedule.0.clone().narrow(0, i, 1).reshape([1, 1, 1]);
                let gradient = gradient * part(0);
                let first = first * BETA1 + gradient.clone() * (1.0 - BETA1);
                let second = second * BETA2 + gradient.square() * (1.0 - BETA2);
                let denominator = second.clone().sqrt() / part(2) + self.epsilon;
                let parameter = parameter - first.clone() / denominator * part(1) * learning_rate;
                if let Some(Follower { target, rate }) = follower {
                    *target = target.clone() + (parameter.clone() - target.clone()) * rate;
                }
                (parameter, (first, second))
            }
            Ops::Fused => {
                #[allow(clippy::cast_possible_truncation, reason = "the arithmetic is in f32")]
                let step = AdamStep {
                    rate: learning_rate as f32,
                    epsilon: self.epsilon as f32,
                    betas: [BETA1 as f32, BETA2 as f32],
                    shares: [(1.0 - BETA1) as f32, (1.0 - BETA2) as f32],
                    target_rate: follower.as_ref().map_or(0.0, |follower| follower.rate),
                };
                let target = follower.map(|follower| follower.target);
                let held = target.as_ref().map(|target| (*target).clone());
                let moved =
                    fused::adam(Moving { parameter, first, second, target: held }, gradient, schedule.0.clone(), step);
                if let (Some(target), Some(moved)) = (target, moved.target) {
                    *target = moved;
                }
                (moved.parameter, (moved.first, moved.second))
            }
        };
        self.moments.insert(name.to_owned(), moments);
        parameter
    }
}

/// Clipping of the global gradient norm.
#[derive(Clone, Debug)]
pub struct Clip {
    /// The norm over all gradients, `[1]`.
    pub norm: Tensor<1>,
    /// The factor for every gradient, at most 1, `[1]`.
    pub factor: Tensor<1>,
}

/// Returns the clipping of `gradients` to a global norm of at most `max_norm`; `None` without gradients.
///
/// Nothing is read back: the factor stays on the device.
#[must_use]
pub fn clip_global_norm(gradients: &[Parameter], max_norm: f32, ops: Ops) -> Option<Clip> {
    let square = |tensor: &Tensor<3>| match ops {
        Ops::Plain => tensor.clone().square().sum(),
        Ops::Fused => fused::squared_sum(tensor.clone()),
    };
    let squares = gradients.iter().map(|gradient| square(&gradient.tensor)).reduce(|a, b| a + b)?;
    let norm = squares.sqrt();
    let factor = ((norm.clone() + 1e-6).recip() * max_norm).clamp_max(1.0);
    Some(Clip { norm, factor })
}
