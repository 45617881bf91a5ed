//! The files that the page and its workers share, and what any part of the page wants to have told.
//!
//! The page has every file; a worker gets all of them when it starts, and then each that comes. What a worker writes comes
//! here, goes to the other workers, and is stored if it is part of a run.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::rc::{Rc, Weak};

use bootstride::session::message::{Level, Notice};
use bootstride::session::wire::{File, ToSession};
use bootstride_core::vfs::memory::{self, Change};
use bootstride_core::vfs::unstored::Unstored;
use eframe::egui;
use serde_bytes::ByteBuf;
use wasm_bindgen_futures::spawn_local;

use super::config::PageConfig;
use super::link::Post;
use super::storage::{self, Database};

/// See the module.
pub struct SharedFiles {
    pub config: PageConfig,
    database: Option<Database>,
    workers: RefCell<Vec<(u32, Weak<dyn Post>)>>,
    next: Cell<u32>,
    notices: RefCell<Vec<Notice>>,
    ctx: RefCell<Option<egui::Context>>,
    /// Set when the files could not be stored once: it is told once.
    full: Cell<bool>,
    frame_seconds: Cell<f32>,
    /// Files of runs that the storage has not got yet.
    unstored: Rc<RefCell<Unstored>>,
    /// Whether a batch of them is on its way.
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

    /// How long the next frame may wait.
    pub fn set_frame_seconds(&self, seconds: f32) {
        self.frame_seconds.set(seconds);
    }

    /// Something for the person to read.
    pub fn tell(&self, level: Level, text: impl Into<String>) {
        self.notices.borrow_mut().push(Notice { level, text: text.into() });
        self.wake();
    }

    pub fn tell_later(&self, text: Option<String>) {
        if let Some(text) = text {
            self.tell(Level::Info, text);
        }
    }

    /// What was to be told since the last call.
    pub fn take_notices(&self) -> Vec<Notice> {
        self.notices.take()
    }

    /// A worker that is to have all files from now on; returns its number.
    pub fn join(&self, worker: Weak<dyn Post>) -> u32 {
        let number = self.next.replace(self.next.get() + 1);
        let mut workers = self.workers.borrow_mut();
        workers.retain(|(_, worker)| worker.strong_count() > 0);
        workers.push((number, worker));
        number
    }

    /// All files there are, for a worker that has none.
    pub fn all() -> ToSession {
        as_message(memory::all())
    }

    /// Puts files back that were stored.
    pub fn put_back(&self, files: Vec<Change>) {
        for file in files {
            let _ = memory::put(file);
        }
    }

    /// Takes files in: from a worker, whose number is `from`, or from the page itself.
    pub fn take(&self, changes: Vec<Change>, from: Option<u32>) {
        if changes.is_empty() {
            return;
        }
        for change in &changes {
            let _ = memory::put(change.clone());
        }
        // What `put` was told is no change; what unpacking wrote is, and has now been taken.
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
                    // With the next change there may be room.
                    unstored.borrow_mut().note(paths);
                    break;
                }
            }
            storing.set(false);
        });
    }

    /// Forgets all runs, but the one in `but`.
    pub fn clear_runs(&self, but: Option<&str>) {
        let gone = |path: &Path| path.starts_with("runs") && !but.is_some_and(|folder| path.starts_with(folder));
        let files = memory::all().into_iter().map(|(path, _)| path).filter(|path| gone(path));
        let changes: Vec<Change> = files.map(|path| (path, None)).collect();
        let count = changes.len();
        self.take(changes, None);
        self.tell(Level::Good, if count == 0 { "No runs were stored." } else { "The stored runs are gone." });
    }

    /// To be called now and then: tells of files that could not be stored.
    pub fn check(&self) {
        let Some(error) = STORE_FAILED.with(|failed| failed.take()) else { return };
        if !self.full.replace(true) {
            let text = format!(
                "The browser does not store this run ({error}). It goes on; save it to a file to keep it beyond this visit."
            );
            self.tell(Level::Bad, text);
        }
    }
}

thread_local! {
    static STORE_FAILED: Rc<RefCell<Option<String>>> = Rc::default();
}

/// Runs are stored; agents come with the page, and exports are given to the person.
fn is_stored(path: &Path) -> bool {
    path.starts_with("runs") && !path.components().any(|part| part.as_os_str() == "exports")
}

fn as_message(files: Vec<Change>) -> ToSession {
    let file = |(path, bytes): Change| File { path, bytes: bytes.map(ByteBuf::from) };
    ToSession::Files(files.into_iter().map(file).collect())
}
