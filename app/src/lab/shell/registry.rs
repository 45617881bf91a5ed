//! The registry of panes.

use std::collections::BTreeMap;

use eframe::egui;

use super::PaneKind;
use crate::lab::host::Host;
use crate::lab::panes::compare::{CompareChoices, ComparePane, LinkFactory, SideView};
use crate::lab::panes::{
    AgainstPane, Context, DeltaQPane, ElitesPane, ExpertsPane, IterationsPane, LearningPane, NarrowingPane, Pane,
    ReturnsPane, SamplesPane, SetupPane, StoryPane, TimelinePane, ValuePane, ValuesPane, WhatIfPane,
};
use crate::lab::tour::TourPane;
use crate::lab::ui::Palette;
use crate::lab::view::View;
use crate::lab::world::WorldPane;
use crate::session::history::History;
use crate::session::message::NoSession;

/// A world in a comparison: live, without plans.
#[derive(Default)]
struct SideWorld {
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

/// All panes, each with its saved state.
pub fn panes(links: LinkFactory, kept: &BTreeMap<String, String>) -> BTreeMap<PaneKind, Box<dyn Pane>> {
    let mut panes: BTreeMap<PaneKind, Box<dyn Pane>> = BTreeMap::new();
    let mut add = |kind: PaneKind, pane: Box<dyn Pane>| panes.insert(kind, pane);
    add(PaneKind::Setup, Box::<SetupPane>::default());
    add(PaneKind::World, Box::<WorldPane>::default());
    add(PaneKind::Returns, Box::<ReturnsPane>::default());
    add(PaneKind::Samples, Box::new(SamplesPane));
    add(PaneKind::Value, Box::new(ValuePane));
    add(PaneKind::DeltaQ, Box::<DeltaQPane>::default());
    add(PaneKind::Timeline, Box::<TimelinePane>::default());
    add(PaneKind::Iterations, Box::<IterationsPane>::default());
    add(PaneKind::Narrowing, Box::<NarrowingPane>::default());
    add(PaneKind::Elites, Box::<ElitesPane>::default());
    add(PaneKind::Against, Box::<AgainstPane>::default());
    add(PaneKind::WhatIf, Box::<WhatIfPane>::default());
    add(PaneKind::Story, Box::<StoryPane>::default());
    add(PaneKind::Values, Box::<ValuesPane>::default());
    add(PaneKind::Learning, Box::<LearningPane>::default());
    add(PaneKind::Experts, Box::<ExpertsPane>::default());
    let views = Box::new(|| Box::<SideWorld>::default() as Box<dyn SideView>);
    add(PaneKind::Compare, Box::new(ComparePane::new(CompareChoices::default(), links, views)));
    add(PaneKind::Tour, Box::<TourPane>::default());
    for pane in panes.values_mut() {
        if let Some(kept) = kept.get(pane.title()) {
            pane.restore(kept);
        }
    }
    panes
}
