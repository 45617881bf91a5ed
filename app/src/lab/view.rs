//! What the user looks at, and how; kept between starts.

use serde::{Deserialize, Serialize};

/// The tabs at the top.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Tab {
    /// Set up, run, watch.
    #[default]
    Train,
    /// One decision analyzed.
    Decision,
    /// What the networks believe.
    Values,
    /// Runs and agents side by side.
    Compare,
    /// The guided tour.
    Tour,
}

impl Tab {
    /// All, in order.
    pub const ALL: [Self; 5] = [Self::Train, Self::Decision, Self::Values, Self::Compare, Self::Tour];

    /// What it is called.
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

    /// What it is called in an address.
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

/// The panes by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PaneKind {
    /// Task and agent.
    Setup,
    /// The body in 3D.
    World,
    /// Evaluations of planner and policy.
    Returns,
    /// G of this decision's samples.
    Samples,
    /// V at this state.
    Value,
    /// Delta-Q over training.
    DeltaQ,
    /// Episodes and decisions.
    Timeline,
    /// Every iteration's histogram.
    Iterations,
    /// Mean and standard deviation over the iterations.
    Narrowing,
    /// Elites and their weights.
    Elites,
    /// Plan against policy, term by term.
    Against,
    /// Other settings for the same state.
    WhatIf,
    /// What happened, in words.
    Story,
    /// Value and reward distributions, calibration.
    Values,
    /// Losses and time.
    Learning,
    /// KL and ages of experts.
    Experts,
    /// Runs and agents side by side.
    Compare,
    /// The guided tour.
    Tour,
}

impl PaneKind {
    /// All, in the order in which they are told of.
    pub const ALL: [Self; 18] = [
        Self::World,
        Self::Setup,
        Self::Returns,
        Self::Samples,
        Self::Value,
        Self::DeltaQ,
        Self::Timeline,
        Self::Story,
        Self::Iterations,
        Self::Narrowing,
        Self::Elites,
        Self::Against,
        Self::WhatIf,
        Self::Values,
        Self::Learning,
        Self::Experts,
        Self::Compare,
        Self::Tour,
    ];

    /// What it is called in an address.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::World => "world",
            Self::Returns => "returns",
            Self::Samples => "samples",
            Self::Value => "value",
            Self::DeltaQ => "delta-q",
            Self::Timeline => "timeline",
            Self::Iterations => "iterations",
            Self::Narrowing => "narrowing",
            Self::Elites => "elites",
            Self::Against => "against",
            Self::WhatIf => "what-if",
            Self::Story => "story",
            Self::Values => "values",
            Self::Learning => "learning",
            Self::Experts => "experts",
            Self::Compare => "compare",
            Self::Tour => "tour",
        }
    }

    /// What it is called where there is little room: a word or two.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Setup => "Setup",
            Self::World => "World",
            Self::Returns => "Returns",
            Self::Samples => "Samples",
            Self::Value => "Value",
            Self::DeltaQ => "\u{394}Q",
            Self::Timeline => "Timeline",
            Self::Iterations => "Iterations",
            Self::Narrowing => "Narrowing",
            Self::Elites => "Elites",
            Self::Against => "Against policy",
            Self::WhatIf => "What if",
            Self::Story => "Story",
            Self::Values => "Values",
            Self::Learning => "Learning",
            Self::Experts => "Experts",
            Self::Compare => "Compare",
            Self::Tour => "Tour",
        }
    }
}

/// Which decision is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cursor {
    /// The newest.
    #[default]
    Live,
    /// The recorded one of this number.
    At(u32),
}

/// Which paths are drawn over the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PathChoice {
    /// As the world model imagines them.
    #[default]
    Imagined,
    /// As the simulation plays them.
    Real,
    /// Both, so that the model's error shows.
    Both,
    /// None.
    Off,
}

/// Dark or light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Theme {
    /// Dark.
    #[default]
    Dark,
    /// Light.
    Light,
}

/// What the user looks at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    /// The open tab.
    pub tab: Tab,
    /// The decision shown by world, planner and value panes.
    #[serde(skip)]
    pub cursor: Cursor,
    /// Seconds from a frame to the next one that shows what has moved; 0 is the display's own rate. The shell sets it.
    #[serde(skip)]
    pub frame_seconds: f32,
    /// Height at the foot of the world that a card lies over, points. The shell sets it.
    #[serde(skip)]
    pub covered: f32,
    /// Dark or light.
    pub theme: Theme,
    /// Size of everything, 1 is the display's own.
    pub zoom: f32,
    /// Paths over the world.
    pub paths: PathChoice,
    /// Kinds of path that are drawn: policy, samples, elites, plan.
    pub kinds: [bool; 4],
    /// Whether the camera follows the body.
    pub follow: bool,
    /// The iteration of MPPI that is shown, from 0; `None` is the last.
    pub iteration: Option<usize>,
    /// The what-if case whose plan is shown next to the first, by its place among the outcomes.
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
