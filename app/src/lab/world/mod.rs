//! The world: the body of a decision in 3D, and over it what the planner had in mind.
//!
//! [`puppet`] says where the shapes of a recorded decision are, [`paths`] turns an anatomy into traces, [`scene`] is both with light
//! and colours as plain data, [`renderer`] draws that on a GPU, [`camera`] looks at it, [`pane`] is the pane, and [`gif`] records.

pub mod camera;
#[cfg(not(target_family = "wasm"))]
pub mod gif;
pub mod maths;
pub mod mesh;
pub mod pane;
pub mod paths;
pub mod puppet;
pub mod renderer;
pub mod scene;

pub use pane::WorldPane;
pub use puppet::Puppet;
pub use renderer::{Offscreen, attach};
pub use scene::{Scene, SceneLook};
