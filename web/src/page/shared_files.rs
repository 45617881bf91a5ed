//! The files that the page and its workers share, and notices from any part of the page.
//!
//! The page has every file; a worker receives all of them when it starts, and then each new one. Files written by a
//! worker are sent here, forwarded to the other workers, and stored if they are part of a run.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::rc::{Rc, Weak};

use bootstride_core::vfs::memory::{self, Change};
use bootstride_core::vfs::unstored::Unstored;
use bootstride_session::message::{Level, Notice};
use bootstride_session::wire::{File, ToSession};
use eframe::egui;
use serde_bytes::ByteBuf;
use wasm_bindgen_futures::spawn_local;

use super::config::PageConfig;
use super::storage::{self, Database};

/// A target for messages.
pub trait Post {
    fn post(&self, message: &ToSession);
}

/// See the module documentation.
pub struct SharedFiles {
    pub config: PageConfig,
    database: Option<Database>,
    workers: RefCell<Vec<(u32, Weak<dyn Post>)>>,
    next: Cell<u32>,
    notices: RefCell<Vec<Notice>>,
    ctx: RefCell<Option<egui::Context>>,
    /// Set when files could not be stored, so that this is reported only once.
    full: Cell<bool>,
    frame_seconds: Cell<f32>,
    /// Files of runs that are not stored yet.
    unstored: Rc<RefCell<Unstored>>,
    /// Whether a batch of them is being stored.
    storing: Rc<Cell<bool>>,
}

impl SharedFiles {
    pub fn new(config: PageConfig, database: Option<Database>) -> Rc<Self> {
        Rc::new(Self {
            config,
            database,
            workers: RefCell::default(),
            next: Cell::new(0),
            notices: RefCell::default(),
            ctx: RefCell::default(),
            full: Cell::new(false),
            frame_seconds: Cell::new(0.0),
            unstored: Rc::default(),
            storing: Rc::default(),
        })
    }

    /// The lab's context, to wake it.
    pub fn draws_on(&self, ctx: &egui::Context) {
        self.ctx.replace(Some(ctx.clone()));
    }

    /// Makes the lab draw soon.
    pub fn wake(&self) {
        if let Some(ctx) = &*self.ctx.borrow() {
            ctx.request_repaint();
        }
    }

    /// Makes the lab draw when its next frame is due.
    pub fn wake_in_time(&self) {
        if let Some(ctx) = &*self.ctx.borrow() {
            ctx.request_repaint_after_secs(self.frame_seconds.get());
        }
    }

    /// Returns how long the next frame may wait.
    pub fn set_frame_seconds(&self, seconds: f32) {
        self.frame_seconds.set(seconds);
    }

    /// Adds a notice for the user.
    pub fn tell(&self, level: Level, text: impl Into<String>) {
        self.notices.borrow_mut().push(Notice { level, text: text.into() });
        self.wake();
    }

    pub fn tell_later(&self, text: Option<String>) {
        if let Some(text) = text {
            self.tell(Level::Info, text);
        }
    }

    /// Returns the notices since the last call.
    pub fn take_notices(&self) -> Vec<Notice> {
        self.notices.take()
    }

    /// Registers a worker that receives all files from now on; returns its number.
    pub fn join(&self, worker: Weak<dyn Post>) -> u32 {
        let number = self.next.replace(self.next.get() + 1);
        let mut workers = self.workers.borrow_mut();
        workers.retain(|(_, worker)| worker.strong_count() > 0);
        workers.push((number, worker));
        number
    }

    /// Returns all files, for a new worker.
    pub fn all() -> ToSession {
        as_message(memory::all())
    }

    /// Restores stored files.
    pub fn put_back(&self, files: Vec<Change>) {
        for file in files {
            let _ = memory::put(file);
        }
    }

    /// Adds files from a worker with the number `from`, or from the page itself.
    pub fn take(&self, changes: Vec<Change>, from: Option<u32>) {
        if changes.is_empty() {
            return;
        }
        for change in &changes {
            let _ = memory::put(change.clone());
        }
        // Files passed to `put` do not count as changes; files written by unpacking do, and are now handled.
        let workers: Vec<_> = self.workers.borrow().iter().cloned().collect();
        for (number, worker) in workers {
            if Some(number) != from
                && let Some(worker) = worker.upgrade()
            {
                worker.post(&as_message(changes.clone()));
            }
        }
        self.store(changes);
        self.wake();
    }

    /// Stores files of runs, one batch after the other: a later one must not arrive without an earlier one.
    fn store(&self, changes: Vec<Change>) {
        let Some(database) = self.database.clone() else { return };
        self.unstored.borrow_mut().note(changes.into_iter().map(|(path, _)| path).filter(|path| is_stored(path)));
        if self.storing.replace(true) {
            return;
        }
        let (unstored, storing, failed) = (self.unstored.clone(), self.storing.clone(), STORE_FAILED.with(Rc::clone));
        spawn_local(async move {
            loop {
                let batch = unstored.borrow_mut().take();
                let paths: Vec<_> = batch.iter().map(|(path, _)| path.clone()).collect();
                if batch.is_empty() {
                    break;
                }
                if let Err(error) = storage::store(&database, batch).await {
                    failed.replace(Some(error));
                    // With the next change there may be enough space.
                    unstored.borrow_mut().note(paths);
                    break;
                }
            }
            storing.set(false);
        });
    }

    /// Deletes all stored runs except the one in `but`.
    pub fn clear_runs(&self, but: Option<&str>) {
        let gone = |path: &Path| path.starts_with("runs") && !but.is_some_and(|folder| path.starts_with(folder));
        let files = memory::all().into_iter().map(|(path, _)| path).filter(|path| gone(path));
        let changes: Vec<Change> = files.map(|path| (path, None)).collect();
        let count = changes.len();
        self.take(changes, None);
        self.tell(Level::Good, if count == 0 { "No runs were stored." } else { "The stored runs were deleted." });
    }

    /// Reports files that could not be stored. To be called regularly.
    pub fn check(&self) {
        let Some(error) = STORE_FAILED.with(|failed| failed.take()) else { return };
        if !self.full.replace(true) {
            let text = format!(
                "The browser cannot store this run ({error}). Training continues; save the run to a file to keep it."
            );
            self.tell(Level::Bad, text);
        }
    }
}

thread_local! {
    static STORE_FAILED: Rc<RefCell<Option<String>>> = Rc::default();
}

/// Returns whether a file is stored: runs are; agents are included in the page, and exports are downloaded.
fn is_stored(path: &Path) -> bool {
    path.starts_with("runs") && !path.components().any(|part| part.as_os_str() == "exports")
}

fn as_message(files: Vec<Change>) -> ToSession {
    let file = |(path, bytes): Change| File { path, bytes: bytes.map(ByteBuf::from) };
    ToSession::Files(files.into_iter().map(file).collect())
}
