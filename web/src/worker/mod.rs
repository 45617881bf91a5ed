//! The session in a web worker: receives commands and sends updates as messages.

use std::cell::RefCell;
use std::collections::VecDeque;

use bootstride_core::vfs::memory;
use bootstride_session::clock::seconds;
use bootstride_session::message::{Command, Update};
use bootstride_session::wire::{File, FromSession, ToSession, decode, encode};
use bootstride_session::{Session, Work, merge};
use js_sys::{Array, Function, Promise, Uint8Array, global};
use serde_bytes::ByteBuf;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::browser::{self, Turns};

/// Longest time between two checks for messages while the session works, s. A step that takes longer is not
/// interrupted.
const TURN_SECONDS: f64 = 0.012;
/// Minimum time between updates, s.
const UPDATE_SECONDS: f64 = 0.03;
/// Time between checks for changed files, s.
const FILES_SECONDS: f64 = 2.0;
/// Time between checkpoints of a run in training, s: the most that is lost if the page is closed.
const SAVE_SECONDS: f64 = 30.0;

thread_local! {
    static INBOX: RefCell<Inbox> = RefCell::default();
}

/// Pending messages, and the waker of the task that waits for them.
#[derive(Default)]
struct Inbox {
    messages: VecDeque<ToSession>,
    waiting: Option<Function>,
}

/// Starts the session. To be called once, in a worker.
#[wasm_bindgen]
pub fn start_worker() {
    browser::on_panic(|text| post(&FromSession::Broke(text.to_owned())));
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| receive(&event.data()));
    scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
    post(&FromSession::Alive);
    spawn_local(async {
        Driver::new().drive().await;
    });
}

fn scope() -> DedicatedWorkerGlobalScope {
    global().unchecked_into()
}

fn post(message: &FromSession) {
    let bytes = match encode(message) {
        Ok(bytes) => Uint8Array::from(&bytes[..]),
        Err(error) => return web_sys::console::error_1(&error.to_string().into()),
    };
    let buffer = bytes.buffer();
    if let Err(error) = scope().post_message_with_transfer(&buffer, &Array::of1(&buffer)) {
        web_sys::console::error_1(&error);
    }
}

fn receive(data: &JsValue) {
    match decode(&browser::bytes(data)) {
        // Immediately, so that the worker is not considered failed after a long step.
        Ok(ToSession::Ping) => post(&FromSession::Alive),
        Ok(message) => {
            let waiting = INBOX.with_borrow_mut(|inbox| {
                inbox.messages.push_back(message);
                inbox.waiting.take()
            });
            wake(waiting);
        }
        Err(error) => post(&FromSession::Broke(error.to_string())),
    }
}

fn wake(waiting: Option<Function>) {
    if let Some(resolve) = waiting {
        let _ = resolve.call0(&JsValue::NULL);
    }
}

/// Waits until a message arrives, or for this many seconds.
async fn wait(limit: Option<f64>) {
    let promise = Promise::new(&mut |resolve, _| {
        if let Some(seconds) = limit {
            browser::after(seconds, &resolve);
        }
        INBOX.with_borrow_mut(|inbox| inbox.waiting = Some(resolve));
    });
    if INBOX.with_borrow(|inbox| inbox.messages.is_empty()) {
        let _ = JsFuture::from(promise).await;
    }
}

struct Driver {
    engine: Session,
    turns: Turns,
    /// Updates from the session that have not been sent yet.
    pending: Option<Update>,
    /// Whether the page has processed the last update.
    taken: bool,
    sent_at: f64,
    looked_at: f64,
}

impl Driver {
    fn new() -> Self {
        Self {
            engine: Session::new(seconds).saving_every(SAVE_SECONDS),
            turns: Turns::new(),
            pending: None,
            taken: true,
            sent_at: 0.0,
            looked_at: 0.0,
        }
    }

    async fn drive(mut self) {
        let mut work = Work::None;
        loop {
            let mut commanded = false;
            while let Some(message) = INBOX.with_borrow_mut(|inbox| inbox.messages.pop_front()) {
                if let Some(command) = self.take(message) {
                    if self.engine.announce(&command) {
                        self.tell(false);
                    }
                    self.engine.handle(command).await;
                    commanded = true;
                    work = Work::Now;
                }
            }
            if work == Work::Now {
                let begin = seconds();
                loop {
                    work = self.engine.advance().await;
                    if work != Work::Now || seconds() - begin >= TURN_SECONDS {
                        break;
                    }
                }
            }
            self.tell(commanded);
            match work {
                Work::Now => self.turns.next().await,
                Work::After(seconds) => {
                    wait(Some(seconds.clamp(0.0, 1.0))).await;
                    work = Work::Now;
                }
                // An update may still be pending: send it later, to limit the rate.
                Work::None if self.pending.is_some() && self.taken => wait(Some(UPDATE_SECONDS)).await,
                Work::None => wait(None).await,
            }
        }
    }

    fn take(&mut self, message: ToSession) -> Option<Command> {
        match message {
            ToSession::Files(files) => {
                for File { path, bytes } in files {
                    // If this fails, the command that needs it fails with its own error.
                    let _ = memory::put((path, bytes.map(ByteBuf::into_vec)));
                }
                None
            }
            ToSession::Taken => {
                self.taken = true;
                None
            }
            ToSession::Ping => None,
            command @ ToSession::Command { .. } => command.into_command(),
        }
    }

    fn tell(&mut self, commanded: bool) {
        if let Some(update) = self.engine.take_update() {
            merge(self.pending.get_or_insert_default(), update);
        }
        let now = seconds();
        if now - self.looked_at >= FILES_SECONDS || commanded {
            self.looked_at = now;
            let changes = memory::changes();
            if !changes.is_empty() {
                let file = |(path, bytes): memory::Change| File { path, bytes: bytes.map(ByteBuf::from) };
                post(&FromSession::Files(changes.into_iter().map(file).collect()));
            }
        }
        if self.taken
            && now - self.sent_at >= UPDATE_SECONDS
            && let Some(update) = self.pending.take()
        {
            (self.taken, self.sent_at) = (false, now);
            post(&FromSession::update(update));
        }
    }
}
