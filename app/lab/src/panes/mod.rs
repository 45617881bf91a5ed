//! The panes: each shows one aspect of the same [`History`], and sends commands.

pub mod compare;
pub mod decision;
mod delta_q;
pub mod derive;
mod experts;
pub mod histogram;
mod learning;
mod returns;
mod samples;
pub mod setup;
mod spec;
pub mod timeline;
mod value;
mod values;

pub use decision::{AgainstPane, ElitesPane, IterationsPane, NarrowingPane, StoryPane, WhatIfPane};
pub use delta_q::DeltaQPane;
pub use experts::ExpertsPane;
pub use learning::LearningPane;
pub use returns::ReturnsPane;
pub use samples::SamplesPane;
pub use setup::SetupPane;
pub use spec::{Needs, PaneSpec, Place};
pub use timeline::TimelinePane;
pub use value::ValuePane;
pub use values::ValuesPane;

use std::any::Any;
use std::sync::Arc;

use bootstride_core::inspect::{Decision, PlanAnalysis};
use bootstride_session::history::History;
use bootstride_session::message::{Command, SessionLink, Stage};
use eframe::egui;

use super::host::Host;
use super::ui::Palette;
use super::view::{Cursor, View};

/// The context of a pane.
pub struct Context<'a> {
    /// The session's reports.
    pub history: &'a History,
    /// The view.
    pub view: &'a mut View,
    /// The link to the session.
    pub link: &'a mut dyn SessionLink,
    /// The colours.
    pub palette: &'a Palette,
    /// The surrounding window or page.
    pub place: &'a mut Host,
}

impl<'a> Context<'a> {
    /// Sends a command.
    pub fn send(&mut self, command: Command) {
        self.link.send(command);
    }

    /// Returns the decision shown.
    #[must_use]
    pub fn decision(&self) -> Option<&'a Decision> {
        match self.view.cursor {
            Cursor::Live => self.history.newest(),
            Cursor::At(number) => self.history.decision(number),
        }
    }

    /// Returns the reason why there is no decision to show yet.
    #[must_use]
    pub fn undecided(&self) -> &'static str {
        let status = &self.history.status;
        match (&status.config, status.stage) {
            (None, _) => "No run is open.",
            (Some(_), Stage::Playing) => "The planner has not decided yet.",
            (Some(_), _) => "The planner has not decided yet: the seed phase uses random actions.",
        }
    }

    /// Returns the analysis shown: of the decision at the cursor, or the newest one in live mode.
    #[must_use]
    pub fn analysis(&self) -> Option<&'a Arc<PlanAnalysis>> {
        match self.view.cursor {
            Cursor::Live => self.history.analyses.back(),
            Cursor::At(number) => self.history.analysis(number),
        }
    }
}

/// A pane of the lab. Its type also has a constant `SPEC`, its [description](PaneSpec).
pub trait Pane: Any {
    /// Draws the pane into the available room.
    fn ui(&mut self, ui: &mut egui::Ui, cx: &mut Context<'_>);
    /// Draws an optional banner above the other tabs; returns whether there is one.
    fn banner_ui(&mut self, ui: &mut egui::Ui, cx: &mut Context<'_>) -> bool {
        let _ = (ui, cx);
        false
    }
    /// Does its work for other panes while it is not visible but they are.
    fn behind(&mut self, ui: &mut egui::Ui, cx: &mut Context<'_>) {
        let _ = (ui, cx);
    }
    /// Called before the lab closes.
    fn leave(&mut self, cx: &mut Context<'_>) {
        let _ = cx;
    }
    /// Returns the state to save.
    fn keep(&self) -> Option<String> {
        None
    }
    /// Restores the saved state. Unreadable state is ignored.
    fn restore(&mut self, kept: &str) {
        let _ = kept;
    }
}
