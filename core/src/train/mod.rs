//! train

mod event;
pub use event::{Evaluation, Event};
