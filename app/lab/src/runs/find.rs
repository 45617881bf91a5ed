//! Search for runs.

use std::path::{Path, PathBuf};

use bootstride_core::run::{Checkpoints, RunFolder};
use bootstride_core::vfs as fs;
use bootstride_session::recorded::ROOT;

use super::RunEntry;
use super::read::means;
use crate::host::AGENTS;

/// Search depth below the root: `runs/TASK/RUN`, and one more level.
const DEPTH: usize = 3;

/// Returns the runs in a folder and below, newest first. Unreadable ones are skipped.
#[must_use]
pub fn known_runs(root: &Path) -> Vec<RunEntry> {
    let mut found = Vec::new();
    look_into(root, DEPTH, &mut found);
    found.sort_by(|a, b| b.started.cmp(&a.started).then_with(|| a.folder.cmp(&b.folder)));
    found
}

/// Returns the runs under `root` and in the working folder; in a page, also the included agents.
#[must_use]
pub fn everything(root: &Path) -> Vec<RunEntry> {
    let mut found = known_runs(root);
    let here = std::env::current_dir().map(|folder| folder.join(ROOT));
    if let Some(here) = here.ok().filter(|here| here != root && Path::new(ROOT) != root) {
        found.extend(known_runs(&here));
    }
    if cfg!(target_family = "wasm") {
        found.extend(known_runs(Path::new(AGENTS)));
    }
    found
}

fn look_into(folder: &Path, depth: usize, found: &mut Vec<RunEntry>) {
    if let Ok((config, manifest)) = RunFolder::read(folder) {
        let checkpoints = Checkpoints::new(folder.join("checkpoints")).list().unwrap_or_default();
        let table = fs::read_text(folder.join("eval.csv")).unwrap_or_default();
        let last = means(&table).ok().and_then(|evaluations| evaluations.last()?.planner.first().copied());
        found.push(RunEntry {
            folder: folder.display().to_string(),
            task: config.task.name,
            algorithm: manifest.algorithm,
            seed: manifest.seed,
            env_step: checkpoints.last().map(|(step, _)| *step),
            last_return: last,
            started: manifest.started,
        });
        return;
    }
    let Some(deeper) = depth.checked_sub(1) else { return };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| fs::is_dir(path)).collect();
    for inner in folders {
        look_into(&inner, deeper, found);
    }
}
