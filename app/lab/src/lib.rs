//! The lab: train an agent, watch its planner, compare the planner with the policy, and learn how guided MPPI works.
//!
//! The lab is only a front end: panes read a [`History`](bootstride_session::History) of the session's reports and a
//! [`View`] of what the user is looking at, and send [`Command`](bootstride_session::Command)s. The session runs
//! elsewhere (a thread natively, a web worker in a page) behind a [`SessionLink`](bootstride_session::SessionLink);
//! nothing in the lab waits for it.
//!
//! Modules, each importing only from those before it: [`view`] -> [`ui`] (colours, text, widgets, plots) -> [`host`]
//! (the surrounding window or page) -> [`runs`] (folders of other runs) -> [`panes`] -> [`world`] (the 3D view),
//! [`tour`] -> [`catalog`] (the list of panes) -> [`deep_link`] (link targets) -> [`shell`].
#![recursion_limit = "256"]
#![allow(
    clippy::disallowed_methods,
    reason = "the bans keep core fit for a browser; this is a native program with threads, files and a clock"
)]

pub mod catalog;
pub mod deep_link;
pub mod host;
pub mod panes;
pub mod runs;
pub mod shell;
pub mod tour;
pub mod ui;
pub mod view;
pub mod world;

pub use catalog::PaneKind;
pub use deep_link::DeepLink;
pub use host::Host;
pub use view::View;
