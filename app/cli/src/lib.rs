//! The command line of Bootstride.
//!
//! It drives the library `bootstride_core`, records runs with `bootstride_session` and opens the lab of
//! `bootstride_lab`; this package adds only what a terminal needs.
//!
//! Modules, each importing only from those before it: [`progress`] -> [`cost`] (operations of planning and learning) ->
//! [`training`] (a run with its progress) -> [`commands`] -> [`cli`].
#![recursion_limit = "256"]
#![allow(
    clippy::disallowed_methods,
    reason = "the bans keep core fit for a browser; this is a native program with threads, files and a clock"
)]

pub mod cli;
pub mod commands;
pub mod cost;
pub mod progress;
pub mod training;
