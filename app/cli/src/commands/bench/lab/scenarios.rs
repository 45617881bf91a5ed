//! The scenarios that are compared.

use bootstride_lab::PaneKind;
use bootstride_lab::panes::Needs;
use bootstride_lab::shell::Layout;
use bootstride_lab::view::{PathChoice, Tab, View};
use eframe::egui;
use egui_tiles::Tree;

/// A scenario of viewing a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// No lab: the trainer alone, as in `bootstride train`.
    Trainer,
    /// The lab's session, without a front end.
    Away,
    /// The lab without paths and without panes that analyze plans.
    Closed,
    /// A tab with its default layout.
    Tab(Tab),
    /// Every pane at once, with imagined and real paths.
    Everything,
}

impl Look {
    /// All scenarios, in the order in which they alternate.
    pub const ALL: [Self; 7] = [
        Self::Trainer,
        Self::Away,
        Self::Closed,
        Self::Tab(Tab::Train),
        Self::Tab(Tab::Decision),
        Self::Tab(Tab::Values),
        Self::Everything,
    ];

    /// Returns the name in the report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Trainer => "no lab",
            Self::Away => "nobody looks",
            Self::Closed => "traces closed",
            Self::Tab(tab) => tab.title(),
            Self::Everything => "everything open",
        }
    }

    /// Returns the view of the lab.
    #[must_use]
    pub fn view(self) -> View {
        let (tab, paths) = match self {
            Self::Tab(tab) => (tab, PathChoice::Imagined),
            Self::Everything => (Tab::Train, PathChoice::Both),
            Self::Trainer | Self::Away | Self::Closed => (Tab::Train, PathChoice::Off),
        };
        View { tab, paths, ..View::default() }
    }

    /// Returns the layout of the panes.
    #[must_use]
    pub fn layout(self) -> Layout {
        let mut layout = Layout::default();
        let is_of_a_run = |kind: &PaneKind| {
            let tabs = [Tab::Train, Tab::Decision, Tab::Values];
            tabs.into_iter().any(|tab| kind.spec().place_in(tab).is_some())
        };
        let is_shown = |kind: &PaneKind| match self {
            Self::Everything => is_of_a_run(kind),
            _ => is_of_a_run(kind) && (kind.spec().needs)(&self.view()) == Needs::NOTHING,
        };
        if !matches!(self, Self::Tab(_)) {
            let panes = PaneKind::ALL.into_iter().filter(is_shown).collect();
            *layout.tree(Tab::Train) = Tree::new_grid(egui::Id::unique(self.name()), panes);
        }
        layout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_that_analyze_no_plans_stay_open_when_traces_are_closed() {
        let shows = |look: Look, kind: PaneKind| look.layout().tree(Tab::Train).tiles.find_pane(&kind).is_some();
        assert!(shows(Look::Closed, PaneKind::World) && shows(Look::Closed, PaneKind::Learning));
        assert!(!shows(Look::Closed, PaneKind::Samples) && !shows(Look::Closed, PaneKind::Compare));
        assert!(shows(Look::Everything, PaneKind::Samples) && !shows(Look::Everything, PaneKind::Tour));
    }
}
