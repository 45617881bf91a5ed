//! The world: the body of a decision in 3D, with the planner's paths.
//!
//! [`body_view`] computes the shapes of a recorded decision, [`paths`] turns an analysis into traces, [`pane`] is the
//! pane, and [`gif`] records. [`render`](crate::render) draws them.

pub mod body_view;
#[cfg(not(target_family = "wasm"))]
pub mod gif;
pub mod pane;
pub mod paths;

pub use body_view::BodyView;
pub use pane::WorldPane;
