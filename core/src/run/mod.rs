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
//! # What a run folder promises
//!
//! 1. A command that fails leaves every file as it was. [`RunFolder::prepare`] reads all that a resumed run stands on, and the
//!    folder changes in [`Prepared::take_up`] only, once a trainer has been built from it.
//! 2. Changes that belong together are made together or not at all: the new files are written beside the old ones, then names
//!    change. A process that is killed at any moment leaves each file old or new, and the run resumes from there.
//! 3. A checkpoint is whole or not there. It is taken for one only if size and checksum of every part are those that were saved.
//!    A run keeps the newest `run.keep_checkpoints`, and removes an older one only when a newer one is on the disk.
//! 4. What is damaged is kept: a resumed run renames such a checkpoint to `step_000012000.damaged`, which nothing reads and
//!    nothing removes.
//! 5. What merely cannot be read, for want of a permission or because the disk fails, is not damaged: that is an error, and
//!    nothing changes. A folder that cannot be listed is not an empty one.
//! 6. A resumed run ends with the files of an uninterrupted one: rows after the checkpoint are removed when it is taken up. A
//!    run that has lost all its checkpoints is not started over.
//! 7. One process at a time writes to a run; any number may read meanwhile.
//!
//! `tests/run/faults.rs` holds the folder to this by making every operation on files fail ([`vfs::fault`](crate::vfs)).
//!
//! All but the manifest and the `TensorBoard` file is a function of the run's events: the same seed gives the same bytes,
//! also when the run was stopped and resumed in between. In a browser the folder is in memory ([`vfs`](crate::vfs)).
#![allow(
    clippy::disallowed_methods,
    reason = "files are opened through `disk`, which in a browser is a tree in memory"
)]

mod changes;
mod checkpoints;
mod error;
mod export;
mod files;
mod folder;
mod manifest;
mod past;
mod records;
mod resume;
mod tensorboard;

pub use checkpoints::{Checkpoints, Loaded};
pub use error::{Damaged, RunError};
pub use export::{ExportOptions, Exported};
pub use folder::{RunFolder, Trained};
pub use manifest::Manifest;
pub use resume::Prepared;
