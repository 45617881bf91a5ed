//! A real session with a walker in training, recorded once and replayed to the lab.

mod file;
mod link;
mod record;
mod session;

pub use link::{Part, RecordedLink};
pub use session::{history, session};
