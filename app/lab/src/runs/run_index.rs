//! A list of runs, found by a background search; in a page, which has no threads and all folders in memory, by an
//! immediate one.

use std::path::{Path, PathBuf};

use eframe::egui::Context;

#[cfg(not(target_family = "wasm"))]
use self::native::Search;
#[cfg(target_family = "wasm")]
use self::paged::Search;
use super::{RunEntry, root};

/// The runs, newest first; found by a background search.
#[derive(Debug, Default)]
pub struct RunIndex {
    found: Vec<RunEntry>,
    search: Search,
    /// The folder of all runs; `None` is the default.
    root: Option<PathBuf>,
}

impl RunIndex {
    /// Creates an index of these runs, without a search.
    #[must_use]
    pub fn of(found: Vec<RunEntry>) -> Self {
        Self { found, search: Search::Over, root: None }
    }

    /// Returns the runs found so far, newest first.
    #[must_use]
    pub fn found(&self) -> &[RunEntry] {
        &self.found
    }

    /// Sets the folder for the next search.
    pub fn set_root(&mut self, root: &Path) {
        if self.root.as_deref() != Some(root) {
            self.root = Some(root.into());
        }
    }

    /// Starts the search at the first call, and collects its results. Call once per frame.
    pub fn poll(&mut self, ctx: &Context) {
        let root = || self.root.clone().unwrap_or_else(root);
        if let Some(found) = self.search.poll(ctx, root) {
            self.found = found;
        }
    }

    /// Searches again.
    pub fn refresh(&mut self) {
        self.search = Search::Due;
    }

    /// Returns whether the search is still running.
    #[must_use]
    pub fn is_looking(&self) -> bool {
        !matches!(self.search, Search::Over)
    }
}

#[cfg(not(target_family = "wasm"))]
mod native {
    use std::path::PathBuf;
    use std::sync::mpsc::{Receiver, TryRecvError, channel};
    use std::thread;

    use eframe::egui::Context;

    use crate::runs::{RunEntry, everything};

    /// The search for runs.
    #[derive(Debug, Default)]
    pub enum Search {
        /// Not started.
        #[default]
        Due,
        /// Running on its own thread, so that a slow disk does not block the lab.
        Under(Receiver<Vec<RunEntry>>),
        /// Done.
        Over,
    }

    impl Search {
        /// Starts the search, or returns its result.
        pub fn poll(&mut self, ctx: &Context, root: impl FnOnce() -> PathBuf) -> Option<Vec<RunEntry>> {
            match self {
                Self::Over => None,
                Self::Due => {
                    let ((send, receive), ctx, root) = (channel(), ctx.clone(), root());
                    thread::spawn(move || {
                        // The receiver may be gone by now.
                        let _ = send.send(everything(&root));
                        ctx.request_repaint();
                    });
                    *self = Self::Under(receive);
                    None
                }
                Self::Under(receive) => match receive.try_recv() {
                    Ok(found) => {
                        *self = Self::Over;
                        Some(found)
                    }
                    Err(TryRecvError::Empty) => None,
                    Err(TryRecvError::Disconnected) => {
                        *self = Self::Over;
                        None
                    }
                },
            }
        }
    }
}

#[cfg(target_family = "wasm")]
mod paged {
    use std::path::PathBuf;

    use eframe::egui::Context;

    use crate::runs::{RunEntry, everything};

    /// The search for runs.
    #[derive(Debug, Default)]
    pub enum Search {
        /// Not started.
        #[default]
        Due,
        /// Done.
        Over,
    }

    impl Search {
        /// Searches, if due.
        pub fn poll(&mut self, _ctx: &Context, root: impl FnOnce() -> PathBuf) -> Option<Vec<RunEntry>> {
            let is_due = matches!(self, Self::Due);
            *self = Self::Over;
            is_due.then(|| everything(&root()))
        }
    }
}
