//! A situation is what a link can point to: which agent plays or which task is set up, which tab, pane and step of the tour
//! are open, and how the lab is embedded.

mod address;

pub use address::ADDRESS_KEYS;

use super::view::{PaneKind, Tab, Theme};
use crate::session::message::Notice;

/// What a link points to. What it leaves out is as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeepLink {
    /// The task that is chosen for the next run.
    pub task: Option<String>,
    /// The agent that plays: the name of one that comes with the page, as `walker-walk`.
    pub agent: Option<String>,
    /// Seed of the agent's start states and planning noise.
    pub seed: Option<u64>,
    /// Whether the agent plays on its own; otherwise it waits at its first decision. `None` means yes.
    pub play: Option<bool>,
    /// The open tab.
    pub tab: Option<Tab>,
    /// The pane that is shown alone.
    pub pane: Option<PaneKind>,
    /// The tour's step, from 0.
    pub step: Option<usize>,
    /// Dark or light.
    pub theme: Option<Theme>,
    /// Whether the lab is a part of another page: without its bar, with nothing kept.
    pub embed: bool,
    /// The panes that are shown there; none are world and iterations.
    pub panes: Vec<PaneKind>,
}

impl DeepLink {
    /// Reads the query of an address, with or without its question mark. What is unknown or wrong is left out, and told in a
    /// notice that says what there is.
    #[must_use]
    pub fn parse(query: &str) -> (Self, Vec<Notice>) {
        address::parse(query)
    }

    /// The query of an address that leads here, without a question mark; empty where there is nothing to say.
    #[must_use]
    pub fn to_query(&self) -> String {
        address::write(self)
    }
}
