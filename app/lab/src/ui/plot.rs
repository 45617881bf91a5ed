//! A plot as data: drawn by egui, and written as SVG or CSV.
//!
//! [`Plot::show`] and [`Plot::to_svg`] draw the same scene, laid out once for a rectangle by `scene`.

mod axis;
mod item;
mod labels;
mod marks;
mod readout;
mod scene;
mod show;
mod write;

use eframe::egui::{Color32, Rect};

/// A plot: a descriptive title, at most one figure of merit, few grid lines, direct labels.
#[derive(Clone, Debug, Default)]
pub struct Plot {
    /// The title.
    pub title: String,
    /// The figure of merit at the right of the title, and its colour (`None`: weak text).
    pub merit: Option<(String, Option<Color32>)>,
    /// The x axis.
    pub x: Axis,
    /// The y axis.
    pub y: Axis,
    /// The marks; the first is drawn at the bottom.
    pub marks: Vec<Mark>,
    /// The total height including the title, in points; `None` takes the available height.
    pub height: Option<f32>,
    /// The text shown while there is nothing to draw.
    pub empty: String,
}

/// An axis.
#[derive(Clone, Debug, Default)]
pub struct Axis {
    /// Name and unit, for tooltips and exports. A unit in brackets at the end, as in `Environment steps (steps)`, is
    /// drawn after the last number of the x axis.
    pub label: String,
    /// The ends; `None` fits the data.
    pub range: Option<[f64; 2]>,
    /// A range that is always visible.
    pub at_least: Option<[f64; 2]>,
    /// Whether the numbers are hidden.
    pub hidden: bool,
    /// Whether the scale is logarithmic; values that are not above 0 are then not drawn.
    pub logarithmic: bool,
}

/// A mark in a plot.
#[derive(Clone, Debug)]
pub enum Mark {
    /// A line through points `[x, y]`, in order of x.
    Line {
        /// The label, drawn next to its end if there is room; empty for none.
        label: String,
        /// The colour.
        colour: Color32,
        /// The size, in points.
        width: f32,
        /// `[x, y]`; a NaN y interrupts it.
        points: Vec<[f64; 2]>,
    },
    /// An area between two lines: `[x, low, high]`.
    Band {
        /// The label.
        label: String,
        /// Its colour, with its opacity.
        colour: Color32,
        /// `[x, low, high]`.
        points: Vec<[f64; 3]>,
    },
    /// Bars from 0, as of a histogram.
    Bars {
        /// The label.
        label: String,
        /// The colour.
        colour: Color32,
        /// The bars.
        bars: Vec<Bar>,
    },
    /// Short strokes at the bottom: samples of a distribution.
    Rug {
        /// The label.
        label: String,
        /// The colour.
        colour: Color32,
        /// The positions.
        xs: Vec<f64>,
    },
    /// A vertical line with a label.
    Vertical {
        /// The label.
        label: String,
        /// The colour.
        colour: Color32,
        /// The positions.
        x: f64,
        /// Whether it is dashed.
        dashed: bool,
    },
    /// Dots.
    Dots {
        /// The label.
        label: String,
        /// Their colour, with its opacity.
        colour: Color32,
        /// The size, in points.
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
    /// Bottom and top.
    pub y: [f64; 2],
}

/// Pointer interaction with a plot.
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
    /// Returns the unit, in brackets at the end of the label.
    #[must_use]
    pub fn unit(&self) -> &str {
        let inside = self.label.strip_suffix(')').and_then(|label| label.rsplit_once('('));
        inside.map_or("", |(_, unit)| unit)
    }

    /// Returns the label without its unit.
    #[must_use]
    pub fn name(&self) -> &str {
        match self.unit() {
            "" => &self.label,
            _ => self.label.rsplit_once('(').map_or(self.label.as_str(), |(name, _)| name.trim_end()),
        }
    }
}

impl Mark {
    /// The label.
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

    /// The colour.
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
