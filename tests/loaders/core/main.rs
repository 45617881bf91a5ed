//! Reading any file ends with its contents or with an error. See `harness.rs` for the method.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests run natively, and fail by panicking")]
#![allow(clippy::ptr_arg, clippy::needless_pass_by_value, reason = "the shape that a loader asks for")]
#![allow(unsafe_code, reason = "an allocator is unsafe by its signature")]
#![recursion_limit = "256"]

#[path = "../harness.rs"]
mod harness;

mod bytes;
mod checkpoints;
mod files;
mod texts;
mod torch;
mod trained;
