//! What a front end needs to explain an agent's decisions: records of decisions, the analysis of one, and a player without
//! learning.
//!
//! A [`Decision`] is small (about a kilobyte) and enough to return to a moment: the world before the action, what the
//! planner started from, and the result. A [`PlanAnalysis`] is everything that a front end shows about one plan, ready to be
//! drawn; an [`Analyzer`] makes it. A [`MotionDecoder`] says where the world model imagines the body to go, and a [`Player`]
//! plays a trained agent. Nothing here changes what is learned.

mod analyze;
mod decoder;
mod error;
mod load;
mod paths;
mod plan_analysis;
mod player;
mod rollout;

pub use crate::train::{Decision, Planned, StepObserver, StepTimes};
pub use analyze::Analyzer;
pub use decoder::MotionDecoder;
pub use error::{InspectError, LoadError};
pub use load::{agent_sizes, load_agent};
pub use plan_analysis::{
    AnalysisOptions, IterationView, Path, PathKind, PathSource, PlanAnalysis, PolicyView, RewardSplit, ValueView,
};
pub use player::Player;
