//! The lab: train an agent, watch its planner think, compare it with its policy, learn how guided MPPI works.
//!
//! The lab is a face, nothing more: panes read a [`History`] of what an engine told and a [`View`] of what the person looks
//! at, and send [`Command`]s. The engine runs elsewhere (a thread here, a web worker in a page) behind an
//! [`EngineLink`]; nothing in the lab waits for it.
//!
//! Rooms, each importing only from those before it: [`message`] -> [`engine`]; beside it [`view`], [`history`] (what was
//! told), [`look`] (colours, words, widgets, plots), [`archive`] (a run as one file) and [`runs`] (other runs' folders) -> [`panes`] -> [`world`] (the 3D
//! view), [`tour`] -> [`shell`].

pub mod archive;
pub mod engine;
pub mod history;
pub mod look;
pub mod message;
pub mod panes;
pub mod runs;
pub mod shell;
pub mod tour;
pub mod view;
pub mod world;

pub use history::History;
pub use message::{Command, EngineLink, Update};
pub use view::View;
