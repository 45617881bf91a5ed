//! The run folder: what a run was asked for, what it measured, and the checkpoints it can be taken up from.
//!
//! ```text
//! RUN/
//!   config.toml      every setting, resolved          manifest.json   version, device, start, command line
//!   metrics.csv      updates, a column per figure     episodes.csv    training episodes
//!   eval.csv         planner against bare policy      metrics.jsonl   all of these and warnings, an event a line
//!   events.out.tfevents.*.bootstride                  the same figures for TensorBoard
//!   checkpoints/step_000012000/                       parts with checksums
//!   run.lock                                          held by the process that trains
//! ```
//!
//! All but the manifest and the `TensorBoard` file is a function of the run's events: the same seed gives the same bytes,
//! also when the run was stopped and resumed in between. Files are of native builds only; [`Parts`](crate::train::Parts) work everywhere.

#![allow(
    clippy::disallowed_methods,
    reason = "the one room with files and a clock; every file of it that has them is compiled for native targets alone"
)]

#[cfg(not(target_family = "wasm"))]
mod checkpoints;
#[cfg(not(target_family = "wasm"))]
mod error;
#[cfg(not(target_family = "wasm"))]
mod files;
#[cfg(not(target_family = "wasm"))]
mod folder;
#[cfg(not(target_family = "wasm"))]
mod manifest;
#[cfg(not(target_family = "wasm"))]
mod past;
#[cfg(not(target_family = "wasm"))]
mod records;
#[cfg(not(target_family = "wasm"))]
mod tensorboard;

#[cfg(not(target_family = "wasm"))]
pub use checkpoints::{Checkpoints, Loaded};
#[cfg(not(target_family = "wasm"))]
pub use error::{Damaged, RunError};
#[cfg(not(target_family = "wasm"))]
pub use folder::{Resumed, RunFolder, Trained};
#[cfg(not(target_family = "wasm"))]
pub use manifest::Manifest;
