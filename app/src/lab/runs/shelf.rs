//! The runs that there are, looked for in the background.

use eframe::egui::Context;

use super::RunEntry;

/// The runs that there are, newest first; looked for in the background.
#[derive(Debug, Default)]
pub struct Shelf {
    found: Vec<RunEntry>,
    #[cfg(not(target_family = "wasm"))]
    search: native::Search,
}

impl Shelf {
    /// A shelf with these runs, which looks for no others.
    #[must_use]
    pub fn of(found: Vec<RunEntry>) -> Self {
        Self {
            found,
            #[cfg(not(target_family = "wasm"))]
            search: native::Search::Over,
        }
    }

    /// The runs found so far, newest first.
    #[must_use]
    pub fn found(&self) -> &[RunEntry] {
        &self.found
    }

    /// Looks for runs at the first call, and takes in what was found since; to be called once a frame.
    pub fn poll(&mut self, ctx: &Context) {
        #[cfg(not(target_family = "wasm"))]
        if let Some(found) = self.search.poll(ctx) {
            self.found = found;
        }
        #[cfg(target_family = "wasm")]
        let _ = ctx;
    }

    /// Looks again.
    pub fn refresh(&mut self) {
        #[cfg(not(target_family = "wasm"))]
        {
            self.search = native::Search::Due;
        }
    }

    /// Whether runs are still looked for.
    #[must_use]
    pub fn is_looking(&self) -> bool {
        #[cfg(not(target_family = "wasm"))]
        let looking = !matches!(self.search, native::Search::Over);
        #[cfg(target_family = "wasm")]
        let looking = false;
        looking
    }
}

#[cfg(not(target_family = "wasm"))]
mod native {
    use std::path::Path;
    use std::sync::mpsc::{Receiver, TryRecvError, channel};
    use std::thread;

    use eframe::egui::Context;

    use crate::lab::runs::{ROOT, RunEntry, known_runs};

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
        pub fn poll(&mut self, ctx: &Context) -> Option<Vec<RunEntry>> {
            match self {
                Self::Over => None,
                Self::Due => {
                    let ((send, receive), ctx) = (channel(), ctx.clone());
                    thread::spawn(move || {
                        // Whoever asked may be gone by now.
                        let _ = send.send(known_runs(Path::new(ROOT)));
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
