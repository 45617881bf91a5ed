//! Bootstride's program: the command line, and what it shares with other faces (the choice of a device).
//!
//! Everything that learns, plans or simulates is in `bootstride_core`; here it is asked for and shown.
#![recursion_limit = "256"]
#![allow(
    clippy::disallowed_methods,
    reason = "the bans keep core fit for a browser; this is a native program with threads, files and a clock"
)]

pub mod cli;
pub mod commands;
pub mod device;
pub mod failure;
pub mod interrupt;
pub mod lab;
pub mod machine;
pub mod progress;
pub mod recorded;
pub mod session;
