//! The scenarios that are compared.

use eframe::egui;
use egui_tiles::Tree;

use crate::lab::shell::{Layout, PaneKind};
use crate::lab::view::{PathChoice, Tab, View};

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
        use PaneKind as P;
        let mut layout = Layout::default();
        let grid = |panes: &[PaneKind]| Tree::new_grid(egui::Id::unique(self.name()), panes.to_vec());
        let panes = match self {
            Self::Tab(_) => return layout,
            Self::Trainer | Self::Away | Self::Closed => {
                grid(&[P::Setup, P::World, P::Returns, P::DeltaQ, P::Learning, P::Timeline])
            }
            Self::Everything => grid(&[
                P::Setup,
                P::World,
                P::Returns,
                P::Samples,
                P::Value,
                P::DeltaQ,
                P::Timeline,
                P::Iterations,
                P::Narrowing,
                P::Elites,
                P::Against,
                P::WhatIf,
                P::Story,
                P::Values,
                P::Learning,
                P::Experts,
            ]),
        };
        *layout.tree(Tab::Train) = panes;
        layout
    }
}
