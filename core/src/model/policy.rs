//! The two Gaussian policies: TD-MPC2's squashed one and BMPC's with a squashed mean (BMPC, appendix B).

use burn::tensor::Tensor;

use super::PolicyKind;
use crate::nn::Mlp;

/// ln sqrt(2 pi).
const LOG_SQRT_TAU: f64 = 0.918_938_533_204_672_8;

/// Bounds of a policy's log standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogStdRange {
    /// Lower bound.
    pub min: f32,
    /// Upper bound.
    pub max: f32,
}

/// A network policy p(a | z).
#[derive(Clone, Debug)]
pub struct Policy {
    /// How it is learned, which determines the form of its distribution.
    pub kind: PolicyKind,
    /// Latent state to mean and raw log standard deviation, 2A outputs.
    pub network: Mlp,
}

/// The distribution at some states, and one action drawn from each. All `[rows, action]` unless noted.
#[derive(Clone, Debug)]
pub struct PolicySample {
    /// Mean action, in [-1, 1].
    pub mean: Tensor<2>,
    /// Log standard deviation before any squashing of the action.
    pub log_std: Tensor<2>,
    /// The drawn action, in [-1, 1].
    pub action: Tensor<2>,
    /// Minus the log-probability of the action, `[rows, 1]`.
    pub entropy: Tensor<2>,
    /// The entropy estimate of the loss, which the released code multiplies by the number of actions, `[rows, 1]`.
    pub scaled_entropy: Tensor<2>,
}

impl Policy {
    /// Returns a policy of this kind.
    #[must_use]
    pub fn new(kind: PolicyKind, network: Mlp) -> Self {
        Self { kind, network }
    }

    /// Returns its name among the parameters.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.kind {
            PolicyKind::MaxQ => "policy_max_q",
            PolicyKind::Imitation => "policy_imitation",
        }
    }

    /// Returns the bounds of its log standard deviation for acting, learning and guiding.
    #[must_use]
    pub fn range(&self) -> LogStdRange {
        match self.kind {
            PolicyKind::MaxQ => LogStdRange { min: -10.0, max: 2.0 },
            PolicyKind::Imitation => LogStdRange { min: -3.0, max: 1.0 },
        }
    }

    /// Returns the bounds for guiding reanalyze, where an imitation policy explores more (BMPC, appendix B).
    #[must_use]
    pub fn reanalyze_range(&self) -> LogStdRange {
        match self.kind {
            PolicyKind::MaxQ => self.range(),
            PolicyKind::Imitation => LogStdRange { min: -2.0, max: 1.0 },
        }
    }

    /// Returns the mean before squashing, and the log standard deviation inside `range`, each `[rows, action]`.
    fn gaussian(&self, latent: Tensor<2>, range: LogStdRange) -> (Tensor<2>, Tensor<2>) {
        let output = self.network.forward_single(latent);
        let action_dim = output.dims()[1] / 2;
        let raw_mean = output.clone().narrow(1, 0, action_dim);
        let raw_log_std = output.narrow(1, action_dim, action_dim);
        let log_std = (raw_log_std.tanh() + 1.0) * (0.5 * (range.max - range.min)) + range.min;
        (raw_mean, log_std)
    }

    /// Returns the mean action at `[rows, latent]` states, which the bare policy uses in evaluation.
    #[must_use]
    pub fn mean(&self, latent: Tensor<2>) -> Tensor<2> {
        self.gaussian(latent, self.range()).0.tanh()
    }

    /// Draws an action at each state from standard normal `noise`, `[rows, action]`.
    #[must_use]
    pub fn action(&self, latent: Tensor<2>, noise: Tensor<2>, range: LogStdRange) -> Tensor<2> {
        let (raw_mean, log_std) = self.gaussian(latent, range);
        match self.kind {
            PolicyKind::MaxQ => (raw_mean + log_std.exp() * noise).tanh(),
            PolicyKind::Imitation => (raw_mean.tanh() + log_std.exp() * noise).clamp(-1.0, 1.0),
        }
    }

    /// Same as [`action`](Self::action), but with everything that the losses need, at the usual range.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "actions are few")]
    pub fn sample(&self, latent: Tensor<2>, noise: Tensor<2>) -> PolicySample {
        let (raw_mean, log_std) = self.gaussian(latent, self.range());
        let actions = noise.dims()[1] as f64;
        let gaussian = (noise.clone().square() * -0.5 - log_std.clone() - LOG_SQRT_TAU).sum_dim(1);
        match self.kind {
            PolicyKind::MaxQ => {
                let action = (raw_mean.clone() + log_std.clone().exp() * noise).tanh();
                let squash = (action.clone().square().neg() + 1.0).clamp_min(0.0) + 1e-6;
                let log_prob = gaussian.clone() - squash.log().sum_dim(1);
                // The released code's ratio: approximately A times the entropy of the Gaussian before squashing.
                let ratio = gaussian * actions / (log_prob.clone() + 1e-8);
                PolicySample {
                    mean: raw_mean.tanh(),
                    log_std,
                    action,
                    entropy: log_prob.clone().neg(),
                    scaled_entropy: log_prob.neg() * ratio,
                }
            }
            PolicyKind::Imitation => {
                let mean = raw_mean.tanh();
                let action = (mean.clone() + log_std.clone().exp() * noise).clamp(-1.0, 1.0);
                let entropy = gaussian.neg();
                PolicySample { mean, log_std, action, scaled_entropy: entropy.clone() * actions, entropy }
            }
        }
    }
}
