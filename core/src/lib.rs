//! The core of Bootstride, with no user interface: Rapier bodies and their tasks, the world model, guided MPPI, BMPC
//! and its family, training, and the run folder.
//!
//! Modules follow the data, each importing only from those before it: [`text`], `near` (similar names), [`shell`]
//! (quoting for printed commands), [`math`], [`vfs`] (files, or their in-memory replacement in a browser), `compute`
//! (kernels on flat slices for a CPU, and launching WGSL) -> [`config`] -> [`body`] -> [`task`] -> [`replay`] -> [`nn`]
//! -> [`model`] -> [`planner`] -> [`agent`] -> [`train`] -> [`run`], [`inspect`], [`import`]. Without the feature
//! `learning`, only bodies and tasks are built, with what they need.
//!
//! The core also runs in a browser: it never blocks on device memory (reads are `async`), starts a thread only if
//! reanalyze is configured to run in the background (native), and on wasm32 keeps files in memory.

#![recursion_limit = "256"]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests run natively"))]

#[cfg(feature = "learning")]
pub mod agent;
pub mod body;
#[cfg(feature = "learning")]
mod compute;
pub mod config;
#[cfg(feature = "learning")]
pub mod import;
#[cfg(feature = "learning")]
pub mod inspect;
pub mod math;
#[cfg(feature = "learning")]
pub mod model;
mod near;
#[cfg(feature = "learning")]
pub mod nn;
#[cfg(feature = "learning")]
pub mod planner;
#[cfg(feature = "learning")]
pub mod replay;
#[cfg(feature = "learning")]
pub mod run;
pub mod shell;
pub mod task;
pub mod text;
#[cfg(feature = "learning")]
pub mod train;
#[cfg(feature = "learning")]
pub mod vfs;

#[cfg(test)]
use bootstride_tests::property;
