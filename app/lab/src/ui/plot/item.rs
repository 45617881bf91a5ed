//! Shapes and text of a plot, with positions.

use eframe::egui::{Align2, Color32, Pos2, Rect, Vec2};

use crate::ui::theme::SMALL;

/// Size of axis numbers and labels, in points.
pub(super) const LABEL: f32 = SMALL - 0.5;

/// The font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    Text,
    Strong,
}

/// A shape to paint.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Line {
        points: Vec<Pos2>,
        colour: Color32,
        width: f32,
    },
    Dashed {
        points: Vec<Pos2>,
        colour: Color32,
        width: f32,
    },
    /// x, upper and lower position.
    Band {
        points: Vec<[f32; 3]>,
        colour: Color32,
    },
    Block {
        rect: Rect,
        colour: Color32,
        radius: f32,
    },
    Dot {
        centre: Pos2,
        colour: Color32,
        radius: f32,
    },
}

/// A text to draw.
#[derive(Clone, Debug)]
pub(super) struct Words {
    pub(super) text: String,
    pub(super) rect: Rect,
    pub(super) face: Face,
    pub(super) size: f32,
    pub(super) colour: Color32,
}

/// Measures the size of text.
pub(super) type Measure<'a> = dyn Fn(&str, Face, f32) -> Vec2 + 'a;

/// The builder of a layout.
pub(super) struct Pen<'a> {
    pub(super) words: Vec<Words>,
    pub(super) measure: &'a Measure<'a>,
}

impl Pen<'_> {
    /// Draws text at a position, with an ellipsis if it is wider than `room`. Returns its rectangle.
    pub(super) fn write(
        &mut self,
        text: &str,
        style: (Face, f32, Color32),
        at: Pos2,
        anchor: Align2,
        room: f32,
    ) -> Option<Rect> {
        let (face, size, colour) = style;
        let mut text = text.to_owned();
        let mut taken = (self.measure)(&text, face, size);
        while taken.x > room {
            let kept: String =
                text.chars().take(text.trim_end_matches('…').chars().count().saturating_sub(1)).collect();
            if kept.trim().is_empty() {
                return None;
            }
            text = format!("{}…", kept.trim_end());
            taken = (self.measure)(&text, face, size);
        }
        if text.is_empty() {
            return None;
        }
        let rect = anchor.anchor_size(at, taken);
        self.words.push(Words { text, rect, face, size, colour });
        Some(rect)
    }

    pub(super) fn height(&self) -> f32 {
        (self.measure)("Ag", Face::Text, LABEL).y
    }

    pub(super) fn width(&self, text: &str) -> f32 {
        (self.measure)(text, Face::Text, LABEL).x
    }
}
