//! The Bootstride program: the command line, the lab, and what the front ends share (such as device selection).
//!
//! Learning, planning and simulation live in `bootstride_core`; this crate drives them and shows the results. The lab
//! and the modules that it depends on are also built for the browser, where the page's own package starts them.
#![recursion_limit = "256"]
#![allow(
    clippy::disallowed_methods,
    reason = "the bans keep core fit for a browser; this is a native program with threads, files and a clock"
)]

#[cfg(not(target_family = "wasm"))]
pub mod cli;
pub mod clock;
#[cfg(not(target_family = "wasm"))]
pub mod commands;
pub mod device;
pub mod failure;
#[cfg(not(target_family = "wasm"))]
pub mod hardware;
#[cfg(not(target_family = "wasm"))]
pub mod interrupt;
pub mod lab;
#[cfg(not(target_family = "wasm"))]
pub mod progress;
pub mod recorded;
pub mod render;
pub mod session;
#[cfg(not(target_family = "wasm"))]
pub mod training;
