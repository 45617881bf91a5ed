//! A deep link opens the lab in a given state: the agent that plays or the task that is set up, the open tab, pane and
//! step of the tour, and whether and how the lab is embedded.

mod address;

pub use address::ADDRESS_KEYS;

use bootstride_session::message::Notice;

use super::catalog::PaneKind;
use super::view::{Tab, Theme};

/// The target of a link. Parts that it omits stay unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeepLink {
    /// The task selected for the next run.
    pub task: Option<String>,
    /// The agent that plays: the name of one included with the page, such as `walker-walk`.
    pub agent: Option<String>,
    /// Seed of the agent's start states and planning noise.
    pub seed: Option<u64>,
    /// Whether the agent plays continuously; otherwise it waits at its first decision. `None` means yes.
    pub play: Option<bool>,
    /// The open tab.
    pub tab: Option<Tab>,
    /// The pane that is shown alone.
    pub pane: Option<PaneKind>,
    /// The tour's step, from 0.
    pub step: Option<usize>,
    /// Dark or light.
    pub theme: Option<Theme>,
    /// Whether the lab is embedded in another page: without its bar, and nothing is saved.
    pub embed: bool,
    /// The panes of an embedded lab; if empty, world and iterations.
    pub panes: Vec<PaneKind>,
}

impl DeepLink {
    /// Parses the query of an address, with or without its question mark. Unknown or invalid parts are skipped and
    /// reported in notices that list what is allowed.
    #[must_use]
    pub fn parse(query: &str) -> (Self, Vec<Notice>) {
        address::parse(query)
    }

    /// Returns the query of an address that leads here, without a question mark; empty for the default state.
    #[must_use]
    pub fn to_query(&self) -> String {
        address::write(self)
    }
}
