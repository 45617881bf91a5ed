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
//! also when the run was stopped and resumed in between. In a browser the folder is in memory ([`disk`](crate::disk)).
#![allow(
    clippy::disallowed_methods,
    reason = "files are opened through `disk`, which in a browser is a tree in memory"
)]

mod checkpoints;
mod error;
mod export;
mod files;
mod folder;
mod manifest;
mod past;
mod records;
mod tensorboard;

pub use checkpoints::{Checkpoints, Loaded};
pub use error::{Damaged, RunError};
pub use export::{ExportOptions, Exported};
pub use folder::{Resumed, RunFolder, Trained};
pub use manifest::Manifest;
