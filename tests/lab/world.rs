//! Claims about the world: what is drawn, from where, and what is recorded.

mod cost;
mod fixture;
mod pane;
mod pictures;
mod recording;
mod view;
