//! Export of a plot as SVG and CSV.

use std::fmt::Write;

use eframe::egui::{Align2, Color32, Pos2, Rect, Vec2, pos2, vec2};

use super::item::{Face, Item, Words};
use super::scene::Scene;
use super::{Bar, Mark, Plot};
use crate::ui::Palette;

impl Plot {
    /// Returns an SVG document of this size, in points.
    #[must_use]
    pub fn to_svg(&self, width: f32, height: f32, palette: &Palette) -> String {
        let rect = Rect::from_min_size(Pos2::ZERO, vec2(width, height));
        let scene = Scene::new(self, rect.shrink(16.0), palette, &estimate);
        let mut svg = String::new();
        let _ = writeln!(
            svg,
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">"#
        );
        let _ = writeln!(svg, "<title>{}</title>", escaped(&self.title));
        let _ = writeln!(svg, r#"<rect width="{width}" height="{height}" {}/>"#, fill(palette.panel));
        let area = scene.area.expand(2.0);
        let _ = writeln!(svg, r#"<clipPath id="area">{}</clipPath>"#, block(area, 0.0, ""));
        scene.grid.iter().for_each(|item| element(&mut svg, item));
        let inside = |item: &&Item| match item {
            Item::Block { rect, .. } => area.contains_rect(*rect),
            Item::Dot { centre, .. } => area.contains(*centre),
            _ => true,
        };
        svg.push_str("<g clip-path=\"url(#area)\">\n");
        scene.marks.iter().filter(inside).for_each(|item| element(&mut svg, item));
        svg.push_str("</g>\n");
        scene.marks.iter().filter(|item| !inside(item)).for_each(|item| element(&mut svg, item));
        scene.words.iter().for_each(|words| text(&mut svg, words));
        svg.push_str("</svg>\n");
        svg
    }

    /// Returns every number that is drawn, one row each: the series, its kind, and x and y with their other ends (bars,
    /// bands).
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut csv = String::from("series,kind,x,x_end,y,y_end\n");
        for mark in &self.marks {
            let label = quoted(mark.label());
            match mark {
                Mark::Line { points, .. } => rows(&mut csv, points, |[x, y]| format!("{label},line,{x},,{y},")),
                Mark::Dots { points, .. } => rows(&mut csv, points, |[x, y]| format!("{label},dot,{x},,{y},")),
                Mark::Band { points, .. } => {
                    rows(&mut csv, points, |[x, low, high]| format!("{label},band,{x},,{low},{high}"));
                }
                Mark::Bars { bars, .. } => rows(&mut csv, bars, |Bar { x: [left, right], y: [foot, top] }| {
                    format!("{label},bar,{left},{right},{foot},{top}")
                }),
                Mark::Rug { xs, .. } => rows(&mut csv, xs, |x| format!("{label},stroke,{x},,,")),
                Mark::Vertical { x, .. } => rows(&mut csv, &[*x], |x| format!("{label},vertical,{x},,,")),
            }
        }
        csv
    }
}

fn rows<T>(csv: &mut String, list: &[T], row: impl Fn(&T) -> String) {
    for element in list {
        csv.push_str(&row(element));
        csv.push('\n');
    }
}

fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// Estimates the size of text in a font like Inter, generously: an SVG is drawn with the fonts available.
fn estimate(text: &str, face: Face, size: f32) -> Vec2 {
    let width = |letter: char| match letter {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' => 0.3,
        'f' | 't' | 'r' | '(' | ')' | '-' => 0.4,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.92,
        letter if letter.is_uppercase() => 0.7,
        _ => 0.6,
    };
    let bold = if face == Face::Strong { 1.06 } else { 1.0 };
    vec2(bold * size * text.chars().map(width).sum::<f32>(), 1.22 * size)
}

fn fill(colour: Color32) -> String {
    paint("fill", colour)
}

fn paint(what: &str, colour: Color32) -> String {
    let [r, g, b, a] = colour.to_srgba_unmultiplied();
    let opacity = if a == 255 { String::new() } else { format!(r#" {what}-opacity="{:.3}""#, f32::from(a) / 255.0) };
    format!(r##"{what}="#{r:02x}{g:02x}{b:02x}"{opacity}"##)
}

fn block(rect: Rect, radius: f32, style: &str) -> String {
    let (x, y, w, h) = (rect.left(), rect.top(), rect.width(), rect.height());
    format!(r#"<rect x="{x:.2}" y="{y:.2}" width="{w:.2}" height="{h:.2}" rx="{radius}" {style}/>"#)
}

fn places(points: impl Iterator<Item = Pos2>) -> String {
    points.map(|point| format!("{:.2},{:.2}", point.x, point.y)).collect::<Vec<_>>().join(" ")
}

fn element(svg: &mut String, item: &Item) {
    let line = |points: &[Pos2], colour: Color32, width: f32, more: &str| {
        let stroke = paint("stroke", colour);
        let points = places(points.iter().copied());
        format!(
            r#"<polyline points="{points}" fill="none" {stroke} stroke-width="{width}" stroke-linejoin="round"{more}/>"#
        )
    };
    let text = match item {
        Item::Line { points, colour, width } => line(points, *colour, *width, ""),
        Item::Dashed { points, colour, width } => line(points, *colour, *width, r#" stroke-dasharray="4 3""#),
        Item::Band { points, colour } => {
            let above = points.iter().map(|&[x, upper, _]| pos2(x, upper));
            let below = points.iter().rev().map(|&[x, _, lower]| pos2(x, lower));
            format!(r#"<polygon points="{}" {}/>"#, places(above.chain(below)), fill(*colour))
        }
        Item::Block { rect, colour, radius } => block(*rect, *radius, &fill(*colour)),
        Item::Dot { centre, colour, radius } => {
            format!(r#"<circle cx="{:.2}" cy="{:.2}" r="{radius}" {}/>"#, centre.x, centre.y, fill(*colour))
        }
    };
    let _ = writeln!(svg, "{text}");
}

/// Centres text in its rectangle, so that other fonts deviate equally to both sides.
fn text(svg: &mut String, words: &Words) {
    let Words { text, rect, face, size, colour } = words;
    let weight = if *face == Face::Strong { "600" } else { "400" };
    let at = Align2::CENTER_CENTER.pos_in_rect(rect);
    let _ = writeln!(
        svg,
        r#"<text x="{:.2}" y="{:.2}" text-anchor="middle" dominant-baseline="central" font-family="Inter, Helvetica, Arial, sans-serif" font-size="{size}" font-weight="{weight}" {}>{}</text>"#,
        at.x,
        at.y,
        fill(*colour),
        escaped(text)
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
