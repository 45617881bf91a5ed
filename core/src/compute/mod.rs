//! Arithmetic below the tensors: slices on a CPU, and launches of WGSL on a GPU.

pub(crate) mod cpu;
pub(crate) mod gpu;
