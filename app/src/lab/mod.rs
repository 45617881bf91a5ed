//! The lab: train an agent, watch its planner think, compare it with its policy, learn how guided MPPI works.
//!
//! The lab is a face, nothing more: panes read a [`History`] of what an engine told and a [`View`] of what the person looks
//! at, and send [`Command`]s. The engine runs elsewhere (a thread here, a web worker in a page) behind an
//! [`EngineLink`]; nothing in the lab waits for it.
//!
//! Rooms, each importing only from those before it: [`message`] -> [`engine`]; beside it [`view`], [`history`] (what was
//! told), [`look`] (colours, words, widgets, plots), [`place`] (the window or page around), [`archive`] (a run as one file) and
//! [`runs`] (other runs' folders) -> [`panes`] -> [`world`] (the 3D view), [`tour`] -> [`situation`] (what a link can point to)
//! -> [`shell`].

pub mod archive;
pub mod engine;
pub mod history;
pub mod look;
pub mod message;
pub mod panes;
pub mod place;
pub mod runs;
pub mod shell;
pub mod situation;
pub mod tour;
pub mod view;
pub mod wire;
pub mod world;

pub use history::History;
pub use message::{Command, EngineLink, Update};
pub use place::Place;
pub use situation::Situation;
pub use view::View;
