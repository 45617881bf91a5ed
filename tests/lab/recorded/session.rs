//! The contents of the recorded session.

use std::sync::OnceLock;

use bootstride_core::inspect::Decision;
use bootstride_core::task::{Environment, EnvironmentSnapshot};
use bootstride_session::{History, Update};
use serde::{Deserialize, Serialize};

use super::file;

/// Where it is kept.
pub const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/lab/session.png");

/// A run in training and a trained agent that plays, as the session reported them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// A run that was taken up again and trained on; then it was paused, and decisions were asked about.
    pub training: Vec<Update>,
    /// A trained agent at play.
    pub watching: Vec<Update>,
}

/// The session of the repository.
pub fn session() -> &'static Session {
    static SESSION: OnceLock<Session> = OnceLock::new();
    SESSION.get_or_init(|| {
        let mut session = packed().unwrap();
        for updates in [&mut session.training, &mut session.watching] {
            let config = updates.iter().find_map(|update| update.status.config.clone()).unwrap();
            let mut world = Environment::configured(&config.task).unwrap();
            for decision in updates.iter_mut().flat_map(|update| &mut update.decisions) {
                restore(&mut world, decision);
            }
        }
        session
    })
}

/// The session as it is in the file, without most worlds.
pub fn packed() -> std::io::Result<Session> {
    Ok(serde_json::from_value(file::read(&std::fs::read(FILE)?)).unwrap())
}

/// What a lab has once the run in training was reported.
pub fn history() -> History {
    let mut history = History::default();
    session().training.iter().for_each(|update| history.take(update.clone()));
    history
}

/// Most worlds are not kept: they come from the one before by its action, as they did when they were recorded.
fn restore(world: &mut Environment, decision: &mut Decision) {
    if decision.snapshot.is_empty() {
        decision.snapshot = world.snapshot().to_bytes();
    } else {
        world.restore(&EnvironmentSnapshot::from_bytes(&decision.snapshot).unwrap()).unwrap();
    }
    world.step(&decision.action).unwrap();
}
