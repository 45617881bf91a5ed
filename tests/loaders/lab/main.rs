//! What reaches the lab from outside: archives, links, messages between a page and its worker, runs to compare. See
//! `harness.rs` for how.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests run natively, and fail by panicking")]
#![allow(
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::similar_names,
    clippy::many_single_char_names,
    dead_code,
    reason = "made-up runs, shared with the tests of the lab"
)]
#![allow(clippy::ptr_arg, reason = "the shape that a loader asks for")]
#![allow(unsafe_code, reason = "an allocator is unsafe by its signature")]

#[path = "../harness.rs"]
mod harness;
#[path = "../../lab/sample.rs"]
mod sample;

mod archives;
mod links;
mod messages;
mod runs;
