//! Stores what is open, so that a reload can restore it.

use bootstride_core::vfs;
use bootstride_lab::host::Host;
use bootstride_session::message::{Activity, Agent, Command, Stage, Status};
use serde::{Deserialize, Serialize};

/// What a session has open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Folder of the run or the agent.
    folder: String,
    /// Whether a trained agent plays; otherwise a run is in training.
    plays: bool,
    /// Whether it was running.
    runs: bool,
}

impl Session {
    /// Returns what is open once the session has reported `status`; `None` if nothing is. While the session is opening
    /// something this stays `before`, because opening may fail and end the session.
    pub fn after(before: Option<Self>, status: &Status) -> Option<Self> {
        if status.activity == Activity::Opening {
            return before;
        }
        let folder = status.folder.clone()?;
        Some(Self { folder, plays: status.stage == Stage::Playing, runs: status.activity == Activity::Running })
    }

    /// Returns the agent of the page that plays, if any.
    pub fn agent(&self) -> Option<&str> {
        Host::agent_in(&self.folder)
    }

    /// A pause lasts only until the tab is visible again.
    pub fn goes_on(&mut self) {
        self.runs = true;
    }

    /// Returns the commands that reopen it; none if it no longer exists.
    pub fn commands(&self) -> Vec<Command> {
        let Self { folder, plays, runs } = self.clone();
        // Agents of the page are fetched before they are watched; a run must already exist.
        if Host::agent_in(&folder).is_none() && !vfs::is_dir(&folder) {
            return Vec::new();
        }
        let open = if plays {
            Command::Watch { agent: Agent::Folder(folder), seed: 1, planner: true }
        } else {
            Command::Resume { folder, steps: None }
        };
        if runs { vec![open, Command::Run] } else { vec![open] }
    }
}

/// Key in the browser's storage.
const KEY: &str = "bootstride session";

/// Returns what was open at the last visit.
pub fn stored() -> Option<Session> {
    serde_json::from_str(&storage()?.get_item(KEY).ok()??).ok()
}

/// Stores what is open. If the browser refuses, as in private windows, a reload restores nothing.
pub fn store(session: Option<&Session>) {
    let Some(storage) = storage() else { return };
    let text = session.and_then(|session| serde_json::to_string(session).ok());
    let _ = match text {
        Some(text) => storage.set_item(KEY, &text),
        None => storage.remove_item(KEY),
    };
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}
