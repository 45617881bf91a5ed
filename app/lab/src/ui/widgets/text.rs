//! Text: headings, figures, paragraphs with coloured numbers, tooltips.

use std::sync::Arc;

use eframe::egui::text::{LayoutJob, TextFormat, TextWrapping};
use eframe::egui::{Color32, FontId, Galley, Response, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::ui::glossary::Term;
use crate::ui::theme::{BODY, HEADING, SMALL};
use crate::ui::{Palette, fonts, glossary};

/// Adds a tooltip with the explanation of a glossary term. Unknown terms are ignored.
#[allow(clippy::must_use_candidate, reason = "what it explains has been drawn already")]
pub fn hint(response: Response, term: &str) -> Response {
    match glossary::find(term) {
        Some(entry) => explain(response, entry),
        None => response,
    }
}

/// Adds a tooltip with the explanation of a term.
#[allow(clippy::must_use_candidate, reason = "what it explains has been drawn already")]
pub fn explain(response: Response, entry: &Term) -> Response {
    response.on_hover_ui(|ui| {
        let visuals = ui.visuals();
        let (strong, weak, text) = (visuals.strong_text_color(), visuals.weak_text_color(), visuals.text_color());
        ui.horizontal(|ui| {
            ui.label(RichText::new(entry.name).font(fonts::strong(BODY)).color(strong));
            if !entry.symbol.is_empty() {
                ui.label(RichText::new(entry.symbol).font(fonts::mono(BODY - 0.5)).color(weak));
            }
        });
        ui.label(RichText::new(entry.meaning).size(BODY - 0.5).color(text));
        if !entry.source.is_empty() {
            ui.label(RichText::new(entry.source).size(SMALL - 0.5).color(weak));
        }
    })
}

/// Draws text without an accessible label, for controls that already have it as their label.
pub(super) fn painted_ui(ui: &mut Ui, text: &str, font: FontId, colour: Color32) -> Response {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, colour);
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    ui.painter().galley(rect.min, galley, colour);
    response
}

/// Draws text on one line, with an ellipsis if there is not enough room.
#[must_use]
pub fn fitted(ui: &Ui, text: &str, font: FontId, colour: Color32, room: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = TextWrapping::truncate_at_width(room.max(0.0));
    ui.painter().layout_job(job)
}

/// Draws the name of a section of a pane.
pub fn section_ui(ui: &mut Ui, palette: &Palette, name: &str) -> Response {
    ui.add_space(6.0);
    ui.label(RichText::new(name).font(fonts::strong(SMALL)).color(palette.weak).extra_letter_spacing(0.3))
}

/// Draws the title of a page.
pub fn title_ui(ui: &mut Ui, palette: &Palette, text: &str) -> Response {
    ui.label(RichText::new(text).font(fonts::strong(22.0)).color(palette.strong))
}

/// Draws the heading of a group.
pub fn heading_ui(ui: &mut Ui, palette: &Palette, text: &str) -> Response {
    ui.label(RichText::new(text).font(fonts::strong(HEADING)).color(palette.strong))
}

/// Draws the title of a plot or section, with one detail on the right. The detail is dropped if most of it does not
/// fit; the title's tooltip still shows it.
pub fn headline_ui(ui: &mut Ui, palette: &Palette, title: &str, beside: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::click());
    response.widget_info(|| WidgetInfo {
        current_text_value: (!beside.is_empty()).then(|| beside.to_owned()),
        ..WidgetInfo::labeled(Role::Heading, true, title)
    });
    let left = fitted(ui, title, fonts::strong(13.5), palette.strong, rect.width());
    let width = left.size().x;
    ui.painter().galley(pos2(rect.left(), rect.center().y - left.size().y / 2.0), left, palette.strong);
    let whole = ui.painter().layout_no_wrap(beside.to_owned(), fonts::sans(12.0), palette.weak).size().x;
    let room = rect.width() - width - 12.0;
    if room < 0.8 * whole {
        return response.on_hover_text(beside);
    }
    let right = fitted(ui, beside, fonts::sans(12.0), palette.weak, room);
    let size = right.size();
    ui.painter().galley(pos2(rect.right() - size.x, rect.center().y - size.y / 2.0), right, palette.weak);
    if room < whole { response.on_hover_text(beside) } else { response }
}

/// Draws small secondary text.
pub fn weak_ui(ui: &mut Ui, palette: &Palette, text: impl Into<String>) -> Response {
    ui.label(RichText::new(text).color(palette.weak).size(SMALL + 0.5))
}

/// Draws a number with its name, such as `plan 4.1 ms`.
pub fn key_figure_ui(ui: &mut Ui, palette: &Palette, name: &str, figure: &str, colour: Option<Color32>) -> Response {
    let mut job = LayoutJob::default();
    let format = |font, color| TextFormat { font_id: font, color, ..TextFormat::default() };
    job.append(name, 0.0, format(fonts::sans(BODY - 0.5), palette.weak));
    let figure_format = format(fonts::mono_strong(BODY - 0.5), colour.unwrap_or(palette.strong));
    job.append(figure, if name.is_empty() { 0.0 } else { 6.0 }, figure_format);
    // A single piece, so that it never breaks in the middle.
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, ui.is_enabled(), format!("{name} {figure}").trim()));
    ui.painter().galley(rect.min, galley, palette.text);
    response
}

/// Draws the placeholder text in the middle of an empty pane.
pub fn empty_ui(ui: &mut Ui, palette: &Palette, text: &str) {
    ui.centered_and_justified(|ui| ui.label(RichText::new(text).color(palette.weak)));
}

/// A paragraph with coloured numbers.
#[derive(Clone, Debug)]
pub struct Paragraph {
    job: LayoutJob,
    palette: Palette,
    size: f32,
}

impl Paragraph {
    /// Creates an empty paragraph.
    #[must_use]
    pub fn new(palette: &Palette) -> Self {
        Self { job: LayoutJob::default(), palette: *palette, size: BODY }
    }

    /// Sets the text size, in points.
    #[must_use]
    pub fn size(mut self, size: f32) -> Self {
        self.size = size;
        self
    }

    /// Appends plain text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        let (font, colour) = (fonts::sans(self.size), self.palette.text);
        self.append(text, font, colour)
    }

    /// Appends emphasised text.
    #[must_use]
    pub fn strong(self, text: &str) -> Self {
        let (font, colour) = (fonts::strong(self.size), self.palette.strong);
        self.append(text, font, colour)
    }

    /// Appends a coloured number.
    #[must_use]
    pub fn number(self, number: &str, colour: Color32) -> Self {
        let font = fonts::strong(self.size);
        self.append(number, font, colour)
    }

    fn append(mut self, text: &str, font_id: FontId, color: Color32) -> Self {
        let line_height = Some(self.size * 1.5);
        self.job.append(text, 0.0, TextFormat { font_id, color, line_height, ..TextFormat::default() });
        self
    }

    /// Returns the plain text.
    #[must_use]
    pub fn words(&self) -> &str {
        &self.job.text
    }

    /// Draws the paragraph over the available width.
    pub fn show(self, ui: &mut Ui) -> Response {
        ui.label(self.job)
    }
}
