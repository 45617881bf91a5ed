//! A training session.

use std::path::Path;

use bootstride_core::config::Config;

use crate::device::Selection;
use crate::failure::Failure;

/// Starts a run.
///
/// # Errors
/// Always, for now.
pub fn start(_config: Config, _device: &Selection, _out: &Path) -> Result<(), Failure> {
    Err(anyhow::anyhow!("not there yet").into())
}

/// Resumes a run.
///
/// # Errors
/// Always, for now.
pub fn resume(_folder: &Path, _steps: Option<usize>, _device: Option<&str>) -> Result<(), Failure> {
    Err(anyhow::anyhow!("not there yet").into())
}
