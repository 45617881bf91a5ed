//! The look of the lab: one colour vocabulary, fonts, widgets, and plots with explanations and exports.

pub mod export;
pub mod fonts;
pub mod glossary;
pub mod number;
pub mod palette;
pub mod plot;
pub mod theme;
pub mod widgets;

pub use export::Exports;
pub use fonts::{mono, mono_strong, sans, strong};
pub use palette::Palette;
pub use plot::{Axis, Bar, Mark, Plot, PlotResponse};
pub use theme::apply;
pub use widgets::{explain, hint};
