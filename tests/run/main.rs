//! The files of a run, and resuming it after anything that may happen.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking")]

mod checkpoints;
#[cfg(debug_assertions)]
mod faults;
mod figures;
mod folder;
mod small_run;
