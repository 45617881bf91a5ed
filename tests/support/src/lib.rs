//! Helpers that several test suites share: property tests, skipped tests, the smallest configuration, devices, and
//! checkpoints as PyTorch writes them.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::missing_errors_doc,
    clippy::disallowed_methods,
    missing_docs,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "a test that cannot go on should stop; it runs natively"
)]

pub mod custom;
pub mod property;
pub mod skip;
pub mod smallest;
pub mod torch;
pub mod wasm;
pub mod webgpu;

use std::path::{Path, PathBuf};

/// Returns a path in the repository, such as `assets/bodies`.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
