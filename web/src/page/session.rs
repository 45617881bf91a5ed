//! What is open, so that a reload finds it again.

use bootstride::lab::message::{Activity, Agent, Command, Stage, Status};
use bootstride::lab::place::Place;
use bootstride_core::disk;
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
    /// What this status says is open; none if nothing is.
    pub fn of(status: &Status) -> Option<Self> {
        let folder = status.folder.clone()?;
        Some(Self { folder, plays: status.stage == Stage::Playing, runs: status.activity == Activity::Running })
    }

    /// Whether a run in training is open.
    pub fn trains(&self) -> bool {
        !self.plays
    }

    /// The commands that open it again; none where it is no longer there.
    pub fn commands(&self) -> Vec<Command> {
        let Self { folder, plays, runs } = self.clone();
        // Agents of the page are fetched before they are watched; a run must be there.
        if Place::agent_in(&folder).is_none() && !disk::is_dir(&folder) {
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
