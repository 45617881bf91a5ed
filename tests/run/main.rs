//! What a run leaves on disk, and that it can be taken up again whatever happened.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking")]

mod checkpoints;
#[cfg(debug_assertions)]
mod faults;
mod figures;
mod folder;
mod small_run;
