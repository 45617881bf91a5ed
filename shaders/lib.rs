//! The WGSL of Bootstride: sources of the kernels that plan and train, of the shaders that draw, and the constants that
//! kernels share with Rust.
//!
//! [`planner`] and [`training`] list kernels, each with the shared files prepended to it; [`scene`] has the sources of
//! the render pipelines. Names in double braces stand for numbers that are inserted at launch: those of [`constants`],
//! and sizes that only the launcher has. An index of the files, with bindings and Rust counterparts, is in the README.

#![no_std]

extern crate alloc;

pub mod planner;
pub mod scene;
pub mod training;

use alloc::format;
use alloc::string::String;

/// The source of a compute kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wgsl {
    /// The kernel's unique name.
    pub name: &'static str,
    /// The texts that form it, in order: shared files, then the kernel's own.
    pub parts: &'static [&'static str],
}

/// Defines constants, and [`constants`] which lists them.
macro_rules! shared {
    ($($(#[$doc:meta])* $key:literal $name:ident: $kind:ty = $value:expr;)*) => {
        $($(#[$doc])* pub const $name: $kind = $value;)*

        /// Returns the constants that kernels share with Rust: the name that stands for each in a source, and its value
        /// as text. Floats keep all their digits.
        pub fn constants() -> impl Iterator<Item = (&'static str, String)> {
            [$(($key, format!("{:?}", $name))),*].into_iter()
        }
    };
}

shared! {
    /// Epsilon of LayerNorm, PyTorch's default.
    "layer_norm_epsilon" LAYER_NORM_EPSILON: f64 = 1e-5;
    /// Above this number Mish is the identity in f32; the bound keeps exp from overflowing.
    "mish_bound" MISH_BOUND: f32 = 20.0;
    /// Bound of arguments of tanh, which is 1 there: drivers may fail on larger ones. Kernels only.
    "tanh_bound" TANH_BOUND: f32 = 15.0;
    /// Predicted returns are clamped to this magnitude, so that a diverging model cannot make the weights undefined.
    "score_bound" SCORE_BOUND: f32 = 1e30;
    /// Most layers in a plan's parameters, all networks together.
    "max_layers" MAX_LAYERS: usize = 32;
    /// Most value members in a plan's parameters; a multiple of 4.
    "max_members" MAX_MEMBERS: usize = 64;
    /// Code of Mish in a plan's parameters. No activation is 0.
    "mish" MISH: u32 = 1;
    /// Code of SimNorm in a plan's parameters.
    "sim_norm" SIM_NORM: u32 = 2;
    /// Number of the encoder among the networks of a plan's parameters.
    "encoder" ENCODER: usize = 0;
    /// Number of the dynamics.
    "dynamics" DYNAMICS: usize = 1;
    /// Number of the reward.
    "reward" REWARD: usize = 2;
    /// Number of the value.
    "value" VALUE: usize = 3;
    /// Number of the termination head, which has no layers in a model without it; those of the policies follow.
    "termination" TERMINATION: usize = 4;
    /// Use of a random number: the policies' sequences.
    "policy_noise" POLICY_NOISE: u32 = 0;
    /// Use of a random number: sampled sequences.
    "sample_noise" SAMPLE_NOISE: u32 = 1;
    /// Use of a random number: the action that ends a sequence.
    "terminal_noise" TERMINAL_NOISE: u32 = 2;
    /// Tensors that one launch packs.
    "pack_tensors" PACK_TENSORS: usize = 5;
    /// Groups of four columns that one workgroup packs.
    "pack_groups" PACK_GROUPS: usize = 4;
}
