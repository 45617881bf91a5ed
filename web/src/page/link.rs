//! The link to a session in a web worker.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use bootstride_session::clock::seconds;
use bootstride_session::merge;
use bootstride_session::message::{Activity, Command, SessionLink, Status, Update};
use bootstride_session::wire::{CustomBody, FromSession, ToSession, decode, encode};
use js_sys::{Array, Object, Reflect, Uint8Array};
use serde_bytes::ByteBuf;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

use super::session::Session;
use super::shared_files::{Post, SharedFiles};
use crate::browser::{self, bytes, text};

/// Silence after which a worker is asked to respond, s.
const ASK_SECONDS: f64 = 4.0;
/// Time without a response after which a worker counts as failed, s.
const PATIENCE_SECONDS: f64 = 12.0;
/// The same on a GPU: a slow one blocks its caller, and its shaders are compiled in this time.
const GPU_PATIENCE_SECONDS: f64 = 90.0;
/// The same during start, while the module is compiled.
const START_SECONDS: f64 = 60.0;

/// Access to a session from outside the lab.
#[derive(Clone)]
pub struct Health(Rc<State>);

impl Health {
    /// The reason why the session failed; `None` while it works.
    pub fn failure(&self) -> Option<String> {
        self.0.0.borrow().failure.clone()
    }

    /// The last reported status.
    pub fn status(&self) -> Status {
        self.0.0.borrow().status.clone()
    }

    /// What the session has open, or had open when it failed.
    pub fn session(&self) -> Option<Session> {
        self.0.0.borrow().session.clone()
    }

    /// Sends a command.
    pub fn send(&self, command: Command) {
        self.0.post(&ToSession::command(command));
    }
}

/// A session in a worker. When this is dropped, the worker ends.
pub struct WorkerLink {
    state: Rc<State>,
    shared_files: Rc<SharedFiles>,
}

struct State(RefCell<Inner>);

#[derive(Default)]
struct Inner {
    worker: Option<Worker>,
    number: u32,
    pending: Option<Update>,
    own_body: CustomBody,
    failure: Option<String>,
    /// The last reported status of the session.
    status: Status,
    /// What the session has open, or had open when it failed.
    session: Option<Session>,
    alive: bool,
    /// Whether a run or an agent is being opened, which on a GPU includes compiling all its shaders.
    opens: bool,
    heard_at: f64,
    asked_at: Option<f64>,
    checked_at: f64,
}

impl WorkerLink {
    /// Starts a worker with a session.
    pub fn start(shared_files: &Rc<SharedFiles>) -> Self {
        let link = Self { state: Rc::new(State(RefCell::default())), shared_files: shared_files.clone() };
        link.begin();
        link
    }

    /// Returns access to the session from outside the lab.
    pub fn health(&self) -> Health {
        Health(self.state.clone())
    }

    fn begin(&self) {
        let begun = self.begin_worker();
        let mut inner = self.state.0.borrow_mut();
        (inner.alive, inner.heard_at, inner.asked_at) = (false, seconds(), None);
        match begun {
            Ok(worker) => (inner.worker, inner.failure) = (Some(worker), None),
            Err(error) => {
                inner.failure = Some(format!("the browser cannot start a worker: {}", browser::in_words(&error)))
            }
        }
        drop(inner);
        let post: Weak<dyn Post> = Rc::downgrade(&(self.state.clone() as Rc<dyn Post>));
        self.state.0.borrow_mut().number = self.shared_files.join(post);
        self.state.post(&SharedFiles::all());
    }

    fn begin_worker(&self) -> Result<Worker, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name("engine");
        let worker = Worker::new_with_options(&self.shared_files.config.worker_url, &options)?;
        let (state, shared_files) = (Rc::downgrade(&self.state), self.shared_files.clone());
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(state) = state.upgrade() {
                state.hear(&event.data(), &shared_files);
            }
        });
        worker.set_onmessage(Some(heard.into_js_value().unchecked_ref()));
        let (state, shared_files) = (Rc::downgrade(&self.state), self.shared_files.clone());
        let broke = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
            if let Some(state) = state.upgrade() {
                // If the script fails to load, the event has no message.
                let message = text(&event, "message");
                let message = if message.is_empty() { "it could not be loaded".to_owned() } else { message };
                state.fail(message);
                shared_files.wake();
            }
        });
        worker.set_onerror(Some(broke.into_js_value().unchecked_ref()));
        let parts = Object::new();
        Reflect::set(&parts, &"module".into(), &self.shared_files.config.module)?;
        Reflect::set(&parts, &"js_url".into(), &self.shared_files.config.js_url.as_str().into())?;
        worker.post_message(&parts)?;
        Ok(worker)
    }
}

impl Post for State {
    fn post(&self, message: &ToSession) {
        let inner = self.0.borrow();
        let Some(worker) = inner.worker.as_ref().filter(|_| inner.failure.is_none()) else { return };
        let sent = encode(message).map_err(|error| JsValue::from(error.to_string())).and_then(|bytes| {
            let buffer = Uint8Array::from(&bytes[..]).buffer();
            worker.post_message_with_transfer(&buffer, &Array::of1(&buffer))
        });
        if let Err(error) = sent {
            web_sys::console::error_1(&error);
        }
    }
}

impl State {
    fn hear(&self, data: &JsValue, shared_files: &SharedFiles) {
        // The worker's script reports in an object what prevented it from starting.
        let failed = text(data, "failed");
        if !failed.is_empty() {
            self.fail(failed);
            shared_files.wake();
            return;
        }
        {
            let mut inner = self.0.borrow_mut();
            (inner.alive, inner.heard_at, inner.asked_at) = (true, seconds(), None);
        }
        match decode(&bytes(data)) {
            Ok(FromSession::Alive) => {}
            Ok(FromSession::Update { mut update, body }) => {
                let mut inner = self.0.borrow_mut();
                inner.own_body.complete(&mut update, body);
                inner.status = update.status.clone();
                inner.session = Session::after(inner.session.take(), &inner.status);
                inner.opens &= !update.opened && update.notices.is_empty();
                let runs = update.status.activity == Activity::Running && update.notices.is_empty();
                merge(inner.pending.get_or_insert_default(), *update);
                drop(inner);
                self.post(&ToSession::Taken);
                if runs {
                    shared_files.wake_in_time();
                } else {
                    shared_files.wake();
                }
            }
            Ok(FromSession::Files(files)) => {
                let number = self.0.borrow().number;
                let change = files.into_iter().map(|file| (file.path, file.bytes.map(ByteBuf::into_vec)));
                shared_files.take(change.collect(), Some(number));
            }
            Ok(FromSession::Broke(why)) => {
                self.fail(why);
                shared_files.wake();
            }
            Err(error) => {
                self.fail(error.to_string());
                shared_files.wake();
            }
        }
    }

    /// Keeps the first reason: later ones are its consequences.
    fn fail(&self, why: String) {
        let mut inner = self.0.borrow_mut();
        if inner.failure.is_none() {
            inner.failure = Some(why);
        }
        if let Some(worker) = inner.worker.take() {
            worker.terminate();
        }
    }

    /// Asks a silent worker to respond, and marks it as failed if it does not.
    fn check(&self) {
        let mut inner = self.0.borrow_mut();
        if inner.worker.is_none() {
            return;
        }
        let now = seconds();
        // A page that was itself frozen, as in standby, could not receive anything in that time.
        if now - inner.checked_at > ASK_SECONDS {
            (inner.heard_at, inner.asked_at) = (now, None);
        }
        inner.checked_at = now;
        let patience = match (inner.alive, inner.status.on_gpu || inner.opens) {
            (false, _) => START_SECONDS,
            (true, true) => GPU_PATIENCE_SECONDS,
            (true, false) => PATIENCE_SECONDS,
        };
        match inner.asked_at {
            Some(asked) if now - asked > patience => {
                drop(inner);
                self.fail("it no longer answers".into());
            }
            None if now - inner.heard_at > ASK_SECONDS => {
                inner.asked_at = Some(now);
                drop(inner);
                self.post(&ToSession::Ping);
            }
            _ => {}
        }
    }
}

impl SessionLink for WorkerLink {
    fn send(&mut self, command: Command) {
        self.state.0.borrow_mut().opens |= command.opens();
        self.state.post(&ToSession::command(command));
    }

    fn receive(&mut self) -> Option<Update> {
        self.state.check();
        self.state.0.borrow_mut().pending.take()
    }

    fn failure(&self) -> Option<String> {
        self.state.0.borrow().failure.clone()
    }

    fn restart(&mut self) {
        if let Some(worker) = self.state.0.borrow_mut().worker.take() {
            worker.terminate();
        }
        let session = self.state.0.borrow().session.clone();
        self.state.0.borrow_mut().failure = None;
        self.begin();
        for command in session.iter().flat_map(Session::commands) {
            self.send(command);
        }
    }
}

impl Drop for WorkerLink {
    fn drop(&mut self) {
        if let Some(worker) = self.state.0.borrow_mut().worker.take() {
            worker.terminate();
        }
    }
}
