//! Replay: transitions of whole episodes, with the planner's expert distribution beside each.

mod batch;
mod buffer;
mod bytes;

pub use batch::Batch;
pub use buffer::{Expert, Replay, ReplaySizes, Transition};
pub use bytes::ReplayError;
