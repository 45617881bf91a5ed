//! The run folder: a run's settings, its measurements, and the checkpoints it can be resumed from.
//!
//! ```text
//! RUN/
//!   config.toml      every setting, resolved          manifest.json   version, device, start, command line
//!   metrics.csv      updates, a column per metric    episodes.csv    training episodes
//!   eval.csv         planner against bare policy      metrics.jsonl   all of these and warnings, one event per line
//!   events.out.tfevents.*.bootstride                  the same metrics for TensorBoard
//!   checkpoints/step_000012000/                       parts with checksums
//!   run.lock                                          held by the process that trains
//! ```
//!
//! # Guarantees of a run folder
//!
//! 1. A command that fails leaves every file unchanged. [`RunFolder::prepare`] reads everything that a resumed run
//!    depends on, and only [`Prepared::take_up`] changes the folder, once a trainer has been built from it.
//! 2. Changes that belong together are made together or not at all: the new files are written next to the old ones,
//!    then renamed. A process that is killed at any moment leaves each file in its old or its new version, and the run
//!    resumes from there.
//! 3. A checkpoint is complete or absent. A folder counts as a checkpoint only if size and checksum of every part are
//!    those that were saved. A run keeps the newest `run.keep_checkpoints`, and removes an older one only when a newer
//!    one is on disk.
//! 4. Damaged checkpoints are kept: a resumed run renames such a checkpoint to `step_000012000.damaged`, which is
//!    neither read nor removed afterwards.
//! 5. A checkpoint that merely cannot be read, because of a missing permission or a failing disk, is not damaged: that
//!    is an error, and nothing changes. A folder that cannot be listed is not an empty one.
//! 6. A resumed run ends with the files of an uninterrupted one: rows after the checkpoint are removed when it is
//!    resumed. A run that has lost all its checkpoints is not started over.
//! 7. One process at a time writes to a run; any number may read at the same time.
//!
//! `tests/run/faults.rs` verifies these guarantees by making every file operation fail ([`vfs::fault`](crate::vfs)).
//!
//! Everything but the manifest and the `TensorBoard` file is a function of the run's events: the same seed gives the
//! same bytes, even if the run was stopped and resumed in between. In a browser the folder is in memory
//! ([`vfs`](crate::vfs)).
#![allow(clippy::disallowed_methods, reason = "files are opened through `vfs`, which in a browser is a tree in memory")]

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
mod settings;
mod tensorboard;

pub use checkpoints::{Checkpoints, Loaded};
pub use error::{Damaged, RunError};
pub use export::{ExportOptions, Exported};
pub use folder::{RunFolder, Trained};
pub use manifest::Manifest;
pub use resume::Prepared;
pub use settings::RunConfig;
