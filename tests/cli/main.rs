//! The real program, end to end.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on should stop; it runs natively"
)]

mod bench;
mod body;
mod cases;
mod export;
mod film;
mod import;
mod interruption;
mod tool;
mod training;
mod usage;
