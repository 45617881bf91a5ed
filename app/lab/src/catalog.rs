//! The list of panes.
//!
//! A pane is a type with a constant `SPEC` that describes it and an implementation of [`Pane`] that draws it. To add one,
//! write its module in `panes` and add a line here: layouts, links, small screens, subscriptions and the benchmark of the
//! lab follow from the description.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::panes::compare::{CompareChoices, ComparePane, LinkFactory, SideView};
use crate::panes::{
    AgainstPane, DeltaQPane, ElitesPane, ExpertsPane, IterationsPane, LearningPane, NarrowingPane, Pane, PaneSpec,
    ReturnsPane, SamplesPane, SetupPane, StoryPane, TimelinePane, ValuePane, ValuesPane, WhatIfPane,
};
use crate::tour::TourPane;
use crate::ui::glossary::{TERMS, Term};
use crate::view::Tab;
use crate::world::{SideWorld, WorldPane};

/// Declares [`PaneKind`] from lines `Kind: Type`, or `Kind: Type = function` if the pane is created from [`Tools`].
macro_rules! panes {
    ($($kind:ident: $pane:ty $(= $make:path)?,)*) => {
        /// The kinds of panes, in the order of listings. Saved layouts contain the names of the variants.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum PaneKind {
            $(#[doc = concat!("[`", stringify!($pane), "`].")] $kind,)*
        }

        impl PaneKind {
            /// All kinds, in the order of listings.
            pub const ALL: [Self; [$(stringify!($kind)),*].len()] = [$(Self::$kind),*];

            /// Returns the description.
            #[must_use]
            pub fn spec(self) -> &'static PaneSpec {
                match self {
                    $(Self::$kind => const { &<$pane>::SPEC },)*
                }
            }

            /// Creates a pane of this kind.
            #[must_use]
            pub fn make(self, tools: &Tools) -> Box<dyn Pane> {
                match self {
                    $(Self::$kind => Box::new(panes!(@make tools, $pane $(, $make)?)),)*
                }
            }
        }
    };
    (@make $tools:ident, $pane:ty) => { <$pane>::default() };
    (@make $tools:ident, $pane:ty, $make:path) => { $make($tools) };
}

panes! {
    World: WorldPane,
    Setup: SetupPane,
    Returns: ReturnsPane,
    Samples: SamplesPane,
    Value: ValuePane,
    DeltaQ: DeltaQPane,
    Timeline: TimelinePane,
    Story: StoryPane,
    Iterations: IterationsPane,
    Narrowing: NarrowingPane,
    Elites: ElitesPane,
    Against: AgainstPane,
    WhatIf: WhatIfPane,
    Values: ValuesPane,
    Learning: LearningPane,
    Experts: ExpertsPane,
    Compare: ComparePane = compare,
    Tour: TourPane,
}

impl PaneKind {
    /// Returns the name in an address.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// Returns the panes in the columns of a tab, in the order of small screens.
    #[must_use]
    pub fn of_tab(tab: Tab) -> Vec<Self> {
        let turn =
            |kind: Self| kind.spec().place_in(tab).filter(|place| place.column.is_some()).map(|place| place.turn);
        let mut panes: Vec<(i8, Self)> = Self::ALL.into_iter().filter_map(|kind| Some((turn(kind)?, kind))).collect();
        panes.sort_by_key(|(turn, _)| *turn);
        panes.into_iter().map(|(_, kind)| kind).collect()
    }

    /// Returns the pane in the strip below the columns of a tab, if there is one.
    #[must_use]
    pub fn strip_of(tab: Tab) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.spec().place_in(tab).is_some_and(|place| place.column.is_none()))
    }
}

/// Returns all terms that the lab explains: those of several panes, then those of single ones.
pub fn terms() -> impl Iterator<Item = &'static Term> {
    TERMS.iter().chain(PaneKind::ALL.into_iter().flat_map(|kind| kind.spec().terms))
}

/// What panes are created from.
#[derive(Clone)]
pub struct Tools {
    links: Rc<RefCell<LinkFactory>>,
}

impl Tools {
    /// Creates the tools. `links` starts additional sessions.
    #[must_use]
    pub fn new(links: LinkFactory) -> Self {
        Self { links: Rc::new(RefCell::new(links)) }
    }

    /// Returns a factory of additional sessions.
    #[must_use]
    pub fn links(&self) -> LinkFactory {
        let links = self.links.clone();
        Box::new(move || (links.borrow_mut())())
    }
}

fn compare(tools: &Tools) -> ComparePane {
    let views = Box::new(|| Box::<SideWorld>::default() as Box<dyn SideView>);
    ComparePane::new(CompareChoices::default(), tools.links(), views)
}

/// Creates all panes, each with its saved state.
#[must_use]
pub fn panes(tools: &Tools, kept: &BTreeMap<String, String>) -> BTreeMap<PaneKind, Box<dyn Pane>> {
    let make = |kind: PaneKind| {
        let mut pane = kind.make(tools);
        if let Some(kept) = kept.get(kind.spec().key) {
            pane.restore(kept);
        }
        (kind, pane)
    };
    PaneKind::ALL.into_iter().map(make).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn panes_are_told_apart_by_name_title_word_and_key() {
        for text in [
            |spec: &PaneSpec| spec.name,
            |spec: &PaneSpec| spec.title,
            |spec: &PaneSpec| spec.word,
            |spec: &PaneSpec| spec.key,
        ] {
            let texts: BTreeSet<&str> = PaneKind::ALL.iter().map(|kind| text(kind.spec())).collect();
            assert_eq!(texts.len(), PaneKind::ALL.len(), "{texts:?}");
        }
    }

    #[test]
    fn every_pane_has_a_place_and_at_most_one_in_a_tab() {
        for kind in PaneKind::ALL {
            let places = kind.spec().places;
            let tabs: BTreeSet<Tab> = places.iter().map(|place| place.tab).collect();
            assert!(!places.is_empty() && tabs.len() == places.len(), "{kind:?}: {places:?}");
        }
    }

    #[test]
    fn a_small_screen_begins_with_the_most_important_pane() {
        let first = Tab::ALL.map(|tab| PaneKind::of_tab(tab)[0]);
        assert_eq!(first, [PaneKind::World, PaneKind::World, PaneKind::Values, PaneKind::Compare, PaneKind::Tour]);
        assert_eq!(PaneKind::of_tab(Tab::Values).last(), Some(&PaneKind::World));
    }

    /// Names in links and keys of saved state, of releases so far.
    #[test]
    fn old_links_and_saved_state_keep_their_names() {
        let names = PaneKind::ALL.map(PaneKind::name);
        let old = [
            "world",
            "setup",
            "returns",
            "samples",
            "value",
            "delta-q",
            "timeline",
            "story",
            "iterations",
            "narrowing",
            "elites",
            "against",
            "what-if",
            "values",
            "learning",
            "experts",
            "compare",
            "tour",
        ];
        assert!(old.iter().all(|name| names.contains(name)), "{names:?}");
        let kept = [PaneKind::Setup, PaneKind::Compare, PaneKind::Tour].map(|kind| kind.spec().key);
        assert_eq!(kept, ["Task and agent", "Compare", "Tour"]);
    }
}
