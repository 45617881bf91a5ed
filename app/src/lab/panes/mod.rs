//! The panes: each shows one side of the same [`History`], and sends commands.

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
pub use timeline::TimelinePane;
pub use value::ValuePane;
pub use values::ValuesPane;

use std::any::Any;
use std::sync::Arc;

use bootstride_core::inspect::{Decision, PlanAnalysis};
use eframe::egui;

use super::host::Host;
use super::ui::Palette;
use super::view::{Cursor, View};
use crate::session::history::History;
use crate::session::message::{Command, SessionLink, Stage};

/// What a pane is given.
pub struct Context<'a> {
    /// What the session told.
    pub history: &'a History,
    /// What the user looks at.
    pub view: &'a mut View,
    /// The way to the session.
    pub link: &'a mut dyn SessionLink,
    /// The colours.
    pub palette: &'a Palette,
    /// The window or page around.
    pub place: &'a mut Host,
}

impl<'a> Context<'a> {
    /// Sends a command.
    pub fn send(&mut self, command: Command) {
        self.link.send(command);
    }

    /// The decision that is shown.
    #[must_use]
    pub fn decision(&self) -> Option<&'a Decision> {
        match self.view.cursor {
            Cursor::Live => self.history.newest(),
            Cursor::At(number) => self.history.decision(number),
        }
    }

    /// Why there is no decision to show yet.
    #[must_use]
    pub fn undecided(&self) -> &'static str {
        let status = &self.history.status;
        match (&status.config, status.stage) {
            (None, _) => "No run is open.",
            (Some(_), Stage::Playing) => "The planner has not decided yet.",
            (Some(_), _) => "The planner has not decided yet: the seed phase uses random actions.",
        }
    }

    /// The analysis that is shown: of the decision at the cursor; live, the newest there is.
    #[must_use]
    pub fn analysis(&self) -> Option<&'a Arc<PlanAnalysis>> {
        match self.view.cursor {
            Cursor::Live => self.history.analyses.back(),
            Cursor::At(number) => self.history.analysis(number),
        }
    }
}

/// One side of the lab.
pub trait Pane: Any {
    /// What it is called, in sentence case.
    fn title(&self) -> &'static str;
    /// Draws it into the room that is there.
    fn ui(&mut self, ui: &mut egui::Ui, cx: &mut Context<'_>);
    /// A slim strip above the other tabs, where it wants one; says whether there is one.
    fn banner_ui(&mut self, ui: &mut egui::Ui, cx: &mut Context<'_>) -> bool {
        let _ = (ui, cx);
        false
    }
    /// Does what it does for other panes, where it is not to be seen but they are.
    fn behind(&mut self, ui: &mut egui::Ui, cx: &mut Context<'_>) {
        let _ = (ui, cx);
    }
    /// The lab is about to close.
    fn leave(&mut self, cx: &mut Context<'_>) {
        let _ = cx;
    }
    /// What it wants to find again at the next start.
    fn keep(&self) -> Option<String> {
        None
    }
    /// Takes back what it kept. What it cannot read it leaves alone.
    fn restore(&mut self, kept: &str) {
        let _ = kept;
    }
}
