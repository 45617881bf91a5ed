//! Stand-in.

use crate::failure::Failure;

/// Stand-in.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// Always, for now.
pub fn run(_args: &Args) -> Result<(), Failure> {
    Err(anyhow::anyhow!("not there yet").into())
}
