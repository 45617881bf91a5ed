//! What the lab shows, as JSON, for scripts: a lesson that reacts, or a test.

use std::cell::RefCell;

use bootstride::lab::History;
use bootstride::lab::message::{Command, Status};
use bootstride_core::insight::{Anatomy, Decision};
use serde::Serialize;
use wasm_bindgen::prelude::*;

thread_local! {
    static TOLD: RefCell<String> = RefCell::default();
    static WANTED: RefCell<Wanted> = RefCell::default();
}

/// What a script asked for since the last frame.
#[derive(Default)]
pub struct Wanted {
    /// Whether the state is to be told.
    asked: bool,
    /// Commands for the engine.
    pub commands: Vec<Command>,
}

/// What is told.
#[derive(Serialize)]
struct State<'a> {
    status: &'a Status,
    failure: Option<String>,
    decisions: usize,
    /// Returns of the episodes that ended, oldest first.
    returns: Vec<f32>,
    decision: Option<&'a Decision>,
    anatomy: Option<&'a Anatomy>,
    notices: &'a [String],
}

/// What the lab showed in its last frame as JSON; empty before the second call. Asks for the next state as well.
#[wasm_bindgen]
#[must_use]
pub fn lab_state() -> String {
    WANTED.with_borrow_mut(|wanted| wanted.asked = true);
    TOLD.with_borrow(Clone::clone)
}

/// Sends a command to the engine, given as JSON as in `bootstride::lab::message::Command`.
///
/// # Errors
/// If it is none.
#[wasm_bindgen]
pub fn lab_command(json: &str) -> Result<(), JsError> {
    let command = serde_json::from_str(json).map_err(|error| JsError::new(&format!("no command: {error}")))?;
    WANTED.with_borrow_mut(|wanted| wanted.commands.push(command));
    Ok(())
}

/// The commands that scripts sent.
pub fn commands() -> Vec<Command> {
    WANTED.with_borrow_mut(|wanted| std::mem::take(&mut wanted.commands))
}

/// Tells the state, if anybody wants it.
pub fn tell(history: &History, failure: Option<String>, notices: &[String]) {
    if !WANTED.with_borrow_mut(|wanted| std::mem::take(&mut wanted.asked)) {
        return;
    }
    let state = State {
        status: &history.status,
        failure,
        decisions: history.decisions.len(),
        returns: history.episodes.iter().map(|(_, episode_return)| *episode_return).collect(),
        decision: history.decisions.back(),
        anatomy: history.anatomies.back().map(AsRef::as_ref),
        notices,
    };
    TOLD.with_borrow_mut(|told| *told = serde_json::to_string(&state).unwrap_or_default());
}

/// A hash of the motion of a body under a fixed sequence of controls (`tests/wasm`), in decimal digits: the same in every browser
/// as natively.
#[wasm_bindgen]
#[must_use]
pub fn physics_hash(body: u32, control_steps: u32) -> String {
    bootstride_wasm_check::motion(body, control_steps).to_string()
}
