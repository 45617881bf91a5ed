//! Sizes of the world model, and which heads it has.

use std::ops::Bound::{Excluded, Included, Unbounded};

use serde::{Deserialize, Serialize};

use crate::settings::{Limit, Rule, table};

/// Limits of a network width, so that a mistyped one is reported before it is allocated.
const WIDTH: Limit = Limit::Whole(1, 65_536);
const GROUPS: Limit = Limit::Whole(2, 65_536);
/// The bins may lie on either side of zero.
const FINITE: Limit = Limit::Real(Unbounded, Unbounded);

table! {
    /// Sizes of the world model (TD-MPC2, appendix; the "5M" row is the default).
    pub struct ModelConfig in "model" {
        /// Width of the encoder's hidden layers.
        pub encoder_dim: usize = 256, limit WIDTH;
        /// Layers of the encoder, including the last one.
        pub encoder_layers: usize = 2, limit Limit::Whole(1, 16);
        /// Width of the hidden layers of dynamics, reward, policy and value.
        pub mlp_dim: usize = 512, limit WIDTH;
        /// Width of the latent state; a multiple of `simnorm_dim`.
        pub latent_dim: usize = 512, limit WIDTH;
        /// Group size of `SimNorm`.
        pub simnorm_dim: usize = 8, limit GROUPS;
        /// Bins of the discrete regression.
        pub bins: usize = 101, limit GROUPS;
        /// Smallest bin, in symlog space.
        pub bin_min: f32 = -10.0, limit FINITE;
        /// Largest bin, in symlog space.
        pub bin_max: f32 = 10.0, limit FINITE;
        /// Dropout rate of the value heads' first layer, in updates only.
        pub dropout: f32 = 0.01, limit Limit::Real(Included(0.0), Excluded(1.0));
    }
}

impl ModelConfig {
    /// The rules between these settings.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        let (group, top) = (self.simnorm_dim, self.bin_max);
        vec![
            Rule::new(
                "model.latent_dim",
                self.latent_dim.is_multiple_of(group),
                format!("a multiple of model.simnorm_dim = {group}"),
            ),
            Rule::new("model.bin_min", self.bin_min < top, format!("below model.bin_max = {top}")),
        ]
    }
}

/// A network policy, named by how it is learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyKind {
    /// Maximises the value of its actions (TD-MPC2, Eq. 6): squashed Gaussian.
    MaxQ,
    /// Imitates the planner's action distribution (BMPC, Eq. 8): Gaussian with squashed mean.
    Imitation,
}

/// Which policies are learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyLearning {
    /// One policy that maximises Q.
    MaxQ,
    /// One policy that imitates the planner.
    Imitation,
    /// Both policies, learned alongside each other.
    Both,
}

impl PolicyLearning {
    /// Returns whether a policy of this kind is learned.
    #[must_use]
    pub fn learns(self, kind: PolicyKind) -> bool {
        match self {
            Self::Both => true,
            Self::MaxQ => kind == PolicyKind::MaxQ,
            Self::Imitation => kind == PolicyKind::Imitation,
        }
    }
}

/// Which value is learned, and from what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueLearning {
    /// Q(z, a) from replayed transitions (TD-MPC2, Eq. 4).
    QOffPolicy,
    /// V(z) from the policy's own actions, unrolled through the world model (BMPC, Eq. 9).
    VOnPolicy,
}
