//! A plot as data: drawn by egui, and written as SVG or CSV.
//!
//! [`Plot::show`] and [`Plot::to_svg`] draw the same scene, laid out once for a rectangle by `scene`.

mod axis;
mod labels;
mod marks;
mod readout;
mod scene;
mod show;
mod write;

use eframe::egui::{Color32, Rect};

/// A plot: a title that says what it shows, at most one figure of merit, few grid lines, direct labels.
#[derive(Clone, Debug, Default)]
pub struct Plot {
    /// What it shows.
    pub title: String,
    /// What to say at the right of the title, and in which colour (none: weak text).
    pub merit: Option<(String, Option<Color32>)>,
    /// Across.
    pub x: Axis,
    /// Up.
    pub y: Axis,
    /// What is drawn, first below.
    pub marks: Vec<Mark>,
    /// Of the whole, title included, in points; `None` takes what is there.
    pub height: Option<f32>,
    /// What to say where there is nothing to draw yet.
    pub empty: String,
}

/// An axis.
#[derive(Clone, Debug, Default)]
pub struct Axis {
    /// Name and unit, for tooltips and exports. A unit in brackets at the end, as in `Environment steps (steps)`, is
    /// written behind the last number of the axis across.
    pub label: String,
    /// Ends; `None` fits what is drawn.
    pub range: Option<[f64; 2]>,
    /// A range that must be seen at least.
    pub at_least: Option<[f64; 2]>,
    /// Whether numbers are left away.
    pub hidden: bool,
    /// Whether equal factors take equal room; what is not above 0 is then not drawn.
    pub logarithmic: bool,
}

/// Something drawn.
#[derive(Clone, Debug)]
pub enum Mark {
    /// A line through points `[x, y]`, in order of x.
    Line {
        /// What it is; written next to its end if there is room. Empty: not written.
        label: String,
        /// Its colour.
        colour: Color32,
        /// In points.
        width: f32,
        /// `[x, y]`; a NaN y interrupts it.
        points: Vec<[f64; 2]>,
    },
    /// An area between two lines: `[x, low, high]`.
    Band {
        /// What it is.
        label: String,
        /// Its colour, with its opacity.
        colour: Color32,
        /// `[x, low, high]`.
        points: Vec<[f64; 3]>,
    },
    /// Bars from 0, as of a histogram.
    Bars {
        /// What they are.
        label: String,
        /// Their colour.
        colour: Color32,
        /// The bars.
        bars: Vec<Bar>,
    },
    /// Short strokes at the bottom: single members of a distribution.
    Rug {
        /// What they are.
        label: String,
        /// Their colour.
        colour: Color32,
        /// Where.
        xs: Vec<f64>,
    },
    /// A vertical line with a label.
    Vertical {
        /// Written beside it.
        label: String,
        /// Its colour.
        colour: Color32,
        /// Where.
        x: f64,
        /// Whether it is dashed.
        dashed: bool,
    },
    /// Dots.
    Dots {
        /// What they are.
        label: String,
        /// Their colour, with its opacity.
        colour: Color32,
        /// In points.
        radius: f32,
        /// `[x, y]`.
        points: Vec<[f64; 2]>,
    },
}

/// A bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Left and right end.
    pub x: [f64; 2],
    /// Its foot and its top.
    pub y: [f64; 2],
}

/// What the pointer does on a plot.
#[derive(Clone, Copy, Debug)]
pub struct PlotResponse {
    /// The area inside the axes.
    pub area: Rect,
    /// The x under the pointer.
    pub hovered: Option<f64>,
    /// The x that was clicked or dragged to.
    pub picked: Option<f64>,
}

impl Axis {
    /// The unit, which stands in brackets at the end of the label.
    #[must_use]
    pub fn unit(&self) -> &str {
        let inside = self.label.strip_suffix(')').and_then(|label| label.rsplit_once('('));
        inside.map_or("", |(_, unit)| unit)
    }

    /// The label without its unit.
    #[must_use]
    pub fn name(&self) -> &str {
        match self.unit() {
            "" => &self.label,
            _ => self.label.rsplit_once('(').map_or(self.label.as_str(), |(name, _)| name.trim_end()),
        }
    }
}

impl Mark {
    /// What it is.
    #[must_use]
    pub fn label(&self) -> &str {
        match self {
            Self::Line { label, .. }
            | Self::Band { label, .. }
            | Self::Bars { label, .. }
            | Self::Rug { label, .. }
            | Self::Vertical { label, .. }
            | Self::Dots { label, .. } => label,
        }
    }

    /// Its colour.
    #[must_use]
    pub fn colour(&self) -> Color32 {
        match self {
            Self::Line { colour, .. }
            | Self::Band { colour, .. }
            | Self::Bars { colour, .. }
            | Self::Rug { colour, .. }
            | Self::Vertical { colour, .. }
            | Self::Dots { colour, .. } => *colour,
        }
    }
}
