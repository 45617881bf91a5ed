//! What is open, so that a reload finds it again.

use bootstride::lab::host::Host;
use bootstride::session::message::{Activity, Agent, Command, Stage, Status};
use bootstride_core::vfs;
use serde::{Deserialize, Serialize};

/// What an engine has open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The run's folder, or the agent's.
    folder: String,
    /// Whether a trained agent plays; otherwise a run is in training.
    plays: bool,
    /// Whether it was going on.
    runs: bool,
}

impl Session {
    /// Returns what is open once the engine has reported `status`; `None` if nothing is. While the engine is opening something
    /// this stays `before`, because opening may fail and take the engine with it.
    pub fn after(before: Option<Self>, status: &Status) -> Option<Self> {
        if status.activity == Activity::Opening {
            return before;
        }
        let folder = status.folder.clone()?;
        Some(Self { folder, plays: status.stage == Stage::Playing, runs: status.activity == Activity::Running })
    }

    /// The agent of the page that plays, if one does.
    pub fn agent(&self) -> Option<&str> {
        Host::agent_in(&self.folder)
    }

    /// It rests only until the tab is seen again.
    pub fn goes_on(&mut self) {
        self.runs = true;
    }

    /// The commands that open it again; none where it is no longer there.
    pub fn commands(&self) -> Vec<Command> {
        let Self { folder, plays, runs } = self.clone();
        // Agents of the page are fetched before they are watched; a run must be there.
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

/// Where it is in the browser's storage.
const KEY: &str = "bootstride session";

/// What was open at the last visit.
pub fn stored() -> Option<Session> {
    serde_json::from_str(&storage()?.get_item(KEY).ok()??).ok()
}

/// Stores what is open. Where the browser refuses, as in private windows, a reload finds nothing.
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
