//! Bootstride's program: the command line, and what it shares with other faces (the choice of a device).
//!
//! Everything that learns, plans or simulates is in `bootstride_core`; here it is asked for and shown. The lab and what it
//! stands on are built for a browser too, where the page's own package starts them.
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
