//! A session on its own thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use pollster::block_on;

use super::{Session, Work, merge, seconds};
use crate::device::among_workers;
use crate::interrupt;
use crate::message::{Command, SessionLink, Update};

/// The longest interval between checks for commands while the session works. A longer step is not interrupted.
const TURN: Duration = Duration::from_millis(16);

/// The longest interval between checks for a stop signal while the session is idle.
const LOOK: Duration = Duration::from_millis(100);

/// The published update that has not been received yet.
type Shared = Arc<Mutex<Option<Update>>>;

/// A link to a session on its own thread. If the link is dropped or a signal asks the program to stop, the session
/// saves and closes its run. Dropping the link waits for the thread.
pub struct ThreadLink {
    commands: Option<Sender<Command>>,
    shared: Shared,
    thread: Option<thread::JoinHandle<()>>,
}

impl ThreadLink {
    /// Starts a session whose new runs are placed below `root`. `wake` is called from its thread whenever there is something new to receive.
    ///
    /// # Errors
    /// If the operating system cannot create a thread.
    pub fn start(root: PathBuf, wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (commands, receiver) = channel();
        let shared = Shared::default();
        let outside = shared.clone();
        let thread = thread::Builder::new().name("engine".into()).spawn(move || {
            let engine = Session::new(seconds).with_root(root);
            Driver { engine, commands: receiver, shared: outside, wake }.drive();
        })?;
        Ok(Self { commands: Some(commands), shared, thread: Some(thread) })
    }
}

impl SessionLink for ThreadLink {
    fn send(&mut self, command: Command) {
        // The thread ends only after this sender is dropped.
        let _ = self.commands.as_ref().map(|commands| commands.send(command));
    }

    fn receive(&mut self) -> Option<Update> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for ThreadLink {
    fn drop(&mut self) {
        drop(self.commands.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Driver<W> {
    engine: Session,
    commands: Receiver<Command>,
    shared: Shared,
    wake: W,
}

impl<W: Fn()> Driver<W> {
    fn drive(mut self) {
        let mut work = Work::None;
        loop {
            match self.next(work) {
                Ok(Some(command)) => {
                    if self.engine.announce(&command) {
                        self.publish();
                    }
                    self.guarded(|engine| block_on(engine.handle(command)));
                    work = Work::Now;
                }
                Ok(None) => {
                    work = self.guarded(|engine| {
                        let begin = Instant::now();
                        among_workers(|| {
                            loop {
                                let work = block_on(engine.advance());
                                if !matches!(work, Work::Now) || begin.elapsed() >= TURN {
                                    return work;
                                }
                            }
                        })
                    });
                }
                Err(()) => break,
            }
            self.publish();
        }
        self.guarded(|engine| block_on(engine.close()));
        self.publish();
    }

    /// Returns the next command; `None` if it is time to work; an error if all senders are gone or the program was
    /// asked to stop. In the latter case the run is saved here because the window may already be gone.
    fn next(&self, work: Work) -> Result<Option<Command>, ()> {
        let until = match work {
            Work::Now => Some(Instant::now()),
            Work::After(seconds) => Some(Instant::now() + Duration::from_secs_f64(seconds.clamp(0.0, 60.0))),
            Work::None => None,
        };
        loop {
            if interrupt::asked() {
                return Err(());
            }
            let wait = until.map_or(LOOK, |until| until.saturating_duration_since(Instant::now()).min(LOOK));
            match self.commands.recv_timeout(wait) {
                Ok(command) => return Ok(Some(command)),
                Err(RecvTimeoutError::Timeout) if until.is_some_and(|until| Instant::now() >= until) => {
                    return Ok(None);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(()),
            }
        }
    }

    /// Runs `work` on the session. A panic in it, as drivers of lost devices cause, ends what was open but not the lab.
    fn guarded<T: Default + Send>(&mut self, work: impl FnOnce(&mut Session) -> T + Send) -> T {
        let engine = &mut self.engine;
        match catch_unwind(AssertUnwindSafe(|| work(engine))) {
            Ok(result) => result,
            Err(panic) => {
                let text = panic.downcast_ref::<&str>().map(ToString::to_string);
                let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
                block_on(self.engine.failed(&text));
                T::default()
            }
        }
    }

    fn publish(&mut self) {
        let Some(update) = self.engine.take_update() else { return };
        {
            let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            merge(shared.get_or_insert_default(), update);
        }
        (self.wake)();
    }
}
