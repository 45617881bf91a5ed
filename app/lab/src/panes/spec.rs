//! A pane's description: names, places in the default layouts, and what it needs from the session.

use std::ops::BitOr;

use crate::ui::glossary::Term;
use crate::view::{Tab, View};

/// The description of a pane. Each pane has one as its constant `SPEC`.
#[derive(Clone, Copy, Debug)]
pub struct PaneSpec {
    /// The name in addresses and accessible labels, such as `delta-q`. It never changes: links contain it.
    pub name: &'static str,
    /// The title, in sentence case.
    pub title: &'static str,
    /// A short title of one or two words.
    pub word: &'static str,
    /// The key of the saved state. It never changes, even if the title does: users have state under it.
    pub key: &'static str,
    /// The places in the default layouts.
    pub places: &'static [Place],
    /// The minimum width, points: the pane's text would not fit into less.
    pub least_width: f32,
    /// Whether the pane leaves its own margins; otherwise the shell leaves them.
    pub own_margins: bool,
    /// Returns what the pane needs from the session while it is visible.
    pub needs: fn(&View) -> Needs,
    /// The terms that only this pane explains; those of several panes are in the [glossary](crate::ui::glossary).
    pub terms: &'static [Term],
}

impl PaneSpec {
    /// Creates the description of a pane that needs nothing, leaves its own margins and has no place yet.
    #[must_use]
    pub const fn new(name: &'static str, title: &'static str, word: &'static str) -> Self {
        Self {
            name,
            title,
            word,
            key: name,
            places: &[],
            least_width: 200.0,
            own_margins: true,
            needs: |_| Needs::NOTHING,
            terms: &[],
        }
    }

    /// Returns the pane's place in a tab; `None` if it is not part of the tab's default layout.
    #[must_use]
    pub fn place_in(&self, tab: Tab) -> Option<&'static Place> {
        self.places.iter().find(|place| place.tab == tab)
    }

    /// Returns whether the pane is a strip below the columns of some tab.
    #[must_use]
    pub fn is_strip(&self) -> bool {
        self.places.iter().any(|place| place.column.is_none())
    }
}

/// A place in the default layout of a tab.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The tab.
    pub tab: Tab,
    /// The column from the left, from 0; `None` is the strip below the columns.
    pub column: Option<usize>,
    /// The height relative to the other panes of the column, which follow in the order of the list of panes.
    pub share: f32,
    /// The order on a small screen, which shows one pane at a time: lower ones come first, equal ones in the order of
    /// the list of panes.
    pub turn: i8,
}

impl Place {
    /// Creates a place in a column.
    #[must_use]
    pub const fn column(tab: Tab, column: usize, share: f32) -> Self {
        Self { tab, column: Some(column), share, turn: 0 }
    }

    /// Creates a place in the strip below the columns.
    #[must_use]
    pub const fn strip(tab: Tab) -> Self {
        Self { tab, column: None, share: 1.0, turn: 0 }
    }

    /// Puts the pane before the others on a small screen.
    #[must_use]
    pub const fn first(self) -> Self {
        Self { turn: -1, ..self }
    }

    /// Puts the pane after the others on a small screen.
    #[must_use]
    pub const fn last(self) -> Self {
        Self { turn: 1, ..self }
    }
}

/// What a pane needs from the session. Analyses of plans cost time, so the session computes only what is visible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is needed on its own")]
pub struct Needs {
    /// The traces of plans.
    pub plan: bool,
    /// The value and reward distributions at the state.
    pub values: bool,
    /// The paths as the world model imagines them.
    pub imagined: bool,
    /// The paths as executed in the simulation.
    pub real: bool,
}

impl Needs {
    /// No analysis.
    pub const NOTHING: Self = Self { plan: false, values: false, imagined: false, real: false };
    /// The traces of plans.
    pub const PLAN: Self = Self { plan: true, ..Self::NOTHING };
    /// The value and reward distributions at the state.
    pub const VALUES: Self = Self { values: true, ..Self::NOTHING };
}

impl BitOr for Needs {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self {
            plan: self.plan || other.plan,
            values: self.values || other.values,
            imagined: self.imagined || other.imagined,
            real: self.real || other.real,
        }
    }
}
