//! The lab: train an agent, watch its planner, compare the planner with the policy, and learn how guided MPPI works.
//!
//! The lab is only a front end: panes read a [`History`](crate::session::History) of the session's reports and a
//! [`View`] of what the user is looking at, and send [`Command`](crate::session::Command)s. The session runs elsewhere
//! (a thread natively, a web worker in a page) behind a
//! [`SessionLink`](crate::session::SessionLink); nothing in the lab waits for it.
//!
//! Modules, each importing only from those before it: [`view`], [`ui`] (colours, text, widgets, plots), [`host`] (the
//! surrounding window or page), [`runs`] (folders of other runs) -> [`panes`] -> [`world`] (the 3D view), [`tour`] ->
//! [`deep_link`] (link targets) -> [`shell`].

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
