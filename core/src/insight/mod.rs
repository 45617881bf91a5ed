//! What a face needs to show how an agent decides: records of decisions, one decision taken apart, a player without
//! learning.
//!
//! A [`Decision`] is small (about a kilobyte) and enough to return to a moment: the world before the action, what the
//! planner started from, what came out. An [`Anatomy`] is everything about one plan that a person may want to see, ready to be
//! drawn; a [`Dissector`] makes it. A [`MotionDecoder`] says where the world model imagines the body to go, and a [`Player`]
//! plays a trained agent. Nothing here changes what is learned.

mod anatomy;
mod decoder;
mod dissect;
mod error;
mod load;
mod paths;
mod player;
mod rollout;

pub use crate::train::{Decision, Planned, StepTimes, Watch};
pub use anatomy::{
    Anatomy, AnatomyOptions, IterationView, Path, PathKind, PathSource, PolicyView, RewardSplit, ValueView,
};
pub use decoder::MotionDecoder;
pub use dissect::Dissector;
pub use error::{InsightError, LoadError};
pub use load::{agent_sizes, load_agent};
pub use player::Player;
