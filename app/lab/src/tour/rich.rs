//! Text with bold and coloured terms, written as data: `*bold*`, `{policy|text}`, `{sample|…}`, `{elite|…}`,
//! `{plan|…}`, `{good|…}`, `{bad|…}`.

use eframe::egui::Color32;
use eframe::egui::text::{LayoutJob, TextFormat};

use crate::ui::{Palette, sans, strong};

/// The style of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Plain,
    Strong,
    Policy,
    Sample,
    Elite,
    Plan,
    Good,
    Bad,
}

impl Tone {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "policy" => Self::Policy,
            "sample" => Self::Sample,
            "elite" => Self::Elite,
            "plan" => Self::Plan,
            "good" => Self::Good,
            "bad" => Self::Bad,
            _ => return None,
        })
    }

    fn colour(self, palette: &Palette) -> Color32 {
        match self {
            Self::Plain => palette.text,
            Self::Strong => palette.strong,
            Self::Policy => palette.policy,
            // Samples are grey, similar to plain text; a brighter tone makes the word stand out.
            Self::Sample => palette.weak,
            Self::Elite => palette.elite,
            Self::Plan => palette.plan,
            Self::Good => palette.good,
            Self::Bad => palette.bad,
        }
    }
}

/// Returns the pieces of a text and their tones.
fn pieces(text: &str) -> Vec<(&str, Tone)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['*', '{']) {
        let (before, marked) = rest.split_at(start);
        let (inner, after, tone) = if let Some(bold) = marked.strip_prefix('*') {
            let Some((inner, after)) = bold.split_once('*') else { break };
            (inner, after, Tone::Strong)
        } else {
            let Some((inner, after)) = marked[1..].split_once('}') else { break };
            let Some((name, inner)) = inner.split_once('|') else { break };
            let Some(tone) = Tone::named(name) else { break };
            (inner, after, tone)
        };
        pieces.extend([(before, Tone::Plain), (inner, tone)]);
        rest = after;
    }
    pieces.push((rest, Tone::Plain));
    pieces.retain(|(text, _)| !text.is_empty());
    pieces
}

/// Returns the text without markup, for screen readers.
#[must_use]
pub fn plain(text: &str) -> String {
    pieces(text).into_iter().map(|(piece, _)| piece).collect()
}

/// Returns the text layout, at a size in points.
#[must_use]
pub fn rich(text: &str, palette: &Palette, size: f32) -> LayoutJob {
    let mut job = LayoutJob::default();
    for (piece, tone) in pieces(text) {
        let font = if tone == Tone::Plain { sans(size) } else { strong(size) };
        let mut format = TextFormat::simple(font, tone.colour(palette));
        format.line_height = Some((size * 1.55).round());
        job.append(piece, 0.0, format);
    }
    job
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_tones_and_vanish_from_the_text() {
        let text = "Not *every* {elite|elite} counts";
        let expected = [
            ("Not ", Tone::Plain),
            ("every", Tone::Strong),
            (" ", Tone::Plain),
            ("elite", Tone::Elite),
            (" counts", Tone::Plain),
        ];
        assert_eq!(pieces(text), expected);
        assert_eq!(plain(text), "Not every elite counts");
        let job = rich(text, &Palette::of(crate::view::Theme::Dark), 14.0);
        assert_eq!(job.text, "Not every elite counts");
        assert_eq!(job.sections[3].format.color, Palette::of(crate::view::Theme::Dark).elite);
    }

    #[test]
    fn a_mark_that_is_not_closed_is_text() {
        assert_eq!(plain("2 * 3 {x} and {nobody|means}"), "2 * 3 {x} and {nobody|means}");
    }
}
