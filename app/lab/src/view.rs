//! The user's view: what is shown, and how. Saved between sessions of the lab.

use serde::{Deserialize, Serialize};

/// The tabs at the top.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Tab {
    /// Set up, run, watch.
    #[default]
    Train,
    /// Analysis of one decision.
    Decision,
    /// Predictions of the networks.
    Values,
    /// Runs and agents side by side.
    Compare,
    /// The guided tour.
    Tour,
}

impl Tab {
    /// All tabs, in order.
    pub const ALL: [Self; 5] = [Self::Train, Self::Decision, Self::Values, Self::Compare, Self::Tour];

    /// Returns the title.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Train => "Train",
            Self::Decision => "One decision",
            Self::Values => "Values",
            Self::Compare => "Compare",
            Self::Tour => "Tour",
        }
    }

    /// Returns the name in an address.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Decision => "decision",
            Self::Values => "values",
            Self::Compare => "compare",
            Self::Tour => "tour",
        }
    }
}

/// The decision shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cursor {
    /// The newest.
    #[default]
    Live,
    /// The recorded decision with this number.
    At(u32),
}

/// The source of the paths drawn in the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PathChoice {
    /// As the world model imagines them.
    #[default]
    Imagined,
    /// As executed in the simulation.
    Real,
    /// Both, which shows the model's error.
    Both,
    /// None.
    Off,
}

/// The colour theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Theme {
    /// Dark.
    #[default]
    Dark,
    /// Light.
    Light,
}

/// The state of the view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    /// The open tab.
    pub tab: Tab,
    /// The decision shown by world, planner and value panes.
    #[serde(skip)]
    pub cursor: Cursor,
    /// Seconds between frames that show motion; 0 is the display's own rate. Set by the shell.
    #[serde(skip)]
    pub frame_seconds: f32,
    /// Height of the card that covers the bottom of the world, points. Set by the shell.
    #[serde(skip)]
    pub covered: f32,
    /// The colour theme.
    pub theme: Theme,
    /// Zoom factor; 1 is the display's own.
    pub zoom: f32,
    /// Paths over the world.
    pub paths: PathChoice,
    /// Kinds of paths drawn: policy, samples, elites, plan.
    pub kinds: [bool; 4],
    /// Whether the camera follows the body.
    pub follow: bool,
    /// The iteration of MPPI that is shown, from 0; `None` is the last.
    pub iteration: Option<usize>,
    /// The index of the what-if outcome whose plan is shown next to the original.
    #[serde(skip)]
    pub beside: Option<usize>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            tab: Tab::default(),
            cursor: Cursor::default(),
            frame_seconds: 0.0,
            covered: 0.0,
            theme: Theme::default(),
            zoom: 1.0,
            paths: PathChoice::default(),
            kinds: [true; 4],
            follow: true,
            iteration: None,
            beside: None,
        }
    }
}
