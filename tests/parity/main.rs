//! What Bootstride computes is what the official implementation computes, given its weights and its random draws.
//!
//! Each claim is checked on the CPU and, where a Vulkan driver is installed (llvmpipe will do), on wgpu under the
//! limits that WebGPU promises everywhere.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
#![recursion_limit = "256"]

mod checkpoints;
mod devices;
mod forward;
mod learning;
mod ops;
mod planning;
mod reference;
