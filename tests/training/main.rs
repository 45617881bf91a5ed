//! The family of algorithms and the trainer, on the CPU, with networks small enough to train in seconds.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation
)]
#![recursion_limit = "256"]

mod checked;
mod columns;
mod engines;
mod environments;
mod family;
mod gpu;
mod learning;
mod machine;
mod planning;
mod registered;
mod termination;

use bootstride_tests::smallest::config;
