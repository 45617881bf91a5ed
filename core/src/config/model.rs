//! Sizes of the world model.

use serde::{Deserialize, Serialize};

/// Sizes of the world model (TD-MPC2, appendix; the "5M" row is the default).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    /// Width of the encoder's hidden layers.
    pub encoder_dim: usize,
    /// Layers of the encoder, including the last one.
    pub encoder_layers: usize,
    /// Width of the hidden layers of dynamics, reward, policy and value.
    pub mlp_dim: usize,
    /// Width of the latent state; a multiple of `simnorm_dim`.
    pub latent_dim: usize,
    /// Group size of `SimNorm`.
    pub simnorm_dim: usize,
    /// Bins of the discrete regression.
    pub bins: usize,
    /// Smallest bin, in symlog space.
    pub bin_min: f32,
    /// Largest bin, in symlog space.
    pub bin_max: f32,
    /// Dropout rate of the value heads' first layer, in updates only.
    pub dropout: f32,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            encoder_dim: 256,
            encoder_layers: 2,
            mlp_dim: 512,
            latent_dim: 512,
            simnorm_dim: 8,
            bins: 101,
            bin_min: -10.0,
            bin_max: 10.0,
            dropout: 0.01,
        }
    }
}
