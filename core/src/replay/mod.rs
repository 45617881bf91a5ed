//! Replay: transitions of whole episodes, in the columns that the task and the agent ask for.
//!
//! Observation, action, reward and end are always stored. An agent asks for [additional columns](Column) by name: an
//! imitation policy for [those of the planner's expert distributions](expert_columns), for instance.

mod ages;
mod batch;
mod buffer;
mod bytes;
mod columns;
mod experts;

#[cfg(test)]
#[allow(clippy::float_cmp, clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
mod tests;

pub use ages::{ExpertAges, Origin};
pub use batch::{Batch, Extra};
pub use buffer::{EpisodeId, Replay, Transition};
pub use bytes::ReplayError;
pub use columns::{Cell, Cells, Column, Columns};
pub use experts::{EXPERT_MEAN, EXPERT_STD, EXPERT_VALUE, Expert, expert_columns};
