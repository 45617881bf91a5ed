//! The world of one side of a comparison: live, without plans.

use bootstride_session::history::History;
use bootstride_session::message::NoSession;
use eframe::egui;

use super::WorldPane;
use crate::host::Host;
use crate::panes::compare::SideView;
use crate::panes::{Context, Pane as _};
use crate::ui::Palette;
use crate::view::View;

/// A world without a session to send commands to.
#[derive(Default)]
pub struct SideWorld {
    pane: WorldPane,
    view: View,
}

impl SideView for SideWorld {
    fn ui(&mut self, ui: &mut egui::Ui, history: &History, palette: &Palette) {
        let (mut nobody, mut nowhere) = (NoSession::because(""), Host::default());
        let mut cx = Context { history, view: &mut self.view, link: &mut nobody, palette, place: &mut nowhere };
        self.pane.ui(ui, &mut cx);
    }
}
