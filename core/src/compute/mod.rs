//! Computation below the tensor level: slices on a CPU, and WGSL launches on a GPU.

pub(crate) mod cpu;
pub(crate) mod gpu;

use thiserror::Error;

/// Device memory could not be read.
#[derive(Debug, Error)]
#[error("the device failed while results were being read: {0}")]
pub struct ReadError(pub(crate) String);
