//! The engine on a thread of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use pollster::block_on;

use super::{Engine, Work, merge, seconds};
use crate::device::among_workers;
use crate::lab::message::{Command, EngineLink, Update};

/// The longest time between two looks at the commands while the engine works. A step that takes longer is not interrupted.
const TURN: Duration = Duration::from_millis(16);

/// What was published and not taken yet.
type Shared = Arc<Mutex<Option<Update>>>;

/// The way to an engine on a thread. When it is dropped, the engine saves and closes its run, and the thread is waited for.
pub struct ThreadLink {
    commands: Option<Sender<Command>>,
    shared: Shared,
    thread: Option<thread::JoinHandle<()>>,
}

impl ThreadLink {
    /// Starts an engine. `wake` is called from its thread whenever there is something new to receive.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub fn start(wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (commands, receiver) = channel();
        let shared = Shared::default();
        let outside = shared.clone();
        let thread = thread::Builder::new().name("engine".into()).spawn(move || {
            Driver { engine: Engine::new(seconds), commands: receiver, shared: outside, wake }.drive();
        })?;
        Ok(Self { commands: Some(commands), shared, thread: Some(thread) })
    }
}

impl EngineLink for ThreadLink {
    fn send(&mut self, command: Command) {
        // The thread ends only after this sender is gone.
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
    engine: Engine,
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

    /// The next command; none when it is time to work; an error when nobody will send any more.
    fn next(&self, work: Work) -> Result<Option<Command>, ()> {
        match work {
            Work::Now => match self.commands.try_recv() {
                Ok(command) => Ok(Some(command)),
                Err(TryRecvError::Empty) => Ok(None),
                Err(TryRecvError::Disconnected) => Err(()),
            },
            Work::After(seconds) => match self.commands.recv_timeout(Duration::from_secs_f64(seconds.clamp(0.0, 60.0)))
            {
                Ok(command) => Ok(Some(command)),
                Err(RecvTimeoutError::Timeout) => Ok(None),
                Err(RecvTimeoutError::Disconnected) => Err(()),
            },
            Work::None => self.commands.recv().map(Some).map_err(|_| ()),
        }
    }

    /// Runs `work` on the engine. A panic below, as drivers of lost devices cause, ends what was open and not the lab.
    fn guarded<T: Default + Send>(&mut self, work: impl FnOnce(&mut Engine) -> T + Send) -> T {
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
