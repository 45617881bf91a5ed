//! The guided tour: eight steps from random search to a bootstrapped agent.
//!
//! A step is data ([`Step`]): text, setup, the user's task, and the description of its result. [`Tour`] walks through
//! the steps, freezes a recorded decision, has it replanned with the settings in question, and reports only measured
//! numbers. [`TourPane`] draws it; its [`banner_ui`](crate::lab::panes::Pane::banner_ui) appears on other tabs.

mod banner;
mod circle;
mod control;
mod figures;
mod measure;
mod pages;
mod pane;
mod rich;
mod scene;
mod state;
mod step;
mod steps;

pub use measure::{Facts, Trial};
pub use pane::TourPane;
pub use rich::{plain, rich};
pub use scene::Scene;
pub use state::{Source, Tour};
pub use step::{Action, Condition, Control, Figure, Moment, Step};
pub use steps::STEPS;
