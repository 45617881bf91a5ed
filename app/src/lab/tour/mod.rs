//! The guided tour: eight steps from blind search to an agent that teaches itself.
//!
//! A step is data ([`Step`]): text, what it sets up, what the user is asked to try, and what is said about what came of
//! it. [`Tour`] walks through the steps, freezes a recorded decision, has it replanned under the settings in question, and
//! speaks only of what was measured. [`TourPane`] draws it; its [`banner_ui`](TourPane::banner_ui) goes along to other tabs.

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
