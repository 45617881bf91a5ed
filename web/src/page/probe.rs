//! Reports what the lab shows as JSON, for scripts: an interactive lesson, or a test.

use std::cell::RefCell;
use std::collections::BTreeMap;

use bootstride_core::inspect::{Decision, PlanAnalysis};
use bootstride_core::train::Evaluation;
use bootstride_lab::shell::Lab;
use bootstride_session::message::{Command, Status, WhatIfResult};
use eframe::egui;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// Number of decisions reported.
const RECENT: usize = 1000;

thread_local! {
    static TOLD: RefCell<String> = RefCell::default();
    static WANTED: RefCell<Wanted> = RefCell::default();
}

/// Requests from scripts since the last frame.
#[derive(Default)]
struct Wanted {
    /// Whether the state is requested.
    asked: bool,
    /// Commands for the session.
    commands: Vec<Command>,
    /// Number of frames so far.
    frame: u64,
    /// The lab's context, to wake it.
    ctx: Option<egui::Context>,
}

impl Wanted {
    /// An idle lab draws no frame on its own.
    fn wake(&self) {
        if let Some(ctx) = &self.ctx {
            ctx.request_repaint();
        }
    }
}

/// The reported state.
#[derive(Serialize)]
struct State<'a> {
    /// Number of the reporting frame.
    frame: u64,
    status: &'a Status,
    failure: Option<String>,
    /// Query of an address that opens this state.
    deep_link: String,
    /// The panes that were drawn in the frame before, with left, top, right and bottom, points.
    panes: BTreeMap<&'static str, [f32; 4]>,
    /// Yaw and pitch of the camera, rad.
    camera: Option<[f32; 2]>,
    decisions: usize,
    /// Episode and reward of the last recorded decisions, oldest first.
    recent: Vec<(u32, f32)>,
    /// Returns of the episodes that ended, oldest first.
    returns: Vec<f32>,
    evaluations: &'a [Evaluation],
    decision: Option<&'a Decision>,
    /// Trace of the last decision that was analyzed while it was made.
    analysis: Option<&'a PlanAnalysis>,
    /// The latest result of an inspection.
    inspected: Option<&'a PlanAnalysis>,
    /// The latest result of a what-if.
    outcomes: Option<&'a (u32, Vec<WhatIfResult>)>,
    /// Recent notices to the user.
    notices: Vec<&'a str>,
}

/// Returns what the lab showed in its last frame as JSON; empty before the second call. Also requests the next state.
#[wasm_bindgen]
#[must_use]
pub fn lab_state() -> String {
    WANTED.with_borrow_mut(|wanted| wanted.asked = true);
    WANTED.with_borrow(Wanted::wake);
    TOLD.with_borrow(Clone::clone)
}

/// Sends a command to the session, given as JSON as in `bootstride_session::message::Command`.
///
/// # Errors
/// If it is not a valid command.
#[wasm_bindgen]
pub fn lab_command(json: &str) -> Result<(), JsError> {
    let command = serde_json::from_str(json).map_err(|error| JsError::new(&format!("not a valid command: {error}")))?;
    WANTED.with_borrow_mut(|wanted| wanted.commands.push(command));
    WANTED.with_borrow(Wanted::wake);
    Ok(())
}

/// Enables scripts to wake the lab.
pub fn draws_on(ctx: &egui::Context) {
    WANTED.with_borrow_mut(|wanted| wanted.ctx = Some(ctx.clone()));
}

/// Returns the commands sent by scripts.
pub fn commands() -> Vec<Command> {
    WANTED.with_borrow_mut(|wanted| std::mem::take(&mut wanted.commands))
}

/// Reports the state if it was requested. To be called once per frame.
pub fn tell(lab: &Lab, failure: Option<String>) {
    let (asked, frame) = WANTED.with_borrow_mut(|wanted| {
        wanted.frame += 1;
        (std::mem::take(&mut wanted.asked), wanted.frame)
    });
    if !asked {
        return;
    }
    let history = &lab.history;
    let recent = history.decisions.iter().skip(history.decisions.len().saturating_sub(RECENT));
    let corners = |rect: egui::Rect| [rect.left(), rect.top(), rect.right(), rect.bottom()];
    let state = State {
        frame,
        status: &history.status,
        failure,
        deep_link: lab.deep_link().to_query(),
        panes: lab.drawn().iter().map(|(pane, rect)| (pane.name(), corners(*rect))).collect(),
        camera: lab.camera().map(|camera| [camera.yaw, camera.pitch]),
        decisions: history.decisions.len(),
        recent: recent.map(|decision| (decision.episode, decision.reward)).collect(),
        returns: history.episodes.iter().map(|(_, episode_return)| *episode_return).collect(),
        evaluations: &history.evaluations,
        decision: history.newest(),
        analysis: history.analyses.back().map(AsRef::as_ref),
        inspected: history.inspected.as_deref(),
        outcomes: history.outcomes.as_ref(),
        notices: history.notices.iter().map(|notice| notice.text.as_str()).collect(),
    };
    TOLD.with_borrow_mut(|told| *told = serde_json::to_string(&state).unwrap_or_default());
}

/// Returns a hash of the motion of a body under a fixed sequence of controls (`tests/wasm`), in decimal digits:
/// identical in every browser and natively.
#[wasm_bindgen]
#[must_use]
pub fn physics_hash(body: u32, control_steps: u32) -> String {
    bootstride_wasm_check::motion(body, control_steps).to_string()
}
