//! Launching WGSL kernels, natively and in a browser.
//!
//! The sources are those of the package `bootstride-shaders`; names in double braces are replaced, so that sizes are
//! constants of the kernel. A launch is queued without waiting. Training launches a [`Kernel`] on Burn's tensors; a plan
//! goes through a [`Queue`], with buffers of its own and its parameters in a uniform ([`uniform`]).

mod kernel;
mod queue;
mod tensors;
pub mod uniform;
#[cfg(test)]
pub mod wgsl;

pub use kernel::{Kernel, MAX_GROUPS, grid, threads_for};
pub use queue::{DeviceLimit, Queue, read};
pub use tensors::{dense, empty, own};
