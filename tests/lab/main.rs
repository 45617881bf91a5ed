//! The lab: its panes, its plots, its world and its tour, drawn and operated as a user would.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on should stop; it runs natively"
)]
#![allow(
    clippy::float_cmp,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::similar_names,
    clippy::many_single_char_names,
    clippy::cast_possible_wrap,
    clippy::type_complexity,
    reason = "made-up runs are of small numbers, and what is recorded is read back to the bit"
)]

mod archive;
mod engine;
#[cfg(debug_assertions)]
mod faults;
mod lab_from_a_launcher;
mod page;
mod panes;
mod recorded;
mod sample;
mod small;
mod tour;
mod ui;
mod whole;
mod world;
