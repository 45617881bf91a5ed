//! Claims about the world: shapes, camera and recordings.

mod cost;
mod fixture;
mod pane;
mod pictures;
mod recording;
mod view;
