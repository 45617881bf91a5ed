//! The lab: train an agent, watch its planner think, compare it with its policy, learn how guided MPPI works.
//!
//! The lab is a front end only: panes read a [`History`](crate::session::History) of what a session has reported and a
//! [`View`] of what the user looks at, and send [`Command`](crate::session::Command)s. The session runs elsewhere (natively
//! in a thread, in a page in a web worker) behind a [`SessionLink`](crate::session::SessionLink); the lab never waits for it.
//!
//! Rooms, each importing only from those before it: [`view`], [`ui`] (colours, words, widgets, plots), [`host`] (the window
//! or page around the lab), [`runs`] (other runs' folders) -> [`panes`] -> [`world`] (the 3D view), [`tour`] ->
//! [`deep_link`] (what a link can point to) -> [`shell`].

pub mod deep_link;
pub mod host;
pub mod panes;
pub mod runs;
pub mod shell;
pub mod tour;
pub mod ui;
pub mod view;
pub mod world;

pub use deep_link::DeepLink;
pub use host::Host;
pub use view::View;
