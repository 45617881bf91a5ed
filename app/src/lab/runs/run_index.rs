//! The runs that there are, looked for in the background; in a page, which has no threads and all folders in memory, at
//! once.

use std::path::{Path, PathBuf};

use eframe::egui::Context;

#[cfg(not(target_family = "wasm"))]
use self::native::Search;
#[cfg(target_family = "wasm")]
use self::paged::Search;
use super::{RunEntry, root};

/// The runs that there are, newest first; looked for in the background.
#[derive(Debug, Default)]
pub struct RunIndex {
    found: Vec<RunEntry>,
    search: Search,
    /// The folder with all runs; `None` is the one that the program chooses.
    root: Option<PathBuf>,
}

impl RunIndex {
    /// An index of these runs, which looks for no others.
    #[must_use]
    pub fn of(found: Vec<RunEntry>) -> Self {
        Self { found, search: Search::Over, root: None }
    }

    /// The runs found so far, newest first.
    #[must_use]
    pub fn found(&self) -> &[RunEntry] {
        &self.found
    }

    /// Looks for runs in this folder, from the next search on.
    pub fn set_root(&mut self, root: &Path) {
        if self.root.as_deref() != Some(root) {
            self.root = Some(root.into());
        }
    }

    /// Looks for runs at the first call, and takes in what was found since; to be called once a frame.
    pub fn poll(&mut self, ctx: &Context) {
        let root = || self.root.clone().unwrap_or_else(root);
        if let Some(found) = self.search.poll(ctx, root) {
            self.found = found;
        }
    }

    /// Looks again.
    pub fn refresh(&mut self) {
        self.search = Search::Due;
    }

    /// Whether runs are still looked for.
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

    use crate::lab::runs::{RunEntry, everything};

    /// The search for runs.
    #[derive(Debug, Default)]
    pub enum Search {
        /// To be begun.
        #[default]
        Due,
        /// On its own thread, so that a slow disk holds nobody up.
        Under(Receiver<Vec<RunEntry>>),
        /// Done.
        Over,
    }

    impl Search {
        /// Begins the search, or gives what it found.
        pub fn poll(&mut self, ctx: &Context, root: impl FnOnce() -> PathBuf) -> Option<Vec<RunEntry>> {
            match self {
                Self::Over => None,
                Self::Due => {
                    let ((send, receive), ctx, root) = (channel(), ctx.clone(), root());
                    thread::spawn(move || {
                        // Whoever asked may be gone by now.
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

    use crate::lab::runs::{RunEntry, everything};

    /// The search for runs.
    #[derive(Debug, Default)]
    pub enum Search {
        /// To be begun.
        #[default]
        Due,
        /// Done.
        Over,
    }

    impl Search {
        /// Looks, where that is due.
        pub fn poll(&mut self, _ctx: &Context, root: impl FnOnce() -> PathBuf) -> Option<Vec<RunEntry>> {
            let is_due = matches!(self, Self::Due);
            *self = Self::Over;
            is_due.then(|| everything(&root()))
        }
    }
}
