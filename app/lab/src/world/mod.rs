//! The world: the body of a decision in 3D, with the planner's paths.
//!
//! [`body_view`] computes the shapes of a recorded decision, [`paths`] turns an analysis into traces, [`pane`] is the
//! pane, and [`gif`] records. [`bootstride_render`] draws them, in the lab's window through a paint callback.

pub mod body_view;
mod callback;
#[cfg(not(target_family = "wasm"))]
pub mod gif;
pub mod pane;
pub mod paths;
mod side;

pub use body_view::BodyView;
pub use callback::{WorldCallback, attach};
pub use pane::WorldPane;
pub use side::SideWorld;

use bootstride_render::SceneLook;

use crate::ui::Palette;

/// Returns the colours and light of scenes for a palette.
#[must_use]
pub fn look_of(palette: &Palette) -> SceneLook {
    SceneLook::of(palette.dark, palette.good)
}
