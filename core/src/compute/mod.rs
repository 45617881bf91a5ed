//! Computation below the tensor level: slices on a CPU, and WGSL launches on a GPU.

pub(crate) mod cpu;
pub(crate) mod gpu;
