//! Changed files that are not in the storage yet.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::memory::{self, Change};

/// Changes on their way to a storage that accepts each batch as a whole or not at all, as a browser's does. A batch
/// that is rejected, for lack of space, becomes part of the next one: the stored state is always a state that existed
/// at some moment, and never a later part of a run without an earlier one.
#[derive(Debug, Default)]
pub struct Unstored {
    paths: BTreeSet<PathBuf>,
}

impl Unstored {
    /// Marks these files as changed.
    pub fn note(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        self.paths.extend(paths);
    }

    /// Returns everything to be stored, in its current state. What the storage rejects must be noted again.
    #[must_use]
    pub fn take(&mut self) -> Vec<Change> {
        memory::as_they_are(std::mem::take(&mut self.paths))
    }
}
