//! Which changed files a storage has not got yet.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::memory::{self, Change};

/// Changes on their way to a storage that takes each batch whole or not at all, as a browser's does. A batch that it refuses,
/// for want of room, is part of the next one: what is stored is always what there was at some moment, and never a
/// later part of a run without an earlier one.
#[derive(Debug, Default)]
pub struct Unstored {
    paths: BTreeSet<PathBuf>,
}

impl Unstored {
    /// Notes that these files have changed.
    pub fn note(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        self.paths.extend(paths);
    }

    /// Everything that is to be stored, as it is now. What the storage refuses is to be noted again.
    #[must_use]
    pub fn take(&mut self) -> Vec<Change> {
        memory::as_they_are(std::mem::take(&mut self.paths))
    }
}
