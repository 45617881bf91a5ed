//! Replay: transitions of whole episodes, each with the planner's expert distribution.

mod ages;
mod batch;
mod buffer;
mod bytes;

#[cfg(test)]
#[allow(clippy::float_cmp, clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
mod tests;

pub use ages::{ExpertAges, Origin};
pub use batch::Batch;
pub use buffer::{EpisodeId, Expert, Replay, ReplaySizes, Transition};
pub use bytes::ReplayError;
