//! The strip at the bottom: the recorded episodes, and the reward of every decision of one. Dragging selects the
//! decision shown by the world, planner and value panes.

mod curve;
mod episodes;
mod strip;

pub use episodes::{episode_at, episodes};

use bootstride_core::inspect::AnalysisOptions;
use bootstride_session::history::{Episode, History};
use bootstride_session::message::Command;
use eframe::egui::{Frame, Id, Key, Margin, Modifiers, Ui};

use super::{Context, Pane, PaneSpec, Place};
use crate::view::{Cursor, PathChoice, Tab, View};

/// Seconds that the cursor rests on a decision before it is analyzed, so that a drag does not analyze every one.
const REST: f64 = 0.15;

/// The strip at the bottom.
#[derive(Debug, Default)]
pub struct TimelinePane {
    episodes: Vec<Episode>,
    generation: Option<u64>,
    /// The decision that the cursor reached last, and when.
    arrived: Option<(u32, f64)>,
    /// The last request to the session.
    asked: Option<(u32, AnalysisOptions)>,
}

/// Returns the analyses of a decision that the view needs.
#[must_use]
pub fn options(view: &View) -> AnalysisOptions {
    let (imagined, real) = match view.paths {
        PathChoice::Imagined => (true, false),
        PathChoice::Real => (false, true),
        PathChoice::Both => (true, true),
        PathChoice::Off => (false, false),
    };
    AnalysisOptions { imagined, real, ..AnalysisOptions::default() }
}

impl TimelinePane {
    /// Returns the recorded episodes; searched once per change.
    fn refresh(&mut self, history: &History) {
        if self.generation != Some(history.generation) {
            self.episodes = episodes(&history.decisions);
            self.generation = Some(history.generation);
        }
    }

    /// Keeps the cursor on a recorded decision.
    fn settle(cx: &mut Context<'_>) {
        let Cursor::At(number) = cx.view.cursor else { return };
        if cx.history.index(number).is_none() {
            cx.view.cursor = match cx.history.decisions.front() {
                Some(oldest) if number < oldest.number => Cursor::At(oldest.number),
                _ => Cursor::Live,
            };
        }
    }

    /// Requests the analysis of the decision at the cursor once, if there is none.
    fn inspect(&mut self, ui: &Ui, cx: &mut Context<'_>) {
        let Cursor::At(number) = cx.view.cursor else {
            (self.arrived, self.asked) = (None, None);
            return;
        };
        let now = ui.input(|input| input.time);
        if self.arrived.is_none_or(|(at, _)| at != number) {
            self.arrived = Some((number, now));
        }
        let wanted = (number, options(cx.view));
        // The view may need paths that the original analysis does not have.
        let lacks_paths = cx.history.analysis(number).is_none_or(|analysis| {
            use bootstride_core::inspect::PathSource::{Imagined, Real};
            let has = |source| analysis.paths.iter().any(|path| path.source == source);
            wanted.1.real && !has(Real) || wanted.1.imagined && !analysis.paths.is_empty() && !has(Imagined)
        });
        let needed = cx.history.analysis(number).is_none() || lacks_paths;
        if !needed || self.asked == Some(wanted) {
            return;
        }
        let rested = self.arrived.map_or(0.0, |(_, since)| now - since);
        if rested < REST {
            ui.ctx().request_repaint_after_secs(0.05);
            return;
        }
        if let Some(decision) = cx.history.decision(number) {
            self.asked = Some(wanted);
            cx.send(Command::Inspect { decision: Box::new(decision.clone()), options: wanted.1 });
        }
    }

    /// Arrow keys move by one decision (ten with shift), Home goes to the oldest one, End to the newest.
    fn keys(ui: &Ui, cx: &mut Context<'_>, id: Id) {
        let mine = ui.memory(|memory| memory.focused().is_none_or(|focused| focused == id));
        if !mine || cx.history.decisions.is_empty() {
            return;
        }
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        let by = [
            (Modifiers::SHIFT, Key::ArrowLeft, -10),
            (Modifiers::SHIFT, Key::ArrowRight, 10),
            (Modifiers::NONE, Key::ArrowLeft, -1),
            (Modifiers::NONE, Key::ArrowRight, 1),
        ];
        for (modifiers, key, by) in by {
            if pressed(modifiers, key) {
                step(cx, by);
            }
        }
        if pressed(Modifiers::NONE, Key::Home) {
            cx.view.cursor = cx.history.decisions.front().map_or(Cursor::Live, |oldest| Cursor::At(oldest.number));
        }
        if pressed(Modifiers::NONE, Key::End) {
            cx.view.cursor = Cursor::Live;
        }
    }
}

/// Moves the cursor by this many decisions; past the newest it is live.
fn step(cx: &mut Context<'_>, by: isize) {
    let decisions = &cx.history.decisions;
    let newest = decisions.len().saturating_sub(1);
    let at = match cx.view.cursor {
        Cursor::Live if by > 0 => return,
        Cursor::Live => newest,
        Cursor::At(number) => cx.history.index(number).unwrap_or(newest),
    };
    let to = at.saturating_add_signed(by);
    cx.view.cursor = match decisions.get(to) {
        Some(decision) if to <= newest => Cursor::At(decision.number),
        _ => Cursor::Live,
    };
}

impl TimelinePane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        places: &[Place::strip(Tab::Train), Place::strip(Tab::Decision), Place::strip(Tab::Values)],
        ..PaneSpec::new("timeline", "Timeline", "Timeline")
    };
}

impl Pane for TimelinePane {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        self.refresh(cx.history);
        Self::settle(cx);
        Frame::new().inner_margin(Margin::symmetric(14, 8)).show(ui, |ui| {
            let id = strip::strip_ui(ui, cx, &self.episodes);
            Self::keys(ui, cx, id);
        });
        self.inspect(ui, cx);
    }

    fn behind(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        Self::settle(cx);
        Self::keys(ui, cx, ui.scope_id().with("behind"));
        self.inspect(ui, cx);
    }
}
